"""Gamma likelihood with one shape per target."""

from __future__ import annotations

import numpy as np

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import LogLikelihoodGradient, in_double
from skbayes.model.likelihoods.log_link import DispersedLikelihood
from skbayes.model.likelihoods.regression import PlainFamily
from skbayes.model.likelihoods.support import check_positive
from skbayes.predictive import GammaMixture, PredictiveDistribution


class GammaLikelihood(DispersedLikelihood):
    r"""``y ~ Gamma`` with mean ``exp(loc + f(x))`` and a learned shape per target.

    For positive targets whose standard deviation is a fixed share ``c`` of their mean; the shape
    is ``1 / c^2``. The network sees ``log y`` less the logarithm of the overall mean, and
    `log_prob` is the log density of that.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns.
    units : TargetUnits, default=None
        Of the network's outputs; None for targets with a mean of 1.

    Examples
    --------
    >>> import torch
    >>> rho = torch.full((1, 1), 0.999).log()  # a relative noise of 1: exponential
    >>> GammaLikelihood().log_prob(torch.zeros(1, 1, 1), torch.zeros(1, 1), rho)
    tensor([[-1.]])
    """

    @classmethod
    def check_targets(cls, targets: FloatArray) -> None:
        check_positive(targets, "gamma")

    def encode(self, targets: FloatArray) -> FloatArray:
        # As logarithms even the smallest and the largest doubles survive single precision.
        return np.log(targets) - self._units.loc

    def decode(self, targets: FloatArray) -> FloatArray:
        decoded: FloatArray = np.exp(targets + self._units.loc)
        return decoded

    def log_jacobian(self, targets: FloatArray) -> FloatArray:
        return -np.log(targets).sum(axis=1)

    def named_parameters(self, parameters: Tensor) -> dict[str, Tensor]:
        return {"shape": self._shape(parameters)}

    def log_prob(self, outputs: Tensor, targets: Tensor, parameters: Tensor) -> Tensor:
        shape = self._shape(parameters)
        log_ratio = targets - self._log_mean(outputs).values
        kernel = shape.unsqueeze(1) * (log_ratio - torch.expm1(log_ratio))
        return (kernel + _log_peak(shape).unsqueeze(1)).sum(-1)

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        shape = self._shape(parameters)
        bounded = self._log_mean(outputs)
        log_ratio = targets - bounded.values
        relative_residual = torch.expm1(log_ratio)  # y / mean - 1
        output_gradient = relative_residual * bounded.slope * shape.unsqueeze(1)
        kernel = log_ratio - relative_residual
        total_weight: float | Tensor = log_ratio.shape[1]
        if row_weights is not None:
            weights = row_weights.unsqueeze(-1)
            output_gradient *= weights
            kernel *= weights
            total_weight = row_weights.sum(-1, keepdim=True)  # [1] or [K, 1]
        kernel = kernel.sum(1)
        log_likelihood = (shape * kernel + _log_peak(shape) * total_weight).sum(-1)
        precise = in_double(shape)
        peak_slope = (precise.log() - torch.special.digamma(precise)).to(shape)
        parameter_gradient = (kernel + peak_slope * total_weight) * self._shape_slope(parameters)
        return LogLikelihoodGradient(log_likelihood, output_gradient, parameter_gradient)

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution:
        mean = (self._loc + self._log_mean(outputs.double()).values).exp()
        return GammaMixture(mean, self._shape(parameters.double()).unsqueeze(1))


def _log_peak(shape: Tensor) -> Tensor:
    """Log density of ``log y`` at the logarithm of the mean."""
    # In double precision: for a large shape the terms are large and nearly cancel.
    precise = in_double(shape)
    return (torch.xlogy(precise, precise) - precise - torch.lgamma(precise)).to(shape)


class Gamma(PlainFamily):
    """Gamma targets: ``likelihood="gamma"``.

    For positive targets whose noise grows with their mean.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import Gamma
    >>> BayesianMLPRegressor(likelihood=Gamma())
    BayesianMLPRegressor(likelihood=Gamma())
    """

    name = "gamma"
    likelihood = GammaLikelihood
