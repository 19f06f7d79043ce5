"""Mixture of normal components."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.distribution import mean_over_pairs
from skbayes.predictive.log_tails import normal_log_tail
from skbayes.predictive.special import normal_cdf
from skbayes.predictive.symmetric import SymmetricMixture


class NormalMixture(SymmetricMixture):
    """Equal mixture of normals, one component per posterior draw.

    Parameters
    ----------
    loc : Tensor of shape (D, n, t)
        Mean of each component.
    scale : Tensor, broadcastable to (D, n, t)
        Standard deviation of each component.

    Notes
    -----
    The continuous ranked probability score is the closed form of Grimit et al. 2006, eq. 5.

    Examples
    --------
    >>> import torch
    >>> mixture = NormalMixture(torch.tensor([[[-1.0]], [[1.0]]]), torch.tensor([[[1.0]]]))
    >>> mixture.mean(), mixture.var()
    (array([0.]), array([2.]))
    >>> mixture.interval(0.9).round(3)
    array([[-2.284,  2.284]])
    """

    def _standard_var(self) -> float:
        return 1.0

    def _standard_log_prob(self, z: Tensor) -> Tensor:
        return -0.5 * z.square() - 0.5 * math.log(2 * math.pi)

    def _standard_cdf(self, z: Tensor) -> Tensor:
        return normal_cdf(z)

    def _standard_log_tail(self, z: Tensor) -> Tensor:
        return normal_log_tail(z)

    def _standard_kernels(self, z: Tensor) -> tuple[Tensor, Tensor]:
        density = self._standard_log_prob(z).exp()
        return density, density

    def _standard_quantile(self, q: float) -> Tensor:
        return torch.special.ndtri(torch.tensor(q, dtype=torch.float64))

    def _standard_distance(self, z: Tensor) -> Tensor:
        density = torch.exp(-0.5 * z.square()) / math.sqrt(2 * math.pi)
        return 2 * density + z * torch.special.erf(z / math.sqrt(2))

    def _standard_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        return rng.standard_normal(self._loc.shape[1:])

    def _mean_pair_distance(self) -> Tensor:
        scale = self._scale.expand(self.n_components, -1, -1)

        def pair_distance(index: int, others: slice) -> Tensor:
            # The difference of two normals is a normal.
            pair_scale = torch.hypot(scale[others], scale[index])
            standardised = (self._loc[others] - self._loc[index]) / pair_scale
            return pair_scale * self._standard_distance(standardised)

        return mean_over_pairs(pair_distance, self.n_components)
