"""Independent directions, one radius for each layer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from skbayes.inference.posteriors.base import (
    Parameterisation,
    PosteriorFamily,
    antithetic_normals,
)
from skbayes.inference.posteriors.mean_field import MeanFieldNormal
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import CrossEntropy

_EULER_GAMMA = 0.5772156649015329
# Entropy of the absolute value of a standard normal, and the mean of its logarithm.
_RADIUS_ENTROPY = 0.5 * math.log(math.pi * math.e / 2)
_MEAN_LOG_RADIUS = -0.5 * (_EULER_GAMMA + math.log(2))


@dataclass(frozen=True)
class RadialPosterior:
    """``w = mean + scale * r * e / |e|`` with normal ``e`` and ``r``; a norm and ``r`` per layer.

    Attributes
    ----------
    mean, log_size : Tensor of shape (M, P)
        Means, and logarithms of what the direction is multiplied with.
    layer_index : Tensor of shape (P,), dtype int64
        Layer of each entry, counted from 0.

    Examples
    --------
    >>> import torch
    >>> posterior = RadialPosterior(torch.zeros(1, 3), torch.zeros(1, 3), torch.zeros(3).long())
    >>> posterior.sample(4, torch.Generator().manual_seed(0)).shape
    torch.Size([1, 4, 3])
    """

    mean: Tensor
    log_size: Tensor
    layer_index: Tensor

    @property
    def scale(self) -> Tensor:
        return self.log_size.exp() / _layer_sizes(self.layer_index, self.mean).sqrt()

    def sample(self, n_draws: int, generator: torch.Generator) -> Tensor:
        shape = (len(self.mean), n_draws, self.mean.shape[1])
        noise = _radial_noise(shape, self.layer_index, generator).to(self.mean)
        return self.mean.unsqueeze(1) + self.log_size.exp().unsqueeze(1) * noise

    def state(self) -> Tensor:
        return torch.stack([self.mean, self.log_size], 1)

    def select(self, index: Tensor) -> RadialPosterior:
        return RadialPosterior(self.mean[index], self.log_size[index], self.layer_index)

    def parameterise(self, state: Tensor, gradient: Tensor, n_draws: int) -> Parameterisation:
        return _RadialParameterisation(state, gradient, n_draws, self.layer_index)


class _RadialParameterisation(Parameterisation):
    """The state is ``[M, 2, P]``: means and the logarithms of sizes."""

    has_normal_marginals = False

    def __init__(self, state: Tensor, gradient: Tensor, n_draws: int, layers: Tensor) -> None:
        self._gradient = gradient
        self._mean, self._log_size = state.unbind(1)
        self._mean_gradient, self._log_size_gradient = gradient.unbind(1)
        self._layers = layers
        self._noise_shape = (1, n_draws, state.shape[2])
        self._root_size = _layer_sizes(layers, state).sqrt()
        self._constant = sum(_unit_entropy(int(n)) for n in torch.bincount(layers).tolist())

    def noise(self, generator: torch.Generator) -> tuple[Tensor, ...]:
        return (_radial_noise(self._noise_shape, self._layers, generator).to(self._mean),)

    def transform(self, noise: Iterator[Tensor], out: Tensor) -> None:
        self._size = self._log_size.exp()
        self._deviation = next(noise) * self._size.unsqueeze(1)
        torch.add(self._deviation, self._mean.unsqueeze(1), out=out)

    def marginals(self) -> tuple[Tensor, Tensor]:
        return self._mean, self._size / self._root_size

    def entropy(self) -> Tensor:
        return self._log_size.sum(-1) + self._constant

    def backward(
        self,
        draw_gradient: Tensor,
        factor: float,
        cross_entropy: CrossEntropy | None,
        kl_factor: float,
    ) -> None:
        torch.sum(draw_gradient, 1, out=self._mean_gradient)
        torch.sum(self._deviation.mul_(draw_gradient), 1, out=self._log_size_gradient)
        self._gradient.mul_(factor)
        if cross_entropy is not None:
            self._mean_gradient.add_(cross_entropy.mean, alpha=kl_factor)
            self._log_size_gradient.add_(cross_entropy.log_scale, alpha=kl_factor)
        self._log_size_gradient.sub_(kl_factor)  # of the entropy

    def posterior(self) -> RadialPosterior:
        return RadialPosterior(self._mean.clone(), self._log_size.clone(), self._layers)


def _layer_sizes(layers: Tensor, like: Tensor) -> Tensor:
    """Number of entries in the layer of each entry, ``[P]``."""
    return torch.bincount(layers)[layers].to(like)


def _radial_noise(
    shape: tuple[int, int, int], layers: Tensor, generator: torch.Generator
) -> Tensor:
    """Directions that are uniform on the sphere of each layer, times its radius."""
    n_models, n_draws, _ = shape
    layers = layers.cpu()
    normals = antithetic_normals(shape, generator)
    n_layers = int(layers.max()) + 1
    squares = normals.new_zeros(n_models, n_draws, n_layers)
    squares.index_add_(-1, layers, normals.square())
    # The two of an antithetic pair have one radius: their sum is then zero, as their means say.
    half = (n_draws + 1) // 2
    radius = torch.empty(n_models, half, n_layers).normal_(generator=generator).abs_()
    radius = torch.cat([radius, radius], 1)[:, :n_draws]
    return normals * (radius / squares.sqrt()).index_select(-1, layers)


def _unit_entropy(n_entries: int) -> float:
    """Entropy of a radius times a direction in so many dimensions, in nats."""
    log_sphere = math.log(2) + 0.5 * n_entries * math.log(math.pi) - math.lgamma(0.5 * n_entries)
    return _RADIUS_ENTROPY + (n_entries - 1) * _MEAN_LOG_RADIUS + log_sphere


class Radial(PosteriorFamily):
    """Uniform directions with one radius for each layer, the same as ``posterior="radial"``.

    In high dimensions draws from independent normals lie in a thin shell far from their mean.
    Here the distance from the mean is that of a single normal ([1]_), whatever the number of
    weights: noise in the gradient does not grow with it.

    References
    ----------
    .. [1] S. Farquhar, M. A. Osborne, Y. Gal. "Radial Bayesian neural networks: beyond discrete
       support in large-scale Bayesian deep learning", AISTATS 2020, eq. 3.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.posteriors import Radial
    >>> BayesianMLPRegressor(posterior=Radial())
    BayesianMLPRegressor(posterior=Radial())
    """

    name = "radial"

    def around(
        self, start: MeanFieldNormal, layers: Tensor, generator: torch.Generator
    ) -> RadialPosterior:
        _, layers = torch.unique(layers.to(start.mean.device), return_inverse=True)
        # As far from the mean as the normals reach in each entry.
        log_size = start.log_scale + 0.5 * _layer_sizes(layers, start.mean).log()
        return RadialPosterior(start.mean, log_size, layers)
