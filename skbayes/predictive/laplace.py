"""Mixture of Laplace components."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.distribution import mean_over_pairs
from skbayes.predictive.log_tails import laplace_log_tail
from skbayes.predictive.symmetric import SymmetricMixture

# Where the density is zero in doubles.
_FAR = 1e3


class LaplaceMixture(SymmetricMixture):
    """Equal mixture of Laplace distributions, one component per posterior draw.

    Parameters
    ----------
    loc : Tensor of shape (D, n, t)
        Mean of each component.
    scale : Tensor, broadcastable to (D, n, t)
        Mean absolute deviation of each component: its standard deviation over the root of 2.

    Notes
    -----
    The continuous ranked probability score is in closed form. The difference of two Laplace
    variables of scales ``b > c`` has the characteristic function
    ``1 / ((1 + b^2 u^2) (1 + c^2 u^2))``; by partial fractions its mean absolute value about
    ``m`` is ``|m| + (b^3 exp(-|m| / b) - c^3 exp(-|m| / c)) / (b^2 - c^2)``.

    Examples
    --------
    >>> import torch
    >>> mixture = LaplaceMixture(torch.zeros(1, 1, 1), torch.ones(1, 1, 1))
    >>> mixture.var(), mixture.quantile(0.75).round(4)
    (array([2.]), array([0.6931]))
    """

    def _standard_var(self) -> float:
        return 2.0

    def _standard_log_prob(self, z: Tensor) -> Tensor:
        return -z.abs() - math.log(2)

    def _standard_cdf(self, z: Tensor) -> Tensor:
        half_tail = 0.5 * torch.exp(-z.abs())
        return torch.where(z < 0, half_tail, 1 - half_tail)

    def _standard_log_tail(self, z: Tensor) -> Tensor:
        return laplace_log_tail(z)

    def _standard_kernels(self, z: Tensor) -> tuple[Tensor, Tensor]:
        distance = z.abs().clamp(max=_FAR)
        half_density = 0.25 * torch.exp(-distance)
        return 2 * (1 + distance) * half_density, (2 + distance) * half_density

    def _standard_quantile(self, q: float) -> Tensor:
        quantile = math.log(2 * q) if q < 0.5 else -math.log(2 * (1 - q))
        return torch.tensor(quantile, dtype=torch.float64)

    def _standard_distance(self, z: Tensor) -> Tensor:
        return z.abs() + torch.exp(-z.abs())

    def _standard_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        return rng.laplace(size=self._loc.shape[1:])

    def _mean_pair_distance(self) -> Tensor:
        scale = self._scale.expand(self.n_components, -1, -1)

        def pair_distance(index: int, others: slice) -> Tensor:
            b = torch.maximum(scale[others], scale[index])
            c = torch.minimum(scale[others], scale[index])
            m = (self._loc[others] - self._loc[index]).abs()
            # (b^3 e^(-m/b) - c^3 e^(-m/c)) / (b^2 - c^2) with the difference divided out, so that
            # equal scales are no exception: x = m/b - m/c <= 0, (e^x - 1) / x -> 1.
            x = m / b - m / c
            slope = torch.where(x == 0, 1.0, torch.expm1(x) / x)
            bracket = b.square() + b * c + c.square() + c.square() * (m / b) * slope
            return m + torch.exp(-m / b) * bracket / (b + c)

        return mean_over_pairs(pair_distance, self.n_components)
