"""Special functions that PyTorch lacks, accurate to about 1e-13 in both tails."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

import torch
from torch import Tensor

_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)
# Coefficients of the asymptotic series of the error of Stirling's formula, B_2k / (2k (2k - 1)).
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
_STIRLING_FROM = 15.0
# Where the series of `deviance` is used, and its terms: 0.1^(2 * 8) is the rounding of a double.
_NEAR = 0.1
_DEVIANCE_TERMS = 8
_MAX_FRACTION_TERMS = 20_000
_TERMS_PER_CHECK = 8
_RELATIVE_TOLERANCE = 1e-15
_TINY = 1e-300
# Temme's expansion: where PyTorch's functions would use it, and its orders in 1 / a and eta.
_TEMME_FROM = 20.0
_TEMME_RANGE = 0.33
_TEMME_ORDERS = 12
_TEMME_POWERS = 24


def normal_cdf(z: Tensor) -> Tensor:
    """``P(Z <= z)`` of a standard normal; `torch.special.ndtr` has no digits below -8."""
    return 0.5 * torch.special.erfc(z * -math.sqrt(0.5))


def stirling_error(z: Tensor) -> Tensor:
    """``log Gamma(z + 1)`` less Stirling's formula ``(z + 1/2) log z - z + log(2 pi) / 2``.

    Small and smooth for large `z`, so that ratios of large gamma functions keep their digits
    (Loader 2000, "Fast and accurate computation of binomial probabilities").
    """
    direct = torch.lgamma(z + 1) - (z + 0.5) * z.log() + z - _LOG_SQRT_2PI
    inverse_square = z.square().reciprocal()
    series = torch.zeros_like(z)
    for coefficient in reversed(_STIRLING):
        series = series * inverse_square + coefficient
    return torch.where(z < _STIRLING_FROM, direct, series / z)


def deviance(x: Tensor, mean: Tensor) -> Tensor:
    """``x log(x / mean) + mean - x``, without cancellation where they are close (Loader 2000)."""
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
    """``log(x^a y^b / B(a, b))`` for ``y = 1 - x``, by Loader's saddle-point expansion."""
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

    The continued fraction of Didonato & Morris 1992 (ACM TOMS 18, eq. 9, the method BFRAC) for
    the tail on the near side of the mean ``a / (a + b)``, where it converges fast, summed by
    the modified Lentz method (Press et al. 2007, section 5.2). The other tail is
    the complement.

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
    swap = x * b > y * a  # beyond the mean
    a, b = torch.where(swap, b, a), torch.where(swap, a, b)
    x, y = torch.where(swap, y, x), torch.where(swap, x, y)
    # At an end point the fraction is not needed; any point inside keeps it finite.
    inside = x > 0
    x, y = torch.where(inside, x, 0.5), torch.where(inside, y, 0.5)
    direct = log_beta_kernel(a, b, x, y).exp() / _beta_fraction(a, b, x, y)
    direct = torch.where(inside, direct, 0.0)
    return torch.where(swap, 1 - direct, direct), torch.where(swap, direct, 1 - direct)


def _beta_fraction(a: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """``b_0 + a_1 / (b_1 + a_2 / (b_2 + ...))`` of Didonato & Morris; all elements at once.

    Elements that have converged are left out of further terms.
    """
    shape = x.shape
    a, b, x, y = (values.reshape(-1) for values in (a, b, x, y))
    total, slack, rise = a + b, a * y - b * x + 1, 1 + y
    result = torch.empty_like(x)
    pending = torch.arange(len(x))
    fraction = a * slack / (a + 1)
    fraction = torch.where(fraction == 0, _TINY, fraction)
    c, d = fraction, torch.zeros_like(fraction)
    for m in range(1, _MAX_FRACTION_TERMS):
        if not len(pending):
            break
        odd = a + (2 * m - 1)
        share = x / odd
        product = (b - m) * share * m
        numerator = (a + (m - 1)) * (total + (m - 1)) * share * product
        denominator = torch.addcdiv(product + m, a + m, (odd + 2) / torch.add(slack, rise, alpha=m))
        d = torch.addcmul(denominator, numerator, d)
        c = torch.addcdiv(denominator, numerator, c)
        d = torch.where(d == 0, _TINY, d).reciprocal()
        c = torch.where(c == 0, _TINY, c)
        ratio = c * d
        fraction = fraction * ratio
        if m % _TERMS_PER_CHECK:
            continue
        converged = (ratio - 1).abs() <= _RELATIVE_TOLERANCE
        if bool(converged.any()):
            result[pending[converged]] = fraction[converged]
            rest = ~converged
            pending = pending[rest]
            a, b, x, total, slack, rise, c, d, fraction = (
                v[rest] for v in (a, b, x, total, slack, rise, c, d, fraction)
            )
    result[pending] = fraction
    return result.view(shape)


def regularised_gamma(a: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Regularised incomplete gamma functions ``P(a, x)`` and ``Q(a, x) = 1 - P(a, x)``.

    PyTorch's functions, except near ``x = a > 20``, where they lose half of their digits. There
    Temme's uniform expansion (DLMF 8.12.7 to 8.12.13; Temme 1979, SIAM J. Math. Anal. 10).

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
    lower, upper = torch.special.gammainc(a, x), torch.special.gammaincc(a, x)
    uniform = (a > _TEMME_FROM) & ((x - a).abs() < _TEMME_RANGE * a)
    if bool(uniform.any()):
        lower[uniform], upper[uniform] = _temme(a[uniform], x[uniform])
    return lower, upper


@cache
def _temme_coefficients() -> list[list[float]]:
    """``d[k][n]`` of DLMF 8.12.12 and 8.12.13, from their recursions in exact fractions."""
    n_alpha = _TEMME_POWERS + 2 * _TEMME_ORDERS + 3
    # lambda - 1 = sum_n alpha_n eta^n
    alpha = [Fraction(0), Fraction(1)]
    for n in range(2, n_alpha):
        inner = sum(j * alpha[j] * alpha[n + 1 - j] for j in range(2, n))
        alpha.append((alpha[n - 1] - inner) / (n + 1))
    # Gamma(a) in the limit: g_k, from the same expansion (DLMF 5.11.6).
    gamma = [alpha[2 * k + 1] * math.prod(range(1, 2 * k + 2, 2)) for k in range(_TEMME_ORDERS)]
    row = [-Fraction(1, 3)] + [(n + 2) * alpha[n + 2] for n in range(1, n_alpha - 2)]
    table = [row]
    for k in range(1, _TEMME_ORDERS):
        previous = table[-1]
        table.append(
            [
                (-1) ** k * gamma[k] * row[n] + (n + 2) * previous[n + 2]
                for n in range(len(previous) - 2)
            ]
        )
    return [[float(d) for d in order[:_TEMME_POWERS]] for order in table]


def _temme(a: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    half_square = deviance(a, x)  # a eta^2 / 2
    sign = torch.sign(x - a)
    eta = sign * (2 * half_square / a).sqrt()
    inverse = a.reciprocal()
    total = torch.zeros_like(a)
    for order in reversed(_temme_coefficients()):
        polynomial = torch.zeros_like(a)
        for coefficient in reversed(order):
            polynomial = polynomial * eta + coefficient
        total = total * inverse + polynomial
    correction = total / (2 * math.pi * a).sqrt()
    # The tail on the far side of x, without cancellation: erfcx(z) = exp(z^2) erfc(z).
    tail = torch.exp(-half_square) * (
        0.5 * torch.special.erfcx(half_square.sqrt())
        + torch.where(sign < 0, -1.0, 1.0) * correction
    )
    return torch.where(sign < 0, tail, 1 - tail), torch.where(sign < 0, 1 - tail, tail)
