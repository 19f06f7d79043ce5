"""What every posterior offers, and what training asks of a family."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Protocol

from skbayes.choice import Choice
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import CrossEntropy, Prior

if TYPE_CHECKING:
    from skbayes.inference.posteriors.mean_field import MeanFieldNormal


class Posterior(Protocol):
    """Belief about the flat vectors of ``M`` models after seeing the data."""

    @property
    def mean(self) -> Tensor:
        """Marginal means, ``[M, P]``."""

    @property
    def scale(self) -> Tensor:
        """Marginal standard deviations, ``[M, P]``; zero for a point."""

    def sample(self, n_draws: int, generator: torch.Generator) -> Tensor:
        """Draws ``[M, n_draws, P]``, independent over models."""


class VariationalPosterior(Posterior, Protocol):
    """A posterior of a family whose free parameters an optimiser can move."""

    def state(self) -> Tensor:
        """Copy of the free parameters, ``[M, ...]``."""

    def select(self, index: Tensor) -> VariationalPosterior:
        """Those of the models at `index`, of dtype int64."""

    def parameterise(self, state: Tensor, gradient: Tensor, n_draws: int) -> Parameterisation:
        """The family of this posterior on the free parameters in `state`.

        Parameters
        ----------
        state : Tensor
            Of the shape of what `state` returns; moved in place by an optimiser.
        gradient : Tensor
            Of the same shape, zero at first: where gradients are to be written.
        n_draws : int
            Draws ``S`` per evaluation.
        """


class Parameterisation(ABC):
    """Reparameterised draws of ``M`` posteriors, and gradients back to their free parameters.

    One evaluation calls `noise` and `transform`, or both as `draw`; then `marginals` and `entropy`,
    then `backward`. What is random is in `noise` alone: from `transform` to `entropy` an evaluation
    is the same operations every time.

    Attributes
    ----------
    has_normal_marginals : bool
        Whether single entries are normal.
    """

    has_normal_marginals: ClassVar[bool] = True

    @abstractmethod
    def noise(self, generator: torch.Generator) -> tuple[Tensor, ...]:
        """What draws are made of, common to all models, where the free parameters are."""

    @abstractmethod
    def transform(self, noise: Iterator[Tensor], out: Tensor) -> None:
        """Write the draws that the next of `noise` gives to ``out [M, S, P]``."""

    def draw(self, generator: torch.Generator, out: Tensor) -> None:
        """Write draws to ``out [M, S, P]``."""
        self.transform(iter(self.noise(generator)), out)

    @abstractmethod
    def marginals(self) -> tuple[Tensor, Tensor]:
        """Means and standard deviations ``[M, P]`` at the last draw."""

    def cross_entropy(self, prior: Prior) -> CrossEntropy | None:
        """``E_q[-log p(w)]`` at the last draw, where it has a closed form."""
        if not (self.has_normal_marginals or prior.reads_moments_alone):
            return None
        return prior.cross_entropy(*self.marginals())

    @abstractmethod
    def entropy(self) -> Tensor | float:
        """Entropy of each posterior at the last draw, ``[M]``, in nats."""

    @abstractmethod
    def backward(
        self,
        draw_gradient: Tensor,
        factor: float,
        cross_entropy: CrossEntropy | None,
        kl_factor: float,
    ) -> None:
        """Write the gradient with respect to the free parameters.

        That of a sum of three: `factor` times what has `draw_gradient` in the draws,
        `kl_factor` times a function of the marginals, and minus `kl_factor` times the entropy.

        Parameters
        ----------
        draw_gradient : Tensor of shape (M, S, P)
        factor : float
        cross_entropy : CrossEntropy or None
            Gradients with respect to the marginals; None for zero.
        kl_factor : float
        """

    @abstractmethod
    def posterior(self) -> VariationalPosterior:
        """The posterior that the free parameters now stand for, with memory of its own."""


def antithetic_normals(shape: tuple[int, int, int], generator: torch.Generator) -> Tensor:
    """Standard normals in pairs ``(e, -e)`` along the second axis, in single precision.

    A pair cancels the odd part of whatever is averaged over it. An odd count leaves the
    last draw of the first half without a partner. Single precision, because normals in
    double precision cost four times as much and the noise needs no more digits.
    """
    n_draws = shape[1]
    half = (n_draws + 1) // 2
    noise = torch.empty(shape)
    noise[:, :half].normal_(generator=generator)
    torch.neg(noise[:, : n_draws - half], out=noise[:, half:])
    return noise


class PosteriorFamily(Choice):
    """A family of variational posteriors with its parameters: a value of `posterior`."""

    @property
    def is_point(self) -> bool:
        """Whether all belief is on single vectors, whose draws are all alike."""
        return False

    def are_points(self, layers: Tensor) -> Tensor:
        """Entries of the vector of which there is no doubt, ``[P]``, for those of `around`."""
        return torch.full_like(layers, self.is_point, dtype=torch.bool)

    @abstractmethod
    def around(
        self, start: MeanFieldNormal, layers: Tensor, generator: torch.Generator
    ) -> VariationalPosterior:
        """A posterior of this family, as near as can be to independent normals.

        Parameters
        ----------
        start : MeanFieldNormal
        layers : Tensor of shape (P,), dtype int64
            Layer of each entry: the last is what enters the outputs linearly, and the
            likelihood's parameters.
        generator : torch.Generator
            Source of random starts, where zero would be a saddle point.

        Raises
        ------
        ValueError
            If there are too many entries for the family.
        """
