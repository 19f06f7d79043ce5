"""Normal likelihoods of a function of the targets."""

from __future__ import annotations

from abc import abstractmethod

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor
from skbayes.model.likelihoods.base import Likelihood, LogLikelihoodGradient
from skbayes.model.likelihoods.bounded import LOG_LOCATION_BOUND, Bounded
from skbayes.model.likelihoods.normal import NormalLikelihood


class TransformedNormalLikelihood(NormalLikelihood):
    r"""``g(y) ~ N(f(x), s^2)`` with an increasing function `g` and a learned ``s`` per target.

    The network sees the transformed targets, standardised. Its outputs are smoothly bounded to
    20 standard deviations of them about their mean, and unchanged within 15, so that far from the
    data no mean overflows.
    """

    @abstractmethod
    def transform(self, targets: FloatArray) -> FloatArray:
        """``g(y)`` of targets ``(n, t)``."""

    @abstractmethod
    def inverse(self, transformed: FloatArray) -> FloatArray:
        """Targets of ``g(y)``."""

    @abstractmethod
    def log_slope(self, targets: FloatArray) -> FloatArray:
        """``log g'(y)`` of targets ``(n, t)``."""

    def encode(self, targets: FloatArray) -> FloatArray:
        return super().encode(self.transform(targets))

    def decode(self, targets: FloatArray) -> FloatArray:
        return self.inverse(super().decode(targets))

    def log_jacobian(self, targets: FloatArray) -> FloatArray:
        jacobian: FloatArray = super().log_jacobian(targets) + self.log_slope(targets).sum(axis=1)
        return jacobian

    def function_values(self, outputs: FloatArray, parameters: FloatArray) -> FloatArray:
        # The mean is not the inverse of the location: it is read off the mixture.
        return Likelihood.function_values(self, outputs, parameters)

    def noise_variance(self, parameters: Tensor) -> Tensor | None:
        return None  # it depends on the mean

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

    def _location_and_scale(self, outputs: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Of the components, of ``g(y)``: ``[D, n, t]`` and broadcastable to it."""
        location = self._loc + self._scale * self._bounded(outputs.double()).values
        return location, self._scale * self.scale(outputs, parameters)
