"""Special functions that PyTorch lacks or loses digits of: SciPy's, and what SciPy has not.

SciPy's incomplete beta and gamma functions keep 13 digits in both tails wherever they were
looked at (``tests/predictive/test_special.py``); here they only take tensors.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from skbayes.lazy_torch import Tensor, torch

_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)
# Coefficients of the asymptotic series of the error of Stirling's formula, B_2k / (2k (2k - 1)).
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
_STIRLING_FROM = 15.0
# The same of the logarithm of Gamma(h + 1/2) / (Gamma(h) sqrt(h)), by differences of Bernoulli
# polynomials between 0 and 1/2 (DLMF 5.11.8). The first term left out is 2e-15 at 8.
_GAMMA_RATIO = (-1 / 8, 1 / 192, -1 / 640, 17 / 14336, -31 / 18432, 691 / 180224, -5461 / 425984)
_GAMMA_RATIO_FROM = 8.0
# Where the series of `deviance` is used, and its terms: 0.1^(2 * 8) is the rounding of a double.
_NEAR = 0.1
_DEVIANCE_TERMS = 8


def towards(z: Tensor, upper_tail: bool | Tensor) -> Tensor:
    """`z`, or ``-z`` where the upper tail is wanted of what is symmetric about zero."""
    return z * (1 - 2 * upper_tail)


def normal_cdf(z: Tensor) -> Tensor:
    """``P(Z <= z)`` of a standard normal, to 15 digits.

    `torch.special.ndtr` has no digits below -8, and SciPy's function takes several times as long.
    """
    return 0.5 * torch.special.erfc(z * -math.sqrt(0.5))


def stirling_error(z: Tensor) -> Tensor:
    """``log Gamma(z + 1)`` less Stirling's formula ``(z + 1/2) log z - z + log(2 pi) / 2``.

    Small and smooth for large `z`, so that ratios of large gamma functions keep their digits
    (Loader 2000, "Fast and accurate computation of binomial probabilities"). SciPy has no such
    function. To an absolute 1e-14.
    """
    direct = torch.lgamma(z + 1) - (z + 0.5) * z.log() + z - _LOG_SQRT_2PI
    return torch.where(z < _STIRLING_FROM, direct, _odd_series(_STIRLING, z))


def _odd_series(coefficients: tuple[float, ...], z: Tensor) -> Tensor:
    """Sum of the coefficients times ``1 / z``, ``1 / z^3``, and so on."""
    inverse_square = z.square().reciprocal()
    *rest, last = coefficients
    series = torch.full_like(z, last)
    for coefficient in reversed(rest):
        series = series * inverse_square + coefficient
    return series / z


def student_t_log_peak(df: Tensor) -> Tensor:
    """Log density of a standard Student-t variable at 0, for `df` of 1 or more.

    ``Gamma(h + 1/2) / (Gamma(h) sqrt(2 pi h))`` with ``h = df / 2``, whose gamma functions nearly
    cancel where they are large. To an absolute 1e-14.
    """
    half = 0.5 * df
    direct = torch.lgamma(half + 0.5) - torch.lgamma(half) - 0.5 * half.log()
    log_ratio = torch.where(half < _GAMMA_RATIO_FROM, direct, _odd_series(_GAMMA_RATIO, half))
    return log_ratio - _LOG_SQRT_2PI


def deviance(x: Tensor, mean: Tensor) -> Tensor:
    """``x log(x / mean) + mean - x``, without cancellation where they are close (Loader 2000).

    `scipy.special.kl_div` is the formula as it stands, and loses its digits there. To 15 digits.
    """
    difference = x - mean
    v = difference / (x + mean)
    square = v.square()
    tail = torch.zeros_like(v)
    for term in range(_DEVIANCE_TERMS, 0, -1):
        tail = (tail + 1 / (2 * term + 1)) * square
    near = difference * v + 2 * x * v * tail
    far = torch.xlogy(x, x / mean) - difference
    return torch.where(v.abs() < _NEAR, near, far)


def log_beta_kernel(a: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """``log(x^a y^b / B(a, b))`` for ``y = 1 - x``, by Loader's saddle-point expansion.

    By way of `scipy.special.betaln` the terms are large and nearly cancel. To an absolute 1e-13.
    """
    total = a + b
    log_binomial = (
        stirling_error(total)
        - stirling_error(a)
        - stirling_error(b)
        - deviance(a, total * x)
        - deviance(b, total * y)
    )
    return log_binomial + 0.5 * (a.log() + b.log() - total.log()) - _LOG_SQRT_2PI


def regularised_beta(a: Tensor, b: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Regularised incomplete beta function ``I_x(a, b)``, and its complement ``I_y(b, a)``.

    Parameters
    ----------
    a, b : Tensor
        Positive.
    x, y : Tensor
        ``y = 1 - x``, both in [0, 1]: the smaller one with all its digits.

    Returns
    -------
    lower, upper : Tensor
        ``lower + upper = 1``.
    """
    a, b, x, y = torch.broadcast_tensors(a, b, x, y)
    is_below = (x * b <= y * a).numpy()  # the mean
    near = np.empty(is_below.shape)
    arrays = [values.numpy() for values in (a, b, x, y)]
    for side, (p, q, z, rest) in ((is_below, arrays), (~is_below, _swapped(arrays))):
        for is_exact, tail in ((z <= rest, special.betainc), (z > rest, special.betaincc)):
            # From the argument that has all its digits.
            chosen = side & is_exact
            first, second, argument = (p, q, z) if tail is special.betainc else (q, p, rest)
            near[chosen] = tail(first[chosen], second[chosen], argument[chosen])
    far = 1 - near
    lower, upper = np.where(is_below, near, far), np.where(is_below, far, near)
    return torch.from_numpy(lower), torch.from_numpy(upper)


def regularised_gamma(a: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Regularised incomplete gamma functions ``P(a, x)`` and ``Q(a, x) = 1 - P(a, x)``.

    PyTorch's lose half of their digits near ``x = a > 20``.

    Parameters
    ----------
    a : Tensor
        Positive.
    x : Tensor
        Not negative.

    Returns
    -------
    lower, upper : Tensor
        ``lower + upper = 1``.
    """
    a, x = torch.broadcast_tensors(a, x)
    is_below = (x <= a).numpy()
    near = np.empty(is_below.shape)
    for side, tail in ((is_below, special.gammainc), (~is_below, special.gammaincc)):
        near[side] = tail(a.numpy()[side], x.numpy()[side])
    far = 1 - near
    lower, upper = np.where(is_below, near, far), np.where(is_below, far, near)
    return torch.from_numpy(lower), torch.from_numpy(upper)


def _swapped(arrays: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """``b, a, y, x``."""
    a, b, x, y = arrays
    return [b, a, y, x]
