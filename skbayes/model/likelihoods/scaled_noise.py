"""Likelihoods of a location, and noise of a scale, on the whole real line."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor
from skbayes.model.likelihoods.noise import Noise
from skbayes.model.likelihoods.regression import RegressionLikelihood

if TYPE_CHECKING:
    from typing_extensions import Self


class ScaledNoiseLikelihood(RegressionLikelihood):
    """``y = f(x) + s Z``: the first ``t`` outputs are the locations."""

    @abstractmethod
    def scale(self, outputs: Tensor, parameters: Tensor) -> Tensor:
        """Scale of the noise, broadcastable to ``[K, B, t]``, in the units of the network."""

    @abstractmethod
    def noise(self, parameters: Tensor) -> Noise:
        """The noise in units of its scale, for parameters ``[K, q]``."""

    def with_variance(self) -> Self:
        """The same, of noise that has a variance: the family itself where it always has."""
        return self

    def function_values(self, outputs: FloatArray, parameters: FloatArray) -> FloatArray:
        return self._units.loc + self._units.scale * outputs[..., : self.n_targets]

    def log_prob(self, outputs: Tensor, targets: Tensor, parameters: Tensor) -> Tensor:
        return self.log_densities(outputs, targets, parameters).sum(-1)

    def log_densities(self, outputs: Tensor, targets: Tensor, parameters: Tensor) -> Tensor:
        """Log density of each target, ``[K, B, t]``; the parameters are those of `log_prob`."""
        scale = self.scale(outputs, parameters)
        standardised = (targets - outputs[..., : self.n_targets]) / scale
        return self.noise(parameters).log_prob(standardised) - scale.log()
