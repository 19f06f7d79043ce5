"""What normals with correlated entries share."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from skbayes.inference.posteriors.base import Parameterisation
from skbayes.inference.posteriors.mean_field import NORMAL_ENTROPY
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import CrossEntropy


@dataclass(frozen=True)
class CorrelatedNormal:
    """``w = mean + exp(log_scale) * (e + f @ loadings / sqrt(r))`` with standard normals e and f.

    The loadings are relative to the scales, and divided by the root of their number, so that one
    step size of the optimiser suits weights of any size and any number of factors.

    Attributes
    ----------
    mean, log_scale : Tensor of shape (M, P)
        Means, and logarithms of the standard deviations without the factors.
    loadings : Tensor of shape (M, r, P)
    """

    mean: Tensor
    log_scale: Tensor
    loadings: Tensor

    @property
    def scale(self) -> Tensor:
        return self.log_scale.exp() * (1 + self.loadings.square().mean(1)).sqrt()

    def state(self) -> Tensor:
        own = torch.stack([self.mean, self.log_scale], 1)
        return torch.cat([own, self.loadings], 1)

    def _transform(self, noise: Tensor, factors: Tensor) -> Tensor:
        """Vectors ``[M, n, P]`` for noise ``[M, n, P]`` and factors ``[M, n, r]``."""
        relative = noise + factors @ self.loadings / math.sqrt(self.loadings.shape[1])
        return self.mean.unsqueeze(1) + self.log_scale.exp().unsqueeze(1) * relative


class CorrelatedParameterisation(Parameterisation):
    """The state is ``[M, 2 + r, P]``: means, log scales, loadings."""

    def __init__(self, state: Tensor, gradient: Tensor, n_draws: int) -> None:
        self._gradient = gradient
        self._mean, self._log_scale = state[:, 0], state[:, 1]
        self._mean_gradient, self._log_scale_gradient = gradient[:, 0], gradient[:, 1]
        self._loadings, self._loadings_gradient = state[:, 2:], gradient[:, 2:]
        self._n_draws = n_draws
        self._n_models, self._n_factors, self._n_entries = self._loadings.shape
        self._share = 1 / math.sqrt(self._n_factors)

    @abstractmethod
    def _noise(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Noise ``[1, S, P]`` and factors ``[1, S, r]``, in antithetic pairs."""

    @abstractmethod
    def _loadings_entropy(self) -> Tensor | float:
        """What the loadings add to the entropy, ``[M]``."""

    @abstractmethod
    def _constrain_loadings_gradient(self, kl_factor: float) -> None:
        """Take `kl_factor` times the gradient of that entropy off the loadings' gradient."""

    def noise(self, generator: torch.Generator) -> tuple[Tensor, ...]:
        return tuple(x.to(self._mean) for x in self._noise(generator))

    def transform(self, noise: Iterator[Tensor], out: Tensor) -> None:
        own = next(noise).expand_as(out)
        self._scale = self._log_scale.exp()
        self._factors = next(noise).expand(self._n_models, -1, -1)
        self._relative = torch.baddbmm(own, self._factors, self._loadings, alpha=self._share)
        torch.addcmul(self._mean.unsqueeze(1), self._relative, self._scale.unsqueeze(1), out=out)

    def marginals(self) -> tuple[Tensor, Tensor]:
        self._inflation = 1 + self._loadings.square().mean(1)
        return self._mean, self._scale * self._inflation.sqrt()

    def entropy(self) -> Tensor:
        own = self._log_scale.sum(-1) + self._n_entries * NORMAL_ENTROPY
        return own + self._loadings_entropy()

    def backward(
        self,
        draw_gradient: Tensor,
        factor: float,
        cross_entropy: CrossEntropy | None,
        kl_factor: float,
    ) -> None:
        torch.sum(draw_gradient, 1, out=self._mean_gradient)
        scaled = draw_gradient * self._scale.unsqueeze(1)
        self._log_scale_gradient.copy_(torch.linalg.vecdot(self._relative, scaled, dim=1))
        self._loadings_gradient.copy_(torch.bmm(self._factors.mT, scaled.mul_(self._share)))
        self._gradient.mul_(factor)
        if cross_entropy is not None:
            self._mean_gradient.add_(cross_entropy.mean, alpha=kl_factor)
            self._log_scale_gradient.add_(cross_entropy.log_scale, alpha=kl_factor)
            # Of the logarithm of the inflation, whose half is added to the marginal log scale.
            per_loading = (cross_entropy.log_scale / self._inflation).unsqueeze(1)
            self._loadings_gradient.addcmul_(
                self._loadings, per_loading, value=kl_factor / self._n_factors
            )
        self._log_scale_gradient.sub_(kl_factor)  # of the entropy
        self._constrain_loadings_gradient(kl_factor)
