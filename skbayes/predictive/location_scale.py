"""Mixtures of one density, shifted and scaled."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.continuous import ContinuousMixture
from skbayes.predictive.levels import Levels
from skbayes.predictive.quadrature import Panels, integration_matrix

if TYPE_CHECKING:
    from typing_extensions import Self


class MomentsBetween(NamedTuple):
    """Of a variable ``Z`` between two points."""

    inside: Tensor  # P(a < Z < b)
    first: Tensor  # E[Z; a < Z < b]
    second: Tensor  # E[Z^2; a < Z < b]


class LocationScaleMixture(ContinuousMixture):
    """Equal mixture of ``loc + scale * Z``.

    Parameters
    ----------
    loc : Tensor of shape (D, n, t)
        Where ``Z`` is zero, of each component.
    scale : Tensor, broadcastable to (D, n, t)
        Scale of each component.
    """

    def __init__(self, loc: Tensor, scale: Tensor) -> None:
        # Double precision whatever the network used: a log density in the tails needs it.
        self._loc = loc.to(torch.float64)
        self._scale = scale.to(torch.float64)

    @abstractmethod
    def _standard_var(self) -> Tensor | float:
        """Variance of ``Z``."""

    @abstractmethod
    def _standard_log_prob(self, z: Tensor) -> Tensor:
        """Log density of ``Z``."""

    @abstractmethod
    def _standard_tail(self, z: Tensor, upper_tail: bool | Tensor) -> Tensor:
        """``P(Z > z)`` where `upper_tail`, else ``P(Z <= z)``, with all digits of a small one."""

    @abstractmethod
    def _standard_tail_and_density(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Probability beyond `z`, on the side of zero where it is, and the density there."""

    @abstractmethod
    def _standard_between(self, a: Tensor, b: Tensor) -> MomentsBetween:
        """Moments of ``Z`` between two points."""

    def _with_moments(self) -> Self:
        """The mixture itself, or so close to it that moments between two points are finite."""
        return self

    @abstractmethod
    def _standard_quantile(self, q: float) -> Tensor:
        """Quantile of ``Z``."""

    @abstractmethod
    def _standard_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        """One ``Z`` of component `index` for each row and target, ``[n, t]``."""

    @property
    def _component_means(self) -> Tensor:
        return self._loc

    @property
    def _parts(self) -> tuple[Tensor, ...]:
        return self._loc, self._scale

    def _standardise(self, y: Tensor) -> Tensor:
        return (y - self._loc) / self._scale

    def _component_var(self) -> Tensor:
        return self._scale.square() * self._standard_var()

    def _component_log_prob(self, y: Tensor) -> Tensor:
        return self._standard_log_prob(self._standardise(y)) - self._scale.log()

    @property
    def _widths(self) -> Tensor:
        """How abruptly the density of each component changes, broadcastable to ``[D, n, t]``."""
        return self._scale

    def _component_cdf(self, y: Tensor, *, upper_tail: bool | Tensor) -> Tensor:
        return self._standard_tail(self._standardise(y), upper_tail)

    @abstractmethod
    def _component_log_tail(self, y: Tensor, *, upper_tail: bool) -> Tensor:
        """``log P(Y <= y)``, or ``log P(Y > y)``, however far out, ``[D, n, t]``."""

    def _component_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        noise = torch.from_numpy(self._standard_sample(index, rng))
        scale = self._scale.expand_as(self._loc)[index]
        sample: NDArray[np.float64] = (self._loc[index] + scale * noise).numpy()
        return sample

    def _tails_along(self, panels: Panels, is_left: Tensor) -> Tensor:
        """``P(Y <= y)``, or ``P(Y > y)`` where not `is_left [P, 1]`, ``[P, N_NODES]``.

        Of a mixture ``[D, P, 1]`` at the points of its panels.
        """
        return self._component_cdf(panels.points, upper_tail=~is_left).mean(0)

    def _tails_by_density(self, panels: Panels, is_left: Tensor) -> Tensor:
        """The same, from the value at the outer end of a panel and the integral of the density from
        there: for densities that take a fraction of the time of their tails.
        """
        begin, length = panels.begin.unsqueeze(-1), panels.length.unsqueeze(-1)
        end = torch.where(is_left, begin, begin + length)
        outside = self._component_cdf(end, upper_tail=~is_left).mean(0)
        density = self._pdf(panels.points)
        density = torch.where(is_left, density, density.flip(-1))
        tail = outside + length * (density @ integration_matrix().mT)
        return torch.where(is_left, tail, tail.flip(-1))

    def _precise_at(self, levels: Levels) -> Self:
        """The mixture itself, or one whose tails have digits enough for these levels."""
        return self

    def _excess(self, levels: Levels) -> StandardExcess:
        return StandardExcess(self._precise_at(levels), levels)

    def _component_quantiles(self, q: float) -> Tensor:
        return self._loc + self._scale * self._standard_quantile(q)


class StandardExcess(NamedTuple):
    """Excess of the log odds of ``Y <= y`` of a mixture ``[D, E, 1]``; see `TailExcess`.

    The tail and the density come from one standardised number.
    """

    mixture: LocationScaleMixture
    levels: Levels
    weights: Tensor | None = None  # of the components, [D, E, 1], 1 on average; None for all alike

    def __call__(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        z = self.mixture._standardise(torch.from_numpy(x[:, None]))
        tail, density = self.mixture._standard_tail_and_density(z)
        is_in_tail = (z < 0) != self.levels.upper_column
        tail = torch.where(is_in_tail, tail, 1 - tail)
        density = density / self.mixture._scale
        if self.weights is not None:
            tail, density = self.weights * tail, self.weights * density
        means = (x.mean(0).numpy()[:, 0] for x in (tail, density))
        return self.levels.log_odds_excess(*means)

    def select(self, element: NDArray[np.int64]) -> StandardExcess:
        part = self.mixture._select(torch.from_numpy(element))
        weights = None if self.weights is None else self.weights[:, element]
        return StandardExcess(part, self.levels.select(element), weights)
