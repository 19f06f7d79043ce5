"""Mixture of negative binomial components."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.counts import CountMixture
from skbayes.predictive.poisson import sample_poisson
from skbayes.predictive.special import log_beta_kernel, regularised_beta


class NegativeBinomialMixture(CountMixture):
    """Equal mixture of negative binomial distributions, one component per posterior draw.

    Parameters
    ----------
    mean : Tensor of shape (D, n, t)
        Mean of each component, positive.
    size : Tensor, broadcastable to (D, n, t)
        Size ``r`` of each component: the variance is ``mean + mean**2 / size``.

    Examples
    --------
    >>> import torch
    >>> mixture = NegativeBinomialMixture(torch.full((1, 1, 1), 4.0), torch.full((1, 1, 1), 2.0))
    >>> mixture.mean(), mixture.var(), mixture.interval(0.9)
    (array([4.]), array([12.]), array([[ 0., 11.]]))
    """

    @property
    def _size(self) -> Tensor:
        return self._parameters[0]

    def _probabilities(self) -> tuple[Tensor, Tensor]:
        """Success probability ``r / (r + mean)``, and one less it."""
        total = self._size + self._mean
        return self._size / total, self._mean / total

    def _component_var(self) -> Tensor:
        return self._mean + self._mean.square() / self._size

    def _count_log_prob(self, k: Tensor) -> Tensor:
        # P(k) = p^r (1 - p)^k / (k B(k, r)) for k > 0.
        success, failure = self._probabilities()
        is_zero = k == 0
        safe = torch.where(is_zero, 1.0, k)
        log_prob = log_beta_kernel(self._size, safe, success, failure) - safe.log()
        return torch.where(is_zero, -self._size * torch.log1p(self._mean / self._size), log_prob)

    def _tails(self, k: Tensor) -> tuple[Tensor, Tensor]:
        return regularised_beta(self._size, k + 1, *self._probabilities())

    def _ratio(self, k: Tensor) -> Tensor:
        return (k + self._size) / (k + 1) * self._probabilities()[1]

    def _kernel(self, k: Tensor) -> Tensor:
        return self._mean * (1 + k / self._size)

    def _component_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        # A Poisson variable whose rate is a gamma variable.
        size = self._size.expand_as(self._mean)[index].numpy()
        rate = rng.standard_gamma(size) * (self._mean[index].numpy() / size)
        return sample_poisson(rate, rng)
