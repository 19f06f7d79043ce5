"""Quantiles of a continuous distribution by safeguarded Newton iteration."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray

_MAX_ITER = 200
# Relative to the bracket's size and the magnitude of the quantile: near the rounding of a double.
_RELATIVE_TOLERANCE = 1e-13
# A Newton step that is shorter than the one before by so much converges quadratically: the next
# would be shorter by the square of that.
_QUADRATIC_FROM = 0.1
# What such a step may leave of the function's value. The bracket says nothing of how fast a narrow
# component between two distant ones makes it change.
_LARGEST_REST = 1e-9
# A bracket is widened by so much of its ends: those are quantiles of components, to rounding.
_BRACKET_MARGIN = 1e-12
# What has converged leaves the computation when it is so large a share of it: taking the rest out
# costs a pass over memory.
_NARROW_AT = 1 / 4


class Increasing(Protocol):
    """An increasing function of one number for each of some elements, ``[E]``."""

    def __call__(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values, a cdf less a probability, and their derivatives, each ``[E]``."""

    def select(self, element: NDArray[np.int64]) -> Increasing:
        """The function for some of the elements."""


def bracket(lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ends of a bracket for a root between two quantiles of components, each ``[E]``."""
    margin = _BRACKET_MARGIN * np.maximum(np.abs(lower), np.abs(upper))
    return lower - margin, upper + margin


def find_root(
    function: Increasing, lower: FloatArray, upper: FloatArray, start: FloatArray
) -> FloatArray:
    """Root of an increasing function inside a bracket, element by element.

    Newton's method, kept inside a bracket that shrinks at every step, with a bisection
    whenever a step would leave it or is not half as long as the one before
    (Press et al. 2007, *Numerical Recipes*, section 9.4). Elements that are done leave.

    By NumPy, whose operations on a few numbers cost a third of PyTorch's.

    Parameters
    ----------
    function : Increasing
    lower, upper : FloatArray of shape (E,)
        Where the function is not above zero, and where it is not below.
    start : FloatArray of shape (E,)
        A first guess inside the bracket.

    Returns
    -------
    ndarray of shape (E,)
    """
    root, element = start.copy(), np.arange(len(start))
    x, step = start, upper - lower
    size = step + np.maximum(np.abs(lower), np.abs(upper))
    done = was_newton = np.zeros(len(start), dtype=bool)
    for _ in range(_MAX_ITER):
        value, slope = function(x)
        # From here on `x` is one end of the bracket: no step is longer than that.
        lower = np.where(value <= 0, x, lower)
        upper = np.where(value >= 0, x, upper)
        # A step that is NaN or infinite (zero density) fails the comparisons.
        with np.errstate(all="ignore"):
            newton = x - value / slope
            ratio = np.abs(newton - x) / step
            usable = (newton >= lower) & (newton <= upper) & (ratio <= 0.5)
            target = np.where(usable, newton, 0.5 * (lower + upper))
            step = np.abs(target - x)
            # How much shorter the next would be. That one step is short may be chance: it is not
            # taken for more than what the square of a step is.
            shrinks = np.maximum(ratio * ratio, step / size)
            is_quadratic = was_newton & usable & (ratio <= _QUADRATIC_FROM)
            is_quadratic &= shrinks * np.abs(value) <= _LARGEST_REST
            error = np.where(is_quadratic, shrinks * step, step)
        # What is done stays: a later bisection would lead it away again.
        x = np.where(done, x, target)
        done, was_newton = done | (error <= _RELATIVE_TOLERANCE * size), usable
        n_done = np.count_nonzero(done)
        if n_done == len(x):
            break
        if n_done >= _NARROW_AT * len(x):
            root[element] = x
            rest = np.flatnonzero(~done)
            function, element = function.select(rest), element[rest]
            lower, upper, x, step, size = (v[rest] for v in (lower, upper, x, step, size))
            done, was_newton = done[rest], was_newton[rest]
    root[element] = x
    return root
