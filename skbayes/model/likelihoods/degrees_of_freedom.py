"""Learned degrees of freedom of Student-t noise."""

from __future__ import annotations

import math

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import in_double

# log(df - 1) ~ N(log 10, 1): the central 95 % of the degrees of freedom run from 2.4 to 72. That
# is close to the Gamma(2, rate 0.1) of Juárez & Steel 2010: nearly normal unless the data object.
LOG_DF_PRIOR_LOC = math.log(10.0)
LOG_DF_PRIOR_SCALE = 1.0
# Above 1 the mean exists, and it is what a prediction reports; above 2 the variance.
LEAST_DF, LEAST_DF_WITH_VARIANCE = 1.0, 2.0


def degrees_of_freedom(eta: Tensor, least: float) -> Tensor:
    """``least + exp(eta)``."""
    return least + eta.exp()


def log_normaliser(df: Tensor) -> Tensor:
    """Log density of a standard Student-t variable at zero, in nats.

    In a few operations, since it is one of every step; `student_t_log_peak` of predictions has more
    digits for more of them.
    """
    # In double precision: the two terms are large and nearly equal.
    precise = in_double(df)
    half = 0.5 * precise
    ratio = torch.lgamma(half + 0.5) - torch.lgamma(half)
    return (ratio - 0.5 * (math.pi * precise).log()).to(df)


def normaliser_slope(df: Tensor) -> Tensor:
    """Derivative of `log_normaliser` with respect to `df`."""
    half = 0.5 * df
    digamma = torch.special.digamma
    return 0.5 * (digamma(half + 0.5) - digamma(half) - 1 / df)


def eta_gradient(
    df: Tensor, least: float, total_weight: float | Tensor, log_kernel: Tensor, chi_square: Tensor
) -> Tensor:
    """Derivative of a log-likelihood with respect to ``eta``, ``[K, t]``.

    Parameters
    ----------
    df : Tensor of shape (K, t)
        ``least + exp(eta)``.
    least : float
    total_weight : float or Tensor, broadcastable to (K, t)
        Sum of the weights of the rows.
    log_kernel : Tensor of shape (K, t)
        Weighted sum of ``log(1 + z^2 / df)`` with ``z`` the standardised residuals.
    chi_square : Tensor of shape (K, t)
        Weighted sum of ``z^2 (df + 1) / (df + z^2)``.
    """
    normaliser = 2 * normaliser_slope(df) * total_weight
    return 0.5 * (df - least) * (normaliser - log_kernel + chi_square / df)
