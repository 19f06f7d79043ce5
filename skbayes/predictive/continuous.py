"""Quantiles of mixtures of continuous components."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.distribution import ParametricMixture
from skbayes.predictive.roots import Increasing, find_root

if TYPE_CHECKING:
    from typing_extensions import Self

# Components times elements of a block: its numbers then fit the cache.
_BLOCK_SIZE = 2**16
_MIN_BLOCK_ELEMENTS = 16
# A bracket is widened by so much of its ends: those are quantiles of components, to rounding.
_BRACKET_MARGIN = 1e-12


class ContinuousMixture(ParametricMixture):
    """Equal mixture of continuous components whose quantiles are known.

    The mixture's quantile lies between the least and the greatest of its components'. It is found
    on the scale of `_to_scale`, on which the components are of similar width.
    """

    @abstractmethod
    def _component_quantiles(self, q: float) -> Tensor:
        """Quantiles of the components on that scale, ``[D, n, t]``."""

    def _from_scale(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Values at `x` on the scale, and their derivative: the values themselves by default."""
        return x, torch.ones_like(x)

    def _quantile(self, q: float) -> Tensor:
        columns = [self._of_target(target)._column_quantile(q) for target in range(self.n_outputs)]
        return torch.stack(columns, -1)

    def _of_target(self, target: int) -> Self:
        """Mixture of one target, ``[D, n, 1]``."""
        if self.n_outputs == 1:
            return self
        parts = (x[..., target, None] if x.shape[-1:] > (1,) else x for x in self._parts)
        return type(self)(*parts)

    def _column_quantile(self, q: float) -> Tensor:
        """Quantiles of a mixture of one target, ``[n]``, block of rows by block of rows."""
        n_rows = max(_MIN_BLOCK_ELEMENTS, _BLOCK_SIZE // self.n_components)
        blocks = torch.arange(self.n_samples).split(n_rows)
        found = [self._select(rows)._find_quantile(q) for rows in blocks]
        return self._from_scale(torch.cat(found))[0]

    def _find_quantile(self, q: float) -> Tensor:
        """Quantiles of the elements of a mixture ``[D, E, 1]`` on the scale, ``[E]``."""
        quantiles = self._component_quantiles(q).expand(self._shape).squeeze(-1)
        lower, upper = quantiles.amin(0), quantiles.amax(0)
        start = quantiles.mean(0).clamp(lower, upper)
        margin = _BRACKET_MARGIN * torch.maximum(lower.abs(), upper.abs())
        return find_root(self._excess(q), lower - margin, upper + margin, start)

    def _excess(self, q: float) -> Increasing:
        """``P(Y <= y) - q`` as a function of `y` on that scale, for a mixture ``[D, E, 1]``."""
        return TailExcess(self, q)


class TailExcess(NamedTuple):
    """``P(Y <= y) - q`` from the cdf of a mixture ``[D, E, 1]``."""

    mixture: ContinuousMixture
    q: float

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y, derivative = self.mixture._from_scale(x.unsqueeze(-1))
        excess = self.mixture._tail_excess(y, self.q)
        return excess.squeeze(-1), (self.mixture._pdf(y) * derivative).squeeze(-1)

    def select(self, element: Tensor) -> TailExcess:
        return TailExcess(self.mixture._select(element), self.q)
