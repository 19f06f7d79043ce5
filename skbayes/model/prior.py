"""Prior distributions over the flat vector."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor


class Energy(NamedTuple):
    """Expected negative log density of a prior, and its derivative."""

    value: Tensor  # [M], nats
    precision: Tensor  # [M, P] or [P]: twice the derivative with respect to the second moments


class KLGradient(NamedTuple):
    """A KL divergence per model and its gradients."""

    kl: Tensor  # [M], nats
    mean: Tensor  # [M, P]
    log_scale: Tensor  # [M, P]


class Prior(ABC):
    """A distribution over the flat vector, or over a stretch of it.

    Priors here are normal given their scales, so that what they expect of a posterior depends
    on its second moments about `loc` alone.

    Attributes
    ----------
    loc : Tensor of shape (P,) or (M, P)
        Its centre.
    """

    loc: Tensor

    @abstractmethod
    def log_prob(self, vectors: Tensor) -> Tensor:
        """Log density ``[...]`` of ``vectors [..., P]``, in nats."""

    @abstractmethod
    def energy(self, second_moments: Tensor) -> Energy:
        """Expected negative log density (with learned scales at their best, a bound on it).

        Parameters
        ----------
        second_moments : Tensor of shape (M, P)
            ``E_q[(w - loc)^2]`` of each entry.
        """

    def kl_divergence(self, mean: Tensor, log_scale: Tensor) -> Tensor:
        """``KL(N(mean, exp(log_scale)^2) || prior)``, ``[M]``, summed over the vector, in nats."""
        return self.kl_gradient(mean, log_scale, log_scale.exp()).kl

    def kl_gradient(self, mean: Tensor, log_scale: Tensor, scale: Tensor) -> KLGradient:
        """The KL divergence from independent normals, with its gradients.

        Parameters
        ----------
        mean, log_scale, scale : Tensor of shape (M, P)
            Of the posterior; ``scale = exp(log_scale)``, which the caller has at hand.
        """
        deviation = mean - self.loc
        variance = scale.square()
        energy = self.energy(torch.addcmul(variance, deviation, deviation))
        negative_entropy = -0.5 * mean.shape[-1] * math.log(2 * math.pi * math.e)
        kl = energy.value - log_scale.sum(-1) + negative_entropy
        return KLGradient(kl, deviation * energy.precision, variance * energy.precision - 1.0)


class NormalPrior(Prior):
    """Independent normals ``N(loc, scale^2)`` over the entries of the vector.

    Parameters
    ----------
    loc, scale : Tensor of shape (P,) or (M, P)
        Means and standard deviations (not variances). With a model axis, each of ``M``
        models has a prior of its own.

    Examples
    --------
    >>> import torch
    >>> prior = NormalPrior(torch.zeros(3), torch.ones(3))
    >>> prior.kl_divergence(torch.ones(1, 3), torch.zeros(1, 3))
    tensor([1.5000])
    """

    def __init__(self, loc: Tensor, scale: Tensor) -> None:
        self.loc = loc
        self.scale = scale
        self._precision = scale.square().reciprocal()
        n_entries = scale.shape[-1]
        self._log_normaliser = scale.log().sum(-1) + 0.5 * n_entries * math.log(2 * math.pi)

    def log_prob(self, vectors: Tensor) -> Tensor:
        squares = ((vectors - self.loc).square() * self._precision).sum(-1)
        return -0.5 * squares - self._log_normaliser

    def energy(self, second_moments: Tensor) -> Energy:
        squares = torch.linalg.vecdot(second_moments, self._precision)
        value = torch.add(self._log_normaliser, squares, alpha=0.5)
        return Energy(value, self._precision)


class ConcatenatedPrior(Prior):
    """Independent priors over successive stretches of the vector.

    Parameters
    ----------
    parts : Prior
        One prior a stretch, in order.
    """

    def __init__(self, *parts: Prior) -> None:
        self._parts = parts
        self._sizes = [part.loc.shape[-1] for part in parts]
        self.loc = torch.cat([part.loc for part in parts], -1)

    def log_prob(self, vectors: Tensor) -> Tensor:
        stretches = vectors.split(self._sizes, -1)
        log_probs = [part.log_prob(x) for part, x in zip(self._parts, stretches, strict=True)]
        return torch.stack(log_probs).sum(0)

    def energy(self, second_moments: Tensor) -> Energy:
        stretches = second_moments.split(self._sizes, -1)
        energies = [part.energy(x) for part, x in zip(self._parts, stretches, strict=True)]
        precisions = [
            energy.precision.expand_as(x) for energy, x in zip(energies, stretches, strict=True)
        ]
        value = energies[0].value
        for energy in energies[1:]:
            value = value + energy.value
        return Energy(value, torch.cat(precisions, -1))


def fan_in_normal_prior(fan_in: Tensor, prior_sigma: float) -> NormalPrior:
    """``w ~ N(0, prior_sigma^2 / fan_in)``: one sigma means the same at every width.

    Parameters
    ----------
    fan_in : Tensor of shape (P,)
        1 for a bias.
    prior_sigma : float
        Standard deviation at a fan-in of 1.
    """
    return NormalPrior(torch.zeros_like(fan_in), prior_sigma / fan_in.sqrt())
