"""A distribution over some entries of the vector, a point for the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from skbayes.inference.posteriors.base import (
    Parameterisation,
    PosteriorFamily,
    VariationalPosterior,
)
from skbayes.inference.posteriors.deterministic import PointMass
from skbayes.inference.posteriors.mean_field import MeanFieldNormal
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import CrossEntropy


@dataclass(frozen=True)
class PartialPosterior:
    """Independent posteriors of body and head: points for the body, a distribution for the head.

    Attributes
    ----------
    body, head : VariationalPosterior
        Of the entries at `body_index` and at `head_index`.
    body_index, head_index : Tensor of dtype int64
    """

    body: VariationalPosterior
    head: VariationalPosterior
    body_index: Tensor
    head_index: Tensor

    @classmethod
    def around(
        cls,
        start: MeanFieldNormal,
        is_head: Tensor,
        layers: Tensor,
        family: PosteriorFamily,
        generator: torch.Generator,
    ) -> PartialPosterior:
        """A posterior of a family for the entries in `is_head`, points elsewhere.

        Parameters
        ----------
        start : MeanFieldNormal
        is_head : Tensor of shape (P,), dtype bool
        layers : Tensor of shape (P,), dtype int64
            Layer of each entry.
        family : PosteriorFamily
            Of the head.
        generator : torch.Generator
            For `family`.
        """
        is_head = is_head.to(start.mean.device)
        body_index, head_index = (mask.nonzero().squeeze(1) for mask in (~is_head, is_head))
        body, head = (
            MeanFieldNormal(start.mean[:, index], start.log_scale[:, index])
            for index in (body_index, head_index)
        )
        head_posterior = family.around(head, layers[head_index.to(layers.device)], generator)
        return cls(PointMass(body.mean), head_posterior, body_index, head_index)

    @property
    def mean(self) -> Tensor:
        return self._join(self.body.mean, self.head.mean)

    @property
    def scale(self) -> Tensor:
        return self._join(self.body.scale, self.head.scale)

    def sample(self, n_draws: int, generator: torch.Generator) -> Tensor:
        return self._join(
            self.body.sample(n_draws, generator), self.head.sample(n_draws, generator)
        )

    def state(self) -> Tensor:
        return torch.cat([self.body.state().flatten(1), self.head.state().flatten(1)], 1)

    def select(self, index: Tensor) -> PartialPosterior:
        return replace(self, body=self.body.select(index), head=self.head.select(index))

    def parameterise(self, state: Tensor, gradient: Tensor, n_draws: int) -> Parameterisation:
        parts = []
        start = 0
        for part in (self.body, self.head):
            shape = part.state().shape[1:]
            part_state, part_gradient = (
                x[:, start : start + shape.numel()].unflatten(1, shape) for x in (state, gradient)
            )
            parts.append(part.parameterise(part_state, part_gradient, n_draws))
            start += shape.numel()
        return _PartialParameterisation(self, *parts)

    def _join(self, body: Tensor, head: Tensor) -> Tensor:
        joined = body.new_empty((*body.shape[:-1], len(self.body_index) + len(self.head_index)))
        return joined.index_copy_(-1, self.body_index, body).index_copy_(-1, self.head_index, head)


class _PartialParameterisation(Parameterisation):
    """The free parameters of the body, then those of the head."""

    def __init__(
        self, start: PartialPosterior, body: Parameterisation, head: Parameterisation
    ) -> None:
        self._parts = ((body, start.body_index), (head, start.head_index))
        self._mean, self._scale = torch.empty_like(start.mean), torch.empty_like(start.mean)

    def noise(self, generator: torch.Generator) -> tuple[Tensor, ...]:
        return tuple(noise for part, _ in self._parts for noise in part.noise(generator))

    def transform(self, noise: Iterator[Tensor], out: Tensor) -> None:
        for part, index in self._parts:
            draws = out.new_empty((*out.shape[:-1], len(index)))
            part.transform(noise, draws)
            out.index_copy_(-1, index, draws)

    def marginals(self) -> tuple[Tensor, Tensor]:
        for part, index in self._parts:
            mean, scale = part.marginals()
            self._mean.index_copy_(-1, index, mean)
            self._scale.index_copy_(-1, index, scale)
        return self._mean, self._scale

    def entropy(self) -> Tensor | float:
        return sum(part.entropy() for part, _ in self._parts)

    def backward(
        self,
        draw_gradient: Tensor,
        factor: float,
        cross_entropy: CrossEntropy | None,
        kl_factor: float,
    ) -> None:
        for part, index in self._parts:
            own = cross_entropy and CrossEntropy(
                cross_entropy.value,
                cross_entropy.mean.index_select(-1, index),
                cross_entropy.log_scale.index_select(-1, index),
            )
            part.backward(draw_gradient.index_select(-1, index), factor, own, kl_factor)

    def posterior(self) -> PartialPosterior:
        (body, body_index), (head, head_index) = self._parts
        return PartialPosterior(body.posterior(), head.posterior(), body_index, head_index)
