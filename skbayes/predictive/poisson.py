"""Mixture of Poisson components."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.counts import CountMixture
from skbayes.predictive.special import deviance, regularised_gamma, stirling_error


class PoissonMixture(CountMixture):
    """Equal mixture of Poisson distributions, one component per posterior draw.

    Parameters
    ----------
    mean : Tensor of shape (D, n, t)
        Rate of each component, positive.

    Examples
    --------
    >>> import torch
    >>> mixture = PoissonMixture(torch.tensor([[[2.0]], [[4.0]]]))
    >>> mixture.mean(), mixture.var(), mixture.interval(0.9)
    (array([3.]), array([4.]), array([[0., 7.]]))
    """

    def _component_var(self) -> Tensor:
        return self._mean

    def _count_log_prob(self, k: Tensor) -> Tensor:
        # By the saddle point (Loader 2000): exact at any rate.
        is_zero = k == 0
        safe = torch.where(is_zero, 1.0, k)
        normaliser = stirling_error(safe) + 0.5 * torch.log(2 * math.pi * safe)
        return -torch.where(is_zero, self._mean, normaliser + deviance(safe, self._mean))

    def _tails(self, k: Tensor) -> tuple[Tensor, Tensor]:
        upper, lower = regularised_gamma(k + 1, self._mean)
        return lower, upper

    def _ratio(self, k: Tensor) -> Tensor:
        return self._mean / (k + 1)

    def _kernel(self, k: Tensor) -> Tensor:
        return self._mean

    def _component_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        return sample_poisson(self._mean[index].numpy(), rng)


def sample_poisson(mean: NDArray[np.float64], rng: np.random.RandomState) -> NDArray[np.float64]:
    """Poisson variables as doubles; beyond what doubles count, their normal limit."""
    largest = 2.0**53
    counts = rng.poisson(np.minimum(mean, largest)).astype(np.float64)
    return counts + np.where(mean > largest, mean - largest, 0.0)
