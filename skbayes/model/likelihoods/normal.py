"""Normal likelihood with one noise standard deviation per target."""

from __future__ import annotations

import math

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import LogLikelihoodGradient
from skbayes.model.likelihoods.constant import Constant
from skbayes.model.likelihoods.location_scale import LocationScaleLikelihood
from skbayes.model.likelihoods.noise import NormalNoise
from skbayes.model.likelihoods.regression import PlainFamily
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.predictive import NormalMixture, PredictiveDistribution


class NormalLikelihood(LocationScaleLikelihood):
    r"""``y ~ N(f(x), s^2)`` with a known or learned noise ``s`` per target.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns.
    units : TargetUnits, default=None
        Of the network's outputs; None for targets that are standardised already.
    noise_std : Tensor of shape (n_targets,), default=None
        Known noise in the units of the network; None learns it.

    Examples
    --------
    >>> import torch
    >>> likelihood = NormalLikelihood(noise_std=torch.tensor([1.0]))
    >>> likelihood.log_prob(torch.zeros(1, 2, 1), torch.zeros(2, 1), torch.zeros(1, 0))
    tensor([[-0.9189, -0.9189]])
    """

    def __init__(
        self,
        n_targets: int = 1,
        *,
        units: TargetUnits | None = None,
        noise_std: Tensor | None = None,
    ) -> None:
        super().__init__(n_targets, units=units)
        self._known_noise_std = None if noise_std is None else Constant(noise_std)
        if noise_std is not None:
            self.n_parameters = 0

    def parameter_prior(self) -> tuple[Tensor, Tensor]:
        loc, scale = super().parameter_prior()
        return loc[: self.n_parameters], scale[: self.n_parameters]

    def noise_scale(self, parameters: Tensor) -> Tensor:
        if self._known_noise_std is None:
            return super().noise_scale(parameters)
        known = self._known_noise_std.like(parameters)
        return known.expand(parameters.shape[0], self.n_targets)

    def noise_variance(self, parameters: Tensor) -> Tensor | None:
        return (self._scale * self.noise_scale(parameters)).square()

    def noise(self, parameters: Tensor) -> NormalNoise:
        return NormalNoise()

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        noise = self.noise_scale(parameters)
        residual = targets - outputs
        output_gradient = residual / noise.square().unsqueeze(1)
        total_weight: float | Tensor = residual.shape[1]
        if row_weights is not None:
            output_gradient *= row_weights.unsqueeze(-1)
            total_weight = row_weights.sum(-1, keepdim=True)  # [1] or [K, 1]
        # sum_i w_i (y_i - f_i)^2 / s^2 for each target
        chi_square = torch.linalg.vecdot(residual, output_gradient, dim=1)
        log_normaliser = (noise.log() + 0.5 * math.log(2 * math.pi)) * total_weight
        log_likelihood = torch.add(log_normaliser, chi_square, alpha=0.5).sum(-1).neg_()
        if self.n_parameters:
            # d log L / d rho = (chi^2 - W) / s * ds/drho, and ds/drho = exp(rho) = s - s_min.
            parameter_gradient = (chi_square - total_weight) * (parameters.exp() / noise)
        else:
            parameter_gradient = torch.zeros_like(parameters)
        return LogLikelihoodGradient(log_likelihood, output_gradient, parameter_gradient)

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution:
        noise = self.noise_scale(parameters).unsqueeze(1)
        return NormalMixture(self._loc + self._scale * outputs, self._scale * noise)


class Normal(PlainFamily):
    """Normal noise, one level per target, learned: the same as ``likelihood="normal"``.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import Normal
    >>> BayesianMLPRegressor(likelihood=Normal())
    BayesianMLPRegressor(likelihood=Normal())
    """

    name = "normal"
    likelihood = NormalLikelihood
