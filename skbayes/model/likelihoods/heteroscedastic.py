"""Normal likelihood whose noise depends on the inputs."""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import LogLikelihoodGradient
from skbayes.model.likelihoods.bounded import SoftBound
from skbayes.model.likelihoods.constant import Constant
from skbayes.model.likelihoods.noise import Noise, NormalNoise
from skbayes.model.likelihoods.regression import PlainFamily
from skbayes.model.likelihoods.scaled_noise import ScaledNoiseLikelihood
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.model.networks import InitialOutputs
from skbayes.predictive import NormalMixture, PredictiveDistribution

# An output of zero, the centre of the prior, stands for a noise of exp(-1) in standard deviations
# of the target: the centre of the prior of a learned noise that is the same everywhere.
_LOG_SCALE_CENTRE = -1.0
# Noise between exp(-11) = 2e-5 and exp(9) = 8000 standard deviations of the target: the density of
# a target that the network fits exactly stays finite, and so does the noise far from the data.
_LOG_SCALE_BOUND = SoftBound(linear=7.0, margin=3.0)


class _Noise(NamedTuple):
    """Logarithm of the scale of the noise, and its derivative by the output, ``[K, B, t]``."""

    log_scale: Tensor
    slope: Tensor


class HeteroscedasticLikelihood(ScaledNoiseLikelihood):
    r"""``y ~ N(f(x), s(x)^2)``: the network gives the mean and the logarithm of the noise.

    The first ``t`` outputs are the means, the next ``t`` the logarithms of the noise (Nix &
    Weigend 1994), ``log s = -1 + h`` with ``h`` the output, smoothly bounded to
    ``(-10, 10)`` and unchanged within ``(-7, 7)``, in standard deviations of the target. The
    prior of the network's weights is the prior of the noise: it says that noise is of the order of
    0.4 standard deviations and varies smoothly. A target that was rounded to a grid of width ``h``
    has at least the noise of the rounding, ``h / sqrt(12)``: ``s^2`` is the sum of its square and
    of that of the network's.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns ``t``.
    units : TargetUnits, default=None
        Of the network's outputs; None for targets that are standardised already.

    References
    ----------
    D. A. Nix, A. S. Weigend. "Estimating the mean and variance of the target probability
    distribution", ICNN 1994.

    Examples
    --------
    >>> import torch
    >>> likelihood = HeteroscedasticLikelihood()
    >>> outputs = torch.tensor([[[0.0, 1.0]]])  # mean 0, standard deviation 1
    >>> likelihood.log_prob(outputs, torch.zeros(1, 1), torch.zeros(1, 0))
    tensor([[-0.9189]])
    """

    def __init__(self, n_targets: int = 1, *, units: TargetUnits | None = None) -> None:
        super().__init__(n_targets, units=units)
        self.n_outputs = 2 * n_targets
        self.n_noise_outputs = n_targets
        self._is_rounded = bool((self._units.resolution > 0).any())

    @cached_property
    def _log_scale_centre(self) -> Constant:
        return Constant(_LOG_SCALE_CENTRE + self._size.values.log())

    @cached_property
    def _log_rounding(self) -> Constant:
        # Rounding to a grid of width h adds h^2 / 12 to the variance.
        return Constant((torch.tensor(self._units.resolution) / math.sqrt(12)).log())

    def initial_outputs(self) -> InitialOutputs:
        # The same noise everywhere, of the size of the target: the mean is fitted first, as if
        # the noise were constant. A noise that may follow the first residuals would
        # explain the signal away, and a small one would make the first gradients large.
        start = super().initial_outputs()
        start.bias[self.n_targets :] = -_LOG_SCALE_CENTRE
        start.weight_factor[self.n_targets :] = 0.0
        return start

    def noise_scale(self, outputs: Tensor) -> Tensor:
        """Scale of the noise ``[K, B, t]`` for outputs ``[K, B, o]``, in the network's units."""
        return self.log_noise(outputs).exp()

    def log_noise(self, outputs: Tensor) -> Tensor:
        return self._read(outputs).log_scale

    def _read(self, outputs: Tensor) -> _Noise:
        """What the outputs ``[K, B, o]`` say of the noise."""
        # Contiguous: element-wise operations are several times faster than on every other number.
        bounded = _LOG_SCALE_BOUND(outputs[..., self.n_targets :].contiguous())
        log_scale = bounded.values + self._log_scale_centre.like(outputs)
        if not self._is_rounded:
            return _Noise(log_scale, bounded.slope)
        log_rounding = self._log_rounding.like(outputs)
        share = torch.sigmoid(2 * (log_scale - log_rounding))  # of the variance
        return _Noise(0.5 * torch.logaddexp(2 * log_scale, 2 * log_rounding), bounded.slope * share)

    def scale(self, outputs: Tensor, parameters: Tensor) -> Tensor:
        return self.noise_scale(outputs)

    def noise(self, parameters: Tensor) -> Noise:
        return NormalNoise()

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        n_targets = self.n_targets
        log_scale, slope = self._read(outputs)
        precision_root = torch.exp(-log_scale)
        standardised = (targets - outputs[..., :n_targets]) * precision_root
        squares = standardised.square()
        output_gradient = torch.empty_like(outputs)
        # d log p / d mean = z / s and d log p / d log s = z^2 - 1
        torch.mul(standardised, precision_root, out=output_gradient[..., :n_targets])
        torch.mul(squares - 1, slope, out=output_gradient[..., n_targets:])
        log_prob = torch.add(log_scale, squares, alpha=0.5).neg_()
        log_prob -= 0.5 * math.log(2 * math.pi)
        if row_weights is not None:
            weights = row_weights.unsqueeze(-1)
            log_prob *= weights
            output_gradient *= weights
        return LogLikelihoodGradient(
            log_prob.sum((1, 2)), output_gradient, torch.zeros_like(parameters), log_scale
        )

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution:
        mean = outputs[..., : self.n_targets]
        return NormalMixture(
            self._loc + self._scale * mean, self._scale * self.noise_scale(outputs)
        )


class Heteroscedastic(PlainFamily):
    """Normal noise whose level the network gives too: ``likelihood="heteroscedastic"``.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import Heteroscedastic
    >>> BayesianMLPRegressor(likelihood=Heteroscedastic())
    BayesianMLPRegressor(likelihood=Heteroscedastic())
    """

    name = "heteroscedastic"
    likelihood = HeteroscedasticLikelihood
