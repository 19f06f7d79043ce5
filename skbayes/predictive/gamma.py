"""Mixture of gamma components."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.distribution import mean_over_pairs
from skbayes.predictive.positive import PositiveMixture
from skbayes.predictive.special import (
    deviance,
    log_beta_kernel,
    regularised_beta,
    regularised_gamma,
    stirling_error,
)


class GammaMixture(PositiveMixture):
    """Equal mixture of gamma distributions, one component per posterior draw.

    Parameters
    ----------
    mean : Tensor of shape (D, n, t)
        Mean of each component.
    shape : Tensor, broadcastable to (D, n, t)
        Shape of each component; its standard deviation is ``mean / sqrt(shape)``.

    Notes
    -----
    The continuous ranked probability score is in closed form, by
    ``E|X - Y| = E X + E Y - 2 E min(X, Y)`` and ``E[X; X < Y] = E X * P(X* < Y)``, where ``X*`` has
    the shape of ``X`` plus 1, and ``X* / (X* + Y)`` is a beta variable for equal scales.

    Examples
    --------
    >>> import torch
    >>> mixture = GammaMixture(torch.ones(1, 1, 1), torch.ones(1, 1, 1))  # exponential
    >>> mixture.var(), mixture.quantile(0.5).round(4)
    (array([1.]), array([0.6931]))
    """

    def __init__(self, mean: Tensor, shape: Tensor) -> None:
        self._mean = mean.to(torch.float64)
        self._gamma_shape = shape.to(torch.float64)

    @property
    def _parts(self) -> tuple[Tensor, ...]:
        return self._mean, self._gamma_shape

    @property
    def _component_means(self) -> Tensor:
        return self._mean

    def _component_var(self) -> Tensor:
        return self._mean.square() / self._gamma_shape

    def _log_kernel(self, y: Tensor) -> Tensor:
        """``log(y p(y))``, by the saddle point (Loader 2000): exact at any shape."""
        shape = self._gamma_shape
        peak = 0.5 * (shape.log() - math.log(2 * math.pi)) - stirling_error(shape)
        return peak - deviance(shape, shape * (y / self._mean))

    def _positive_log_prob(self, y: Tensor) -> Tensor:
        return self._log_kernel(y) - y.log()

    def _component_cdf(self, y: Tensor, *, upper_tail: bool | Tensor) -> Tensor:
        x = self._gamma_shape * (y.clamp(min=0) / self._mean)
        lower, upper = regularised_gamma(self._gamma_shape, x)
        return torch.where(torch.as_tensor(upper_tail), upper, lower)

    def _component_quantiles(self, q: float) -> Tensor:
        log_standard = _standard_log_quantile(self._gamma_shape, q)
        return log_standard - self._gamma_shape.log() + self._mean.log()

    def _component_distance(self, y: Tensor) -> Tensor:
        positive = y.clamp(min=0)
        lower, upper = regularised_gamma(
            self._gamma_shape, self._gamma_shape * (positive / self._mean)
        )
        # E[(y - Y)+] by the Stein kernel of the gamma density, y * mean / shape.
        kernel = self._log_kernel(positive).exp() * (self._mean / self._gamma_shape)
        return (y - self._mean) * (lower - upper) + 2 * kernel

    def _mean_pair_distance(self) -> Tensor:
        mean = self._mean
        shape = self._gamma_shape.expand_as(mean)
        scale = mean / shape

        def pair_distance(index: int, others: slice) -> Tensor:
            a, b = shape[index], shape[others]
            total = scale[index] + scale[others]
            x, y = scale[others] / total, scale[index] / total
            # P(X < Y) with the shape of X, and of Y, raised by one, from the unraised one:
            # I_x(a + 1, b) = I_x(a, b) - x^a y^b / (a B(a, b)).
            lower, upper = regularised_beta(a, b, x, y)
            kernel = log_beta_kernel(a, b, x, y).exp()
            first = lower - upper - 2 * kernel / a
            second = upper - lower - 2 * kernel / b
            return -mean[index] * first - mean[others] * second

        return mean_over_pairs(pair_distance, self.n_components)

    def _component_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        shape = self._gamma_shape.expand_as(self._mean)[index].numpy()
        sample: NDArray[np.float64] = rng.standard_gamma(shape) * self._mean[index].numpy() / shape
        return sample


def _standard_log_quantile(shape: Tensor, q: float) -> Tensor:
    """Logarithm of the quantile of a gamma variable of scale 1."""
    inverse = special.gammaincinv if q <= 0.5 else special.gammainccinv
    quantile = torch.from_numpy(inverse(shape.numpy(), min(q, 1 - q)))
    # Below the smallest double P(a, x) is x^a / Gamma(a + 1).
    log_tiny = (math.log(q) + torch.lgamma(shape + 1)) / shape
    return torch.where(quantile > 1e-290, quantile.log(), log_tiny)
