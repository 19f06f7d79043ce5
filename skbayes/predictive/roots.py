"""Quantiles of a continuous distribution by safeguarded Newton iteration."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

# Newton steps double the correct digits; the forced bisections only bound the worst case.
_MAX_ITER = 200
_BISECT_EVERY = 4
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
    whenever a step would leave it and at every fourth step regardless
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
    for iteration in range(1, _MAX_ITER + 1):
        excess = tail_excess(x)
        lower = torch.where(excess <= 0, x, lower)
        upper = torch.where(excess >= 0, x, upper)
        middle = 0.5 * (lower + upper)
        newton = x - excess / pdf(x)
        # A NaN or an infinite step (zero density) fails both comparisons.
        usable = (newton >= lower) & (newton <= upper)
        if iteration % _BISECT_EVERY == 0:
            usable = torch.zeros_like(usable)
        proposal = torch.where(usable, newton, middle)
        done = ((proposal - x).abs() <= tolerance) | (upper - lower <= tolerance)
        x = proposal
        if bool(done.all()):
            break
    return x
