"""Lognormal likelihood: a normal one of the logarithms."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from skbayes.model.likelihoods.base import LogLikelihoodGradient
from skbayes.model.likelihoods.bounded import LOG_LOCATION_BOUND, Bounded
from skbayes.model.likelihoods.normal import NormalLikelihood
from skbayes.model.likelihoods.regression import LikelihoodFamily
from skbayes.model.likelihoods.support import check_positive
from skbayes.model.likelihoods.units import FloatArray, TargetUnits
from skbayes.predictive import LogNormalMixture, PredictiveDistribution


class LogNormalLikelihood(NormalLikelihood):
    r"""``log y ~ N(f(x), s^2)`` with a learned ``s`` per target, for positive targets.

    The network sees the logarithms of the targets, standardised. Its outputs are smoothly
    bounded to 20 standard deviations of them about their mean, and unchanged within 15, so that
    far from the data no mean overflows.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns.
    units : TargetUnits, default=None
        Of the network's outputs; None for logarithms that are standardised already.

    Examples
    --------
    >>> import torch
    >>> rho = torch.zeros(1, 1)  # a standard deviation of 0.001 + exp(0)
    >>> LogNormalLikelihood().log_prob(torch.zeros(1, 1, 1), torch.zeros(1, 1), rho)
    tensor([[-0.9199]])
    """

    positive_only = True
    unit_rule = "log_moments"

    def __init__(self, n_targets: int = 1, *, units: TargetUnits | None = None) -> None:
        super().__init__(n_targets, units=units)

    @classmethod
    def check_targets(cls, targets: FloatArray) -> None:
        check_positive(targets, "lognormal")

    def encode(self, targets: FloatArray) -> FloatArray:
        return super().encode(np.log(targets))

    def decode(self, targets: FloatArray) -> FloatArray:
        decoded: FloatArray = np.exp(super().decode(targets))
        return decoded

    def log_jacobian(self, targets: FloatArray) -> FloatArray:
        return super().log_jacobian(targets) - np.log(targets).sum(axis=1)

    def noise_variance(self, parameters: Tensor) -> Tensor | None:
        return None  # it grows with the mean

    def _bounded(self, outputs: Tensor) -> Bounded:
        return LOG_LOCATION_BOUND.about(self._centre, self._size, outputs)

    def log_prob(self, outputs: Tensor, targets: Tensor, parameters: Tensor) -> Tensor:
        return super().log_prob(self._bounded(outputs).values, targets, parameters)

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        bounded = self._bounded(outputs)
        result = super().gradient(bounded.values, targets, parameters, row_weights)
        result.outputs.mul_(bounded.slope)
        return result

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution:
        noise = self.noise_scale(parameters).unsqueeze(1)
        location = self._loc + self._scale * self._bounded(outputs.double()).values
        return LogNormalMixture(location, self._scale * noise)


class LogNormal(LikelihoodFamily):
    """Lognormal targets: ``likelihood="lognormal"``.

    For positive targets whose noise grows with their mean.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import LogNormal
    >>> BayesianMLPRegressor(likelihood=LogNormal())
    BayesianMLPRegressor(likelihood=LogNormal())
    """

    name = "lognormal"
    likelihood = LogNormalLikelihood
