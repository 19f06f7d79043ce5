"""Mixtures over positive numbers."""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
from torch import Tensor

from skbayes.predictive.distribution import PredictiveDistribution
from skbayes.predictive.roots import invert_cdf


class PositiveMixture(PredictiveDistribution):
    """Equal mixture of densities on the positive numbers.

    Quantiles are found on the logarithmic scale: they may span many orders of magnitude.
    Numbers that are not positive have the density zero.
    """

    @abstractmethod
    def _log_quantile_bounds(self, q: float) -> tuple[Tensor, Tensor]:
        """Bounds of the logarithm of the mixture's quantile, ``[n, t]``."""

    @abstractmethod
    def _positive_log_prob(self, y: Tensor) -> Tensor:
        """Log density of ``y > 0`` under each component, ``[D, n, t]``."""

    def _component_log_prob(self, y: Tensor) -> Tensor:
        is_positive = y > 0
        log_prob = self._positive_log_prob(torch.where(is_positive, y, 1.0))
        return torch.where(is_positive, log_prob, -math.inf)

    def _quantile_bounds(self, q: float) -> tuple[Tensor, Tensor]:
        lower, upper = self._log_quantile_bounds(q)
        return lower.exp(), upper.exp()

    def _quantile(self, q: float) -> Tensor:
        def pdf(log_y: Tensor) -> Tensor:
            return (self._component_log_prob(log_y.exp()) + log_y).exp().mean(0)

        log_quantile = invert_cdf(
            lambda log_y: self._tail_excess(log_y.exp(), q), pdf, *self._log_quantile_bounds(q)
        )
        return log_quantile.exp()
