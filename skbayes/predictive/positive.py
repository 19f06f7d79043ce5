"""Mixtures over positive numbers."""

from __future__ import annotations

import math
from abc import abstractmethod

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.continuous import ContinuousMixture
from skbayes.predictive.distribution import ScoredByDistances


class PositiveMixture(ContinuousMixture, ScoredByDistances):
    """Equal mixture of densities on the positive numbers.

    Quantiles are found on the logarithmic scale: they may span many orders of magnitude.
    Numbers that are not positive have the density zero.
    """

    @abstractmethod
    def _positive_log_prob(self, y: Tensor) -> Tensor:
        """Log density of ``y > 0`` under each component, ``[D, n, t]``."""

    def _component_log_prob(self, y: Tensor) -> Tensor:
        is_positive = y > 0
        log_prob = self._positive_log_prob(torch.where(is_positive, y, 1.0))
        return torch.where(is_positive, log_prob, -math.inf)

    def _from_scale(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = x.exp()
        return y, y
