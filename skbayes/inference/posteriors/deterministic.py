"""Single vectors: maximum a posteriori."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from skbayes.inference.posteriors.base import Parameterisation, PosteriorFamily
from skbayes.inference.posteriors.mean_field import MeanFieldNormal
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import CrossEntropy


@dataclass(frozen=True)
class PointMass:
    """All belief on one vector for each of ``M`` models.

    The best point maximises the log density of data and vector together. Its entropy as a
    distribution is minus infinity; the bound leaves it out, and is that log density.

    Attributes
    ----------
    mean : Tensor of shape (M, P)
        The vectors.

    Examples
    --------
    >>> import torch
    >>> posterior = PointMass(torch.tensor([[1.0, 2.0]]))
    >>> posterior.sample(2, torch.Generator())
    tensor([[[1., 2.],
             [1., 2.]]])
    """

    mean: Tensor

    @property
    def scale(self) -> Tensor:
        return torch.zeros_like(self.mean)

    def sample(self, n_draws: int, generator: torch.Generator) -> Tensor:
        return self.mean.unsqueeze(1).repeat(1, n_draws, 1)

    def state(self) -> Tensor:
        return self.mean.unsqueeze(1).clone()

    def select(self, index: Tensor) -> PointMass:
        return PointMass(self.mean[index])

    def parameterise(self, state: Tensor, gradient: Tensor, n_draws: int) -> Parameterisation:
        return _PointParameterisation(state, gradient)


class _PointParameterisation(Parameterisation):
    """The state is ``[M, 1, P]``."""

    def __init__(self, state: Tensor, gradient: Tensor) -> None:
        self._state, self._gradient = state, gradient
        self._no_scale = torch.zeros_like(state[:, 0])

    def noise(self, generator: torch.Generator) -> tuple[Tensor, ...]:
        return ()

    def transform(self, noise: Iterator[Tensor], out: Tensor) -> None:
        out.copy_(self._state.expand_as(out))

    def marginals(self) -> tuple[Tensor, Tensor]:
        return self._state[:, 0], self._no_scale

    def entropy(self) -> float:
        return 0.0

    def backward(
        self,
        draw_gradient: Tensor,
        factor: float,
        cross_entropy: CrossEntropy | None,
        kl_factor: float,
    ) -> None:
        torch.sum(draw_gradient, 1, keepdim=True, out=self._gradient)
        self._gradient.mul_(factor)
        if cross_entropy is not None:
            self._gradient[:, 0].add_(cross_entropy.mean, alpha=kl_factor)

    def posterior(self) -> PointMass:
        return PointMass(self._state[:, 0].clone())


class Deterministic(PosteriorFamily):
    """The mode (maximum a posteriori), a point: the same as ``posterior="deterministic"``.

    All doubt is then that between members: a deep ensemble. Where weights rival rows in number the
    mode has too little noise, and intervals are far too narrow.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.posteriors import Deterministic
    >>> BayesianMLPRegressor(posterior=Deterministic())
    BayesianMLPRegressor(posterior=Deterministic())
    """

    name = "deterministic"

    @property
    def is_point(self) -> bool:
        return True

    def around(
        self, start: MeanFieldNormal, layers: Tensor, generator: torch.Generator
    ) -> PointMass:
        return PointMass(start.mean)
