"""Quantiles of a continuous distribution by safeguarded Newton iteration."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_MAX_ITER = 200
# Relative to the bracket's size and the magnitude of the quantile: near the rounding of a double.
_RELATIVE_TOLERANCE = 1e-13


def invert_cdf(
    tail_excess: Callable[[Tensor], Tensor],
    pdf: Callable[[Tensor], Tensor],
    lower: Tensor,
    upper: Tensor,
) -> Tensor:
    """Root of an increasing function inside a bracket, element by element.

    Newton's method, kept inside a bracket that shrinks at every step, with a bisection
    whenever a step would leave it or is not half as long as the one before
    (Press et al. 2007, *Numerical Recipes*, section 9.4).

    Parameters
    ----------
    tail_excess : callable
        ``cdf(x) - q``, or the same computed from the upper tail.
    pdf : callable
        Its derivative.
    lower, upper : Tensor
        ``tail_excess(lower) <= 0 <= tail_excess(upper)``.

    Returns
    -------
    Tensor
        Of the brackets' shape.
    """
    lower, upper = lower.clone(), upper.clone()
    tolerance = _RELATIVE_TOLERANCE * (upper - lower + torch.maximum(lower.abs(), upper.abs()))
    x = 0.5 * (lower + upper)
    step = upper - lower
    done = torch.zeros_like(x, dtype=torch.bool)
    for _ in range(_MAX_ITER):
        excess = tail_excess(x)
        lower = torch.where(excess <= 0, x, lower)
        upper = torch.where(excess >= 0, x, upper)
        newton = -excess / pdf(x)
        # A NaN or an infinite step (zero density) fails the comparisons.
        inside = (x + newton >= lower) & (x + newton <= upper)
        usable = inside & (newton.abs() <= 0.5 * step.abs())
        step = torch.where(usable, newton, 0.5 * (lower + upper) - x)
        # What has converged stays: a later bisection would lead it away again.
        x = torch.where(done, x, x + step)
        done |= (step.abs() <= tolerance) | (upper - lower <= tolerance)
        if bool(done.all()):
            break
    return x
