"""Mixtures of one symmetric density, shifted and scaled."""

from __future__ import annotations

from abc import abstractmethod

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.distribution import ScoredByDistances
from skbayes.predictive.location_scale import LocationScaleMixture, MomentsBetween
from skbayes.predictive.special import towards


class SymmetricMixture(LocationScaleMixture, ScoredByDistances):
    """Equal mixture of ``loc + scale * Z``, with ``Z`` symmetric about zero."""

    @abstractmethod
    def _standard_cdf(self, z: Tensor) -> Tensor:
        """``P(Z <= z)``, with all its digits where it is small."""

    @abstractmethod
    def _standard_log_tail(self, z: Tensor) -> Tensor:
        """``log P(Z > z)``, however far out."""

    @abstractmethod
    def _standard_kernels(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """``h(z)`` and ``g(z)``, even functions that give the moments between two points.

        ``E[Z; a < Z < b] = h(a) - h(b)``, and ``E[Z^2; a < Z < b]`` is
        `_standard_second_factor` times ``P(a < Z < b) + a g(a) - b g(b)``. At infinity ``h`` is 0.
        """

    def _standard_second_factor(self) -> Tensor | float:
        """Factor of the second moment between two points: that without limits, if it exists."""
        return self._standard_var()

    def _standard_between(self, a: Tensor, b: Tensor) -> MomentsBetween:
        # From the nearer tail: far out there are few digits in the other.
        is_above = a + b > 0
        near, far = torch.where(is_above, -a, b), torch.where(is_above, -b, a)
        inside = self._standard_cdf(near) - self._standard_cdf(far)
        (first_a, second_a), (first_b, second_b) = map(self._standard_kernels, (a, b))
        # At infinity the kernel is 0.
        a, b = (torch.where(x.isinf(), 0.0, x) for x in (a, b))
        second = self._standard_second_factor() * (inside + a * second_a - b * second_b)
        return MomentsBetween(inside, first_a - first_b, second)

    @abstractmethod
    def _standard_distance(self, z: Tensor) -> Tensor:
        """``E|Z - z|``."""

    def _standard_tail(self, z: Tensor, upper_tail: bool | Tensor) -> Tensor:
        return self._standard_cdf(towards(z, upper_tail))

    def _component_log_tail(self, y: Tensor, *, upper_tail: bool) -> Tensor:
        z = self._standardise(y)
        return self._standard_log_tail(z if upper_tail else -z)

    def _component_distance(self, y: Tensor) -> Tensor:
        return self._scale * self._standard_distance(self._standardise(y))

    def _standard_tail_and_density(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return self._standard_cdf(-z.abs()), self._standard_log_prob(z).exp()
