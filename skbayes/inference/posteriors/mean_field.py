"""Independent normals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from skbayes.inference.posteriors.base import (
    Parameterisation,
    PosteriorFamily,
    antithetic_normals,
)
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import CrossEntropy

NORMAL_ENTROPY = 0.5 * math.log(2 * math.pi * math.e)


@dataclass(frozen=True)
class MeanFieldNormal:
    """Independent normals over the entries of the vector, one set for each of ``M`` models.

    Attributes
    ----------
    mean, log_scale : Tensor of shape (M, P)
        Means and logarithms of the standard deviations.

    Examples
    --------
    >>> import torch
    >>> posterior = MeanFieldNormal(torch.zeros(2, 3), torch.zeros(2, 3))
    >>> posterior.sample(4, torch.Generator().manual_seed(0)).shape
    torch.Size([2, 4, 3])
    """

    mean: Tensor
    log_scale: Tensor

    @property
    def scale(self) -> Tensor:
        return self.log_scale.exp()

    def sample(self, n_draws: int, generator: torch.Generator) -> Tensor:
        n_models, n_entries = self.mean.shape
        noise = antithetic_normals((n_models, n_draws, n_entries), generator).to(self.mean)
        return self.mean.unsqueeze(1) + self.scale.unsqueeze(1) * noise

    def state(self) -> Tensor:
        return torch.stack([self.mean, self.log_scale], 1)

    def select(self, index: Tensor) -> MeanFieldNormal:
        return MeanFieldNormal(self.mean[index], self.log_scale[index])

    def parameterise(self, state: Tensor, gradient: Tensor, n_draws: int) -> Parameterisation:
        return _MeanFieldParameterisation(state, gradient, n_draws)


class _MeanFieldParameterisation(Parameterisation):
    """``w = mean + scale * e`` (Blundell et al. 2015, section 3.2); the state is ``[M, 2, P]``."""

    def __init__(self, state: Tensor, gradient: Tensor, n_draws: int) -> None:
        self._gradient = gradient
        self._mean, self._log_scale = state.unbind(1)
        self._mean_gradient, self._log_scale_gradient = gradient.unbind(1)
        self._noise_shape = (1, n_draws, state.shape[2])

    def noise(self, generator: torch.Generator) -> tuple[Tensor, ...]:
        return (antithetic_normals(self._noise_shape, generator).to(self._mean),)

    def transform(self, noise: Iterator[Tensor], out: Tensor) -> None:
        self._scale = self._log_scale.exp()
        self._deviation = next(noise) * self._scale.unsqueeze(1)
        torch.add(self._deviation, self._mean.unsqueeze(1), out=out)

    def marginals(self) -> tuple[Tensor, Tensor]:
        return self._mean, self._scale

    def entropy(self) -> Tensor:
        return self._log_scale.sum(-1) + self._log_scale.shape[1] * NORMAL_ENTROPY

    def backward(
        self,
        draw_gradient: Tensor,
        factor: float,
        cross_entropy: CrossEntropy | None,
        kl_factor: float,
    ) -> None:
        torch.sum(draw_gradient, 1, out=self._mean_gradient)
        torch.sum(self._deviation.mul_(draw_gradient), 1, out=self._log_scale_gradient)
        self._gradient.mul_(factor)
        if cross_entropy is not None:
            self._mean_gradient.add_(cross_entropy.mean, alpha=kl_factor)
            self._log_scale_gradient.add_(cross_entropy.log_scale, alpha=kl_factor)
        self._log_scale_gradient.sub_(kl_factor)  # of the entropy

    def posterior(self) -> MeanFieldNormal:
        return MeanFieldNormal(self._mean.clone(), self._log_scale.clone())


class MeanField(PosteriorFamily):
    """Independent normals, the same as ``posterior="mean_field"``.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.posteriors import MeanField
    >>> BayesianMLPRegressor(posterior=MeanField())
    BayesianMLPRegressor(posterior=MeanField())
    """

    name = "mean_field"

    def around(
        self, start: MeanFieldNormal, layers: Tensor, generator: torch.Generator
    ) -> MeanFieldNormal:
        return start
