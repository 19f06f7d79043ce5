"""Prior distributions over the flat vector."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor


class KLGradient(NamedTuple):
    """A KL divergence per model and its gradients."""

    kl: Tensor  # [M], nats
    mean: Tensor  # [M, P]
    log_scale: Tensor  # [M, P]


class Prior(ABC):
    """A distribution over the flat vector, or over a stretch of it.

    Attributes
    ----------
    loc : Tensor of shape (P,)
        Its centre.
    """

    loc: Tensor

    @abstractmethod
    def log_prob(self, vectors: Tensor) -> Tensor:
        """Log density ``[...]`` of ``vectors [..., P]``, in nats."""

    @abstractmethod
    def kl_gradient(self, mean: Tensor, log_scale: Tensor, scale: Tensor) -> KLGradient:
        """KL divergence from independent normals to this prior, with its gradients.

        Value and gradients share most of their arithmetic.

        Parameters
        ----------
        mean, log_scale, scale : Tensor of shape (M, P)
            Of the posterior; ``scale = exp(log_scale)``, which the caller has at hand.
        """

    def kl_divergence(self, mean: Tensor, log_scale: Tensor) -> Tensor:
        """``KL(N(mean, exp(log_scale)^2) || prior)``, ``[M]``, summed over the vector, in nats."""
        return self.kl_gradient(mean, log_scale, log_scale.exp()).kl


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
    >>> prior.kl_divergence(torch.zeros(1, 3), torch.zeros(1, 3))
    tensor([0.])
    """

    def __init__(self, loc: Tensor, scale: Tensor) -> None:
        self.loc = loc
        self.scale = scale
        self._precision = scale.square().reciprocal()
        self._log_scale_sum = scale.log().sum(-1)

    def log_prob(self, vectors: Tensor) -> Tensor:
        squares = ((vectors - self.loc).square() * self._precision).sum(-1)
        n_entries = vectors.shape[-1]
        return -0.5 * squares - self._log_scale_sum - 0.5 * n_entries * math.log(2 * math.pi)

    def kl_gradient(self, mean: Tensor, log_scale: Tensor, scale: Tensor) -> KLGradient:
        deviation = mean - self.loc
        mean_gradient = deviation * self._precision
        variance_ratio = scale.square() * self._precision
        squares = torch.linalg.vecdot(deviation, mean_gradient) + variance_ratio.sum(-1)
        kl = 0.5 * (squares - mean.shape[-1]) + self._log_scale_sum - log_scale.sum(-1)
        return KLGradient(kl, mean_gradient, variance_ratio - 1.0)


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

    def kl_gradient(self, mean: Tensor, log_scale: Tensor, scale: Tensor) -> KLGradient:
        stretches = (x.split(self._sizes, -1) for x in (mean, log_scale, scale))
        results = [part.kl_gradient(*xs) for part, *xs in zip(self._parts, *stretches, strict=True)]
        return KLGradient(
            torch.stack([result.kl for result in results]).sum(0),
            torch.cat([result.mean for result in results], -1),
            torch.cat([result.log_scale for result in results], -1),
        )


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
