"""Mixture of normal components."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skbayes.predictive.distribution import PredictiveDistribution


class NormalMixture(PredictiveDistribution):
    """Equal mixture of normals, one component per posterior draw.

    Parameters
    ----------
    loc : Tensor of shape (D, n, t)
        Mean of each component.
    scale : Tensor, broadcastable to (D, n, t)
        Standard deviation of each component.

    Examples
    --------
    >>> import torch
    >>> mixture = NormalMixture(torch.tensor([[[-1.0]], [[1.0]]]), torch.tensor([[[1.0]]]))
    >>> mixture.mean(), mixture.var()
    (array([0.]), array([2.]))
    >>> mixture.interval(0.9).round(3)
    array([[-2.284,  2.284]])
    """

    def __init__(self, loc: Tensor, scale: Tensor) -> None:
        # Double precision whatever the network used: a log density in the tails needs it.
        self._loc = loc.to(torch.float64)
        self._scale = scale.to(torch.float64)

    @property
    def component_means(self) -> Tensor:
        return self._loc

    def _component_var(self) -> Tensor:
        return self._scale.square()

    def _component_log_prob(self, y: Tensor) -> Tensor:
        standardised = (y - self._loc) / self._scale
        return -0.5 * standardised.square() - self._scale.log() - 0.5 * math.log(2 * math.pi)

    def _component_cdf(self, y: Tensor, *, upper_tail: bool) -> Tensor:
        standardised = (y - self._loc) / self._scale
        return torch.special.ndtr(-standardised if upper_tail else standardised)

    def _component_quantile(self, q: float) -> Tensor:
        standard_normal = torch.special.ndtri(torch.tensor(q, dtype=torch.float64))
        return self._loc + self._scale * standard_normal

    def _component_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        noise = torch.from_numpy(rng.standard_normal(self._loc.shape[1:]))
        scale = self._scale.expand_as(self._loc)[index]
        sample: NDArray[np.float64] = (self._loc[index] + scale * noise).numpy()
        return sample

    def _crps(self, y: Tensor) -> Tensor:
        """Closed form for normal mixtures (Grimit et al. 2006, eq. 5).

        The sum over pairs of components is taken one component at a time: memory stays at
        the size of the mixture.
        """
        loc, scale = self._loc, self._scale
        n_components = loc.shape[0]
        scale = scale.expand(n_components, -1, -1)
        accuracy = _expected_absolute(y - loc, scale).mean(0)
        spread = torch.zeros_like(accuracy)
        for index in range(n_components):
            later = slice(index + 1, None)  # pairs are symmetric: count each once, twice over
            pair_scale = (scale[later].square() + scale[index].square()).sqrt()
            spread += 2 * _expected_absolute(loc[later] - loc[index], pair_scale).sum(0)
        diagonal = 2 / math.sqrt(math.pi) * scale.sum(0)  # E|X - X'| of one component
        return accuracy - 0.5 * (spread + diagonal) / n_components**2


def _expected_absolute(mean: Tensor, scale: Tensor) -> Tensor:
    """E|Z| for ``Z ~ N(mean, scale^2)``."""
    standardised = mean / scale
    density = torch.exp(-0.5 * standardised.square()) / math.sqrt(2 * math.pi)
    return 2 * scale * density + mean * torch.special.erf(standardised / math.sqrt(2))
