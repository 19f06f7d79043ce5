"""Laplace likelihood with one scale per target."""

from __future__ import annotations

import math

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import LogLikelihoodGradient
from skbayes.model.likelihoods.location_scale import LocationScaleLikelihood
from skbayes.model.likelihoods.noise import LaplaceNoise
from skbayes.model.likelihoods.regression import PlainFamily
from skbayes.predictive import LaplaceMixture, PredictiveDistribution


class LaplaceLikelihood(LocationScaleLikelihood):
    r"""``p(y) = exp(-|y - f(x)| / b) / (2 b)`` with a learned scale ``b`` per target.

    Its best fit is the median: absolute errors count, not their squares.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns.
    units : TargetUnits, default=None
        Of the network's outputs; None for targets that are standardised already.

    Examples
    --------
    >>> import torch
    >>> rho = torch.zeros(1, 1)  # a scale of 0.001 + exp(0)
    >>> LaplaceLikelihood().log_prob(torch.zeros(1, 2, 1), torch.tensor([[0.0], [1.0]]), rho)
    tensor([[-0.6941, -1.6931]])
    """

    def noise_variance(self, parameters: Tensor) -> Tensor | None:
        return 2 * (self._scale * self.noise_scale(parameters)).square()

    def noise(self, parameters: Tensor) -> LaplaceNoise:
        return LaplaceNoise()

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        scale = self.noise_scale(parameters)
        residual = targets - outputs
        output_gradient = residual.sign() / scale.unsqueeze(1)
        total_weight: float | Tensor = residual.shape[1]
        if row_weights is not None:
            output_gradient *= row_weights.unsqueeze(-1)
            total_weight = row_weights.sum(-1, keepdim=True)  # [1] or [K, 1]
        # sum_i w_i |y_i - f_i| / b for each target
        distance = torch.linalg.vecdot(residual, output_gradient, dim=1)
        log_likelihood = ((scale.log() + math.log(2)) * total_weight + distance).sum(-1).neg_()
        # db / drho = exp(rho)
        parameter_gradient = (distance - total_weight) * (parameters.exp() / scale)
        return LogLikelihoodGradient(log_likelihood, output_gradient, parameter_gradient)

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution:
        scale = self.noise_scale(parameters).unsqueeze(1)
        return LaplaceMixture(self._loc + self._scale * outputs, self._scale * scale)


class Laplace(PlainFamily):
    """Laplace noise, the scale learned: ``likelihood="laplace"``.

    Absolute errors count, not squared ones.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import Laplace
    >>> BayesianMLPRegressor(likelihood=Laplace())
    BayesianMLPRegressor(likelihood=Laplace())
    """

    name = "laplace"
    likelihood = LaplaceLikelihood
