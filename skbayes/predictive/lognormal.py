"""Mixture of lognormal components."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.distribution import mean_over_pairs
from skbayes.predictive.positive import PositiveMixture
from skbayes.predictive.special import normal_cdf, towards


class LogNormalMixture(PositiveMixture):
    """Equal mixture of lognormals, one component per posterior draw.

    Parameters
    ----------
    log_loc : Tensor of shape (D, n, t)
        Mean of ``log(y)`` of each component.
    log_scale : Tensor, broadcastable to (D, n, t)
        Standard deviation of ``log(y)`` of each component.

    Notes
    -----
    The continuous ranked probability score is in closed form, by
    ``E|X - Y| = E X + E Y - 2 E min(X, Y)`` and ``E[X; X < Y] = E X * P(X* < Y)``, where ``log X*``
    is ``log X`` shifted by its variance.

    Examples
    --------
    >>> import torch
    >>> mixture = LogNormalMixture(torch.zeros(1, 1, 1), torch.ones(1, 1, 1))
    >>> mixture.mean().round(4), mixture.quantile(0.5)
    (array([1.6487]), array([1.]))
    """

    def __init__(self, log_loc: Tensor, log_scale: Tensor) -> None:
        self._log_loc = log_loc.to(torch.float64)
        self._log_scale = log_scale.to(torch.float64).expand_as(log_loc)

    @property
    def _parts(self) -> tuple[Tensor, ...]:
        return self._log_loc, self._log_scale

    @property
    def _shape(self) -> torch.Size:
        return self._log_loc.shape

    @property
    def _component_means(self) -> Tensor:
        return torch.exp(self._log_loc + 0.5 * self._log_scale.square())

    def _component_var(self) -> Tensor:
        return self._component_means.square() * torch.expm1(self._log_scale.square())

    def _positive_log_prob(self, y: Tensor) -> Tensor:
        log_y = y.log()
        standardised = (log_y - self._log_loc) / self._log_scale
        log_normaliser = self._log_scale.log() + 0.5 * math.log(2 * math.pi) + log_y
        return -0.5 * standardised.square() - log_normaliser

    def _component_cdf(self, y: Tensor, *, upper_tail: bool | Tensor) -> Tensor:
        # The logarithm of what is not positive counts as minus infinity.
        standardised = (y.clamp(min=0).log() - self._log_loc) / self._log_scale
        return normal_cdf(towards(standardised, upper_tail))

    def _component_quantiles(self, q: float) -> Tensor:
        standard_normal = torch.special.ndtri(torch.tensor(q, dtype=torch.float64))
        return self._log_loc + self._log_scale * standard_normal

    def _component_distance(self, y: Tensor) -> Tensor:
        z = (y.clamp(min=0).log() - self._log_loc) / self._log_scale
        return y * _two_cdf_less_one(z) - self._component_means * _two_cdf_less_one(
            z - self._log_scale
        )

    def _mean_pair_distance(self) -> Tensor:
        loc, scale, mean = self._log_loc, self._log_scale, self._component_means

        def pair_distance(index: int, others: slice) -> Tensor:
            difference = loc[others] - loc[index]
            pair_scale = torch.hypot(scale[others], scale[index])
            first = (difference - scale[index].square()) / pair_scale
            second = (-difference - scale[others].square()) / pair_scale
            return -mean[index] * _two_cdf_less_one(first) - mean[others] * _two_cdf_less_one(
                second
            )

        return mean_over_pairs(pair_distance, self.n_components)

    def _component_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        noise = torch.from_numpy(rng.standard_normal(self._log_loc.shape[1:]))
        sample: NDArray[np.float64] = torch.exp(
            self._log_loc[index] + self._log_scale[index] * noise
        ).numpy()
        return sample


def _two_cdf_less_one(z: Tensor) -> Tensor:
    """``2 Phi(z) - 1``."""
    return torch.special.erf(z / math.sqrt(2))
