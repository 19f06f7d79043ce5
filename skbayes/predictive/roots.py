"""Quantiles of a continuous distribution by safeguarded Newton iteration."""

from __future__ import annotations

from typing import Protocol

from skbayes.lazy_torch import Tensor, torch

_MAX_ITER = 200
# Relative to the bracket's size and the magnitude of the quantile: near the rounding of a double.
_RELATIVE_TOLERANCE = 1e-13
# A Newton step that is shorter than the one before by so much converges quadratically: the next
# would be shorter by the square of that.
_QUADRATIC_FROM = 0.1
# What has converged leaves the computation when it is so large a share of it: taking the rest out
# costs a pass over memory.
_NARROW_AT = 1 / 4


class Increasing(Protocol):
    """An increasing function of one number for each of some elements, ``[E]``."""

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Values, a cdf less a probability, and their derivatives, each ``[E]``."""

    def select(self, element: Tensor) -> Increasing:
        """The function for some of the elements, of dtype int64."""


def find_root(function: Increasing, lower: Tensor, upper: Tensor, start: Tensor) -> Tensor:
    """Root of an increasing function inside a bracket, element by element.

    Newton's method, kept inside a bracket that shrinks at every step, with a bisection
    whenever a step would leave it or is not half as long as the one before
    (Press et al. 2007, *Numerical Recipes*, section 9.4). Elements that are done leave.

    Parameters
    ----------
    function : Increasing
    lower, upper : Tensor of shape (E,)
        Where the function is not above zero, and where it is not below.
    start : Tensor of shape (E,)
        A first guess inside the bracket.

    Returns
    -------
    Tensor of shape (E,)
    """
    root = start.clone()
    element = torch.arange(len(start))
    x, step = start.clone(), upper - lower
    size = step + torch.maximum(lower.abs(), upper.abs())
    done = torch.zeros_like(x, dtype=torch.bool)
    was_newton = done
    for _ in range(_MAX_ITER):
        value, slope = function(x)
        lower = torch.where(value <= 0, x, lower)
        upper = torch.where(value >= 0, x, upper)
        newton = -value / slope
        # A NaN or an infinite step (zero density) fails the comparisons.
        inside = (x + newton >= lower) & (x + newton <= upper)
        usable = inside & (newton.abs() <= 0.5 * step.abs())
        ratio = newton.abs() / step.abs()
        next_step = newton.abs() * ratio.square()
        is_last = was_newton & usable & (ratio <= _QUADRATIC_FROM)
        step = torch.where(usable, newton, 0.5 * (lower + upper) - x)
        x, was_newton = x + step, usable
        is_done = torch.minimum(step.abs(), upper - lower) <= _RELATIVE_TOLERANCE * size
        is_done |= is_last & (next_step <= _RELATIVE_TOLERANCE * size)
        # What is done stays: a later bisection would lead it away again.
        root[element] = torch.where(done, root[element], x)
        done |= is_done
        n_done = int(done.sum())
        if n_done == len(x):
            break
        if n_done >= _NARROW_AT * len(x):
            rest = (~done).nonzero().squeeze(1)
            function, element = function.select(rest), element[rest]
            lower, upper, x, step, size, done, was_newton = (
                v[rest] for v in (lower, upper, x, step, size, done, was_newton)
            )
    return root
