"""Functions of the degrees of freedom of Student-t noise."""

from __future__ import annotations

import math

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import in_double


def log_normaliser(df: Tensor) -> Tensor:
    """Log density of a standard Student-t variable at zero, in nats.

    In a few operations, since it is one of every step; `student_t_log_peak` of predictions has more
    digits for more of them.
    """
    # In double precision: the two terms are large and nearly equal.
    precise = in_double(df)
    half = 0.5 * precise
    ratio = torch.lgamma(half + 0.5) - torch.lgamma(half)
    return ratio.sub_(precise.log(), alpha=0.5).sub_(0.5 * math.log(math.pi)).to(df)


def normaliser_slope(df: Tensor) -> Tensor:
    """Derivative of `log_normaliser` with respect to `df`."""
    half = 0.5 * df
    digamma = torch.special.digamma
    return 0.5 * (digamma(half + 0.5) - digamma(half) - 1 / df)
