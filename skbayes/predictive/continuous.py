"""Quantiles of mixtures of continuous components."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.distribution import ParametricMixture
from skbayes.predictive.levels import Levels
from skbayes.predictive.roots import Increasing, bracket, find_root

if TYPE_CHECKING:
    from typing_extensions import Self

# Components times elements of a block: its numbers then fit the cache.
_BLOCK_SIZE = 2**16
_MIN_BLOCK_ELEMENTS = 16


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

    def _quantile(self, q: Tensor) -> Tensor:
        targets = map(self._of_target, range(self.n_outputs))
        return torch.stack([target._column_quantiles(q) for target in targets], -1)

    def _of_target(self, target: int) -> Self:
        """Mixture of one target, ``[D, n, 1]``."""
        if self.n_outputs == 1:
            return self
        parts = (x[..., target, None] if x.shape[-1:] > (1,) else x for x in self._parts)
        return type(self)(*parts)

    def _column_quantiles(self, q: Tensor) -> Tensor:
        """Quantiles of a mixture of one target, ``[L, n]``, block of rows by block of rows."""
        n_elements = max(_MIN_BLOCK_ELEMENTS, _BLOCK_SIZE // self.n_components)
        # Few rows at several levels together: the overhead of an operation is then most of it.
        levels = q.split(max(1, n_elements // max(1, self.n_samples)))

        def of_rows(rows: Tensor) -> Tensor:
            block = self if len(rows) == self.n_samples else self._select(rows)
            return torch.cat([block._find_quantiles(some) for some in levels])

        found = [of_rows(rows) for rows in torch.arange(self.n_samples).split(n_elements)]
        return self._from_scale(torch.cat(found, -1))[0]

    def _find_quantiles(self, q: Tensor) -> Tensor:
        """Quantiles of the rows of a mixture ``[D, n, 1]`` on the scale, ``[L, n]``.

        Every level of every row is an element.
        """
        quantiles = torch.cat(
            [self._component_quantiles(p).expand(self._shape).squeeze(-1) for p in q.tolist()], -1
        )
        lower, upper, start = (
            x.numpy() for x in (quantiles.amin(0), quantiles.amax(0), quantiles.mean(0))
        )
        start = np.clip(start, lower, upper)
        # A copy costs a large table more than it does one row.
        rows = torch.arange(self.n_samples)
        elements = self if len(q) == 1 else self._select(rows.repeat(len(q)))
        excess = elements._excess(Levels.of(q.repeat_interleave(self.n_samples).numpy()))
        root = find_root(excess, *bracket(lower, upper), start)
        return torch.from_numpy(root).view(len(q), self.n_samples)

    def _excess(self, levels: Levels) -> Increasing:
        """What is zero at the quantiles of a mixture ``[D, E, 1]``, on that scale."""
        return TailExcess(self, levels)


class TailExcess(NamedTuple):
    """Excess of the log odds of ``Y <= y``, from the cdf of a mixture ``[D, E, 1]``."""

    mixture: ContinuousMixture
    levels: Levels

    def __call__(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        y, derivative = self.mixture._from_scale(torch.from_numpy(x[:, None]))
        tail = self.mixture._component_cdf(y, upper_tail=self.levels.upper_column).mean(0)
        density = self.mixture._pdf(y) * derivative
        return self.levels.log_odds_excess(tail.numpy()[:, 0], density.numpy()[:, 0])

    def select(self, element: NDArray[np.int64]) -> TailExcess:
        part = self.mixture._select(torch.from_numpy(element))
        return TailExcess(part, self.levels.select(element))
