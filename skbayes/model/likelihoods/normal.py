"""Normal likelihood with one noise standard deviation per target."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skbayes.model.likelihoods.base import Likelihood, LogLikelihoodGradient
from skbayes.predictive import NormalMixture, PredictiveDistribution

# The prior of a learned noise scale, in standard deviations of the target: log s ~ N(-1, 2^2),
# whose central 95 % runs from 0.007 to 20. A few rows outweigh it.
_LOG_NOISE_PRIOR_LOC = -1.0
_LOG_NOISE_PRIOR_SCALE = 2.0


class NormalLikelihood(Likelihood):
    r"""``y ~ N(f(x), s^2)`` with a known or learned noise ``s`` per target.

    A learned noise is ``s = s_min + exp(rho)`` with a normal prior on ``rho``, one of the
    entries of the model's flat vector. The floor ``s_min`` keeps the density of a target that
    the network can fit exactly from growing without bound.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns.
    noise_std : Tensor of shape (n_targets,), default=None
        Known noise; None learns it.
    noise_floor : float, default=1e-3
        ``s_min``: the smallest learned noise.
    noise_unit : Tensor of shape (n_targets,), default=None
        Size of the target that the prior of a learned noise and its floor refer to;
        None stands for 1, right for standardised targets.

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
        noise_std: Tensor | None = None,
        noise_floor: float = 1e-3,
        noise_unit: Tensor | None = None,
    ) -> None:
        self.n_targets = n_targets
        self.n_outputs = n_targets
        self.n_parameters = 0 if noise_std is not None else n_targets
        self._known_noise_std = noise_std
        unit = torch.ones(n_targets, dtype=torch.float64) if noise_unit is None else noise_unit
        self._noise_unit = unit
        self._noise_floor = noise_floor * unit

    def parameter_prior(self) -> tuple[Tensor, Tensor]:
        loc = _LOG_NOISE_PRIOR_LOC + self._noise_unit[: self.n_parameters].log()
        return loc, torch.full_like(loc, _LOG_NOISE_PRIOR_SCALE)

    def noise_std(self, parameters: Tensor) -> Tensor:
        """Noise standard deviation ``[K, t]`` for parameters ``[K, q]``."""
        if self._known_noise_std is not None:
            known = self._known_noise_std.to(parameters)
            return known.expand(parameters.shape[0], self.n_targets)
        return parameters.exp() + self._noise_floor.to(parameters)

    def log_prob(self, outputs: Tensor, targets: Tensor, parameters: Tensor) -> Tensor:
        noise = self.noise_std(parameters).unsqueeze(1)
        standardised = (targets - outputs) / noise
        return (-0.5 * standardised.square() - noise.log() - 0.5 * math.log(2 * math.pi)).sum(-1)

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        noise = self.noise_std(parameters)
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

    def predictive(
        self, outputs: Tensor, parameters: Tensor, loc: Tensor, scale: Tensor
    ) -> PredictiveDistribution:
        noise = self.noise_std(parameters).unsqueeze(1)
        return NormalMixture(loc + scale * outputs, scale * noise)
