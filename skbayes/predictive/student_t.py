"""Mixture of Student-t components."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skbayes.predictive.location_scale import LocationScaleMixture
from skbayes.predictive.quadrature import (
    N_NODES,
    Panels,
    Range,
    adaptive_sum,
    integration_matrix,
)
from skbayes.predictive.roots import invert_cdf
from skbayes.predictive.special import log_beta_kernel, regularised_beta

# Beyond this probability, squared and integrated, the spread of a tail is its mean excess.
_NEGLIGIBLE = 1e-12
_NARROWEST = 1e-10
# Error of a panel of the quadrature, relative to the smallest scale.
_TOLERANCE = 1e-12


class StudentTMixture(LocationScaleMixture):
    """Equal mixture of Student-t distributions, one component per posterior draw.

    Parameters
    ----------
    loc : Tensor of shape (D, n, t)
        Mean of each component.
    scale : Tensor, broadcastable to (D, n, t)
        Scale of each component.
    df : Tensor, broadcastable to (D, n, t)
        Degrees of freedom, above 1: the mean then exists. Where a component has no more
        than 2 its variance is infinite, and so are `var`, `std` and `aleatoric_std`.

    Notes
    -----
    For the continuous ranked probability score ``E|Y - y|`` is in closed form (Jordan, Krüger
    & Lerch 2019); ``E|Y - Y'|`` has none and is integrated, to about 1e-10 of the scale.

    Examples
    --------
    >>> import torch
    >>> one = torch.ones(1, 1, 1)
    >>> mixture = StudentTMixture(0 * one, one, 3 * one)
    >>> mixture.var(), mixture.quantile(0.95).round(4)
    (array([3.]), array([2.3534]))
    """

    def __init__(self, loc: Tensor, scale: Tensor, df: Tensor) -> None:
        super().__init__(loc, scale)
        self._df = df.to(torch.float64)

    def _standard_var(self) -> Tensor:
        return torch.where(self._df > 2, self._df / (self._df - 2).clamp(min=1e-300), math.inf)

    def _standard_log_prob(self, z: Tensor) -> Tensor:
        df = self._df
        half = torch.full_like(df, 0.5)
        # 1 / (sqrt(df) B(1/2, df/2)), with the beta function from its kernel at 1/2.
        log_beta = -math.log(2) * (0.5 + 0.5 * df) - log_beta_kernel(half, 0.5 * df, half, half)
        return -0.5 * (df + 1) * torch.log1p(z.square() / df) - 0.5 * df.log() - log_beta

    def _standard_cdf(self, z: Tensor) -> Tensor:
        square = z.square()
        total = self._df + square
        half = torch.tensor(0.5, dtype=torch.float64)
        both_tails, _ = regularised_beta(0.5 * self._df, half, self._df / total, square / total)
        return torch.where(z < 0, 0.5 * both_tails, 1 - 0.5 * both_tails)

    def _standard_quantile(self, q: float) -> Tensor:
        df = self._df
        if q == 0.5:
            return torch.zeros_like(df)
        tail = min(q, 1 - q)
        # P(Z > z) <= p(0) sqrt(df) (z / sqrt(df))^-df / df, solved for z.
        log_ratio = (
            self._standard_log_prob(torch.zeros_like(df)) - 0.5 * df.log() - math.log(tail)
        ) / df
        upper = torch.asinh(df.sqrt() * torch.exp(log_ratio.clamp(min=0.0)))

        # In asinh(z): a tail may reach over many orders of magnitude.
        def excess(u: Tensor) -> Tensor:
            return tail - self._standard_cdf(-torch.sinh(u))

        def pdf(u: Tensor) -> Tensor:
            return self._standard_log_prob(torch.sinh(u)).exp() * torch.cosh(u)

        quantile = torch.sinh(invert_cdf(excess, pdf, torch.zeros_like(df), upper))
        return -quantile if q < 0.5 else quantile

    def _standard_distance(self, z: Tensor) -> Tensor:
        return z.abs() + 2 * self._standard_excess(z.abs())

    def _standard_excess(self, z: Tensor) -> Tensor:
        """``E[(Z - z)+]`` for ``z >= 0``."""
        df = self._df
        density = self._standard_log_prob(z).exp()
        return (df + z.square()) / (df - 1) * density - z * self._standard_cdf(-z)

    def _standard_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        return rng.standard_t(self._df.expand_as(self._loc)[index].numpy())

    def _mean_pair_distance(self) -> Tensor:
        # E|Y - Y'| = 2 int F (1 - F).
        shape = self._loc.shape
        loc, scale, df = (
            x.expand(shape).reshape(shape[0], -1) for x in (self._loc, self._scale, self._df)
        )
        origin = loc.mean(0)
        # A component much narrower than the mixture is a step, whatever its width.
        scale = torch.maximum(scale, _NARROWEST * (loc - origin).abs().amax(0))
        unit = scale.amin(0) / N_NODES
        reach = df.sqrt() * (_NEGLIGIBLE ** (-1 / (2 * df - 1))) * scale
        half_width = ((loc - origin).abs() + reach).amax(0)
        level = torch.log2(half_width / unit / N_NODES).ceil().long() + 1
        half_width = unit * N_NODES * 2.0 ** (level - 1)

        def part(element: Tensor) -> StudentTMixture:
            return StudentTMixture(
                loc[:, element, None], scale[:, element, None], df[:, element, None]
            )

        def integrand(panels: Panels) -> Tensor:
            # F, or 1 - F, from its value at the outer end of the panel and the integral of
            # the density from there: the density is an order of magnitude cheaper.
            mixture = part(panels.element)
            density = mixture._pdf(panels.points)
            is_left = (panels.begin < origin[panels.element]).unsqueeze(-1)
            begin, length = panels.begin.unsqueeze(-1), panels.length.unsqueeze(-1)
            z = mixture._standardise(torch.where(is_left, begin, begin + length))
            outside = mixture._standard_cdf(torch.where(is_left, z, -z)).mean(0)
            density = torch.where(is_left, density, density.flip(-1))
            tail = outside + length * (density @ integration_matrix().mT)
            tail = torch.where(is_left, tail, tail.flip(-1))
            return tail * (1 - tail)

        where = Range(origin, unit, -0.5 * N_NODES * 2.0**level, level)
        tolerance = _TOLERANCE * scale.amin(0)
        middle = adaptive_sum(integrand, where, loc, scale, tolerance, integers=False)
        whole = part(torch.arange(len(origin)))
        z = whole._standardise((origin + half_width)[:, None])
        tails = whole._scale * whole._standard_excess(z)
        z = -whole._standardise((origin - half_width)[:, None])
        tails = tails + whole._scale * whole._standard_excess(z)
        return 2 * (middle + tails.mean(0).squeeze(-1)).view(shape[1:])
