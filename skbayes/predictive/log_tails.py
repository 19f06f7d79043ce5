"""Logarithms of the upper tails of standard densities, however far out, with gradients.

The logarithm of a tail that is computed first has no digits where the tail underflows, and its
gradient none long before. PyTorch has no distribution function of Student's t; SciPy's has no
gradient by the degrees of freedom.
"""

from __future__ import annotations

import math

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.mills_ratio import log_complement, log_mills_ratio


def normal_log_tail(z: Tensor) -> Tensor:
    """``log P(Z > z)`` of a standard normal variable."""
    return torch.special.log_ndtr(-z)


def laplace_log_tail(z: Tensor) -> Tensor:
    """``log P(Z > z)`` of a standard Laplace variable."""
    log_half = -z.abs() - math.log(2)
    return torch.where(z >= 0, log_half, log_complement(log_half))


def student_t_log_tail(z: Tensor, df: Tensor, log_density: Tensor) -> Tensor:
    """``log P(Z > z)`` of a standard Student-t variable, to 1e-10 in double precision.

    Parameters
    ----------
    z : Tensor
    df : Tensor, broadcastable to `z`
        Degrees of freedom, at least 1.
    log_density : Tensor, of the shape of `z`
        Log density at `z`.
    """
    distance = torch.where(z >= 0, z, -z)  # with the gradient of 1 at 0
    log_tail = log_density + log_mills_ratio(distance, df)[0]
    return torch.where(z >= 0, log_tail, log_complement(log_tail))
