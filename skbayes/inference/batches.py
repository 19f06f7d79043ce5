"""Which rows each step sees."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from skbayes.lazy_torch import Tensor, torch
from skbayes.model import Data


class BatchSource(Protocol):
    """Batches for ever, of rows that stand for a data set."""

    scale: float  # rows of the data set per row of the last batch
    log_jacobian: float  # as in `Data`
    is_shared: bool  # whether other processes have parts of the data set

    @property
    def total_weight(self) -> NDArray[np.float64]:
        """Rows that the data set of each model stands for, ``(1,)`` or ``(M,)``."""

    def __next__(self) -> Data:
        """The rows of a step."""


class Batches:
    """Minibatches for ever, or the whole data set where it fits one batch.

    Where processes have a part of the rows each, a batch is of rows of every part, in proportion
    to their numbers but at least one; where the proportion does not come out even, weights make
    up for it.

    Parameters
    ----------
    data : Data
    batch_size : int
        Rows per batch in all, at most (but for one of each process).
    generator : torch.Generator
        Source of the order of the rows. All processes draw as much from it.
    shuffle : bool, default=True
        Whether every epoch has an order of its own. If not, rows come in their order, round
        and round.

    Attributes
    ----------
    scale : float
        Rows of the data set per row of a batch: the factor on a batch's log-likelihood.
    is_stochastic : bool
        Whether a batch is a part of the rows only.
    log_jacobian : float
        As in `Data`.
    is_shared : bool
        Whether other processes have parts of the data set.
    """

    def __init__(
        self, data: Data, batch_size: int, generator: torch.Generator, *, shuffle: bool = True
    ) -> None:
        rows_of_each = data.rows_of_each
        n_rows = sum(rows_of_each)
        self.is_stochastic = batch_size < n_rows
        self.is_shared = data.peers is not None
        self.replace_data(data)
        rank = 0 if data.peers is None else data.peers.rank
        shares = _shares(batch_size, rows_of_each) if self.is_stochastic else rows_of_each
        self._batch_size = shares[rank]
        self.scale = n_rows / sum(shares)
        self._factor = rows_of_each[rank] * sum(shares) / (n_rows * shares[rank])
        if self.is_shared and self.is_stochastic and shuffle:  # an order of its own for each part
            seed = int(torch.randint(2**31 - 1, (), generator=generator))
            generator = torch.Generator().manual_seed(seed + rank)
        self._generator = generator
        self._shuffle = shuffle
        self._order = torch.empty(0, dtype=torch.int64)
        self._position = 0

    def replace_data(self, data: Data) -> None:
        """Go on, in the same order, with other targets or weights of as many rows."""
        # A batch of all rows is made dense once.
        self._data = data if self.is_stochastic else data.dense()
        self.log_jacobian = data.log_jacobian

    @property
    def total_weight(self) -> NDArray[np.float64]:
        return self._data.total_weight

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> Data:
        if not self.is_stochastic:
            return self._data
        batch = self._data.batch(self._next_index())
        if self._factor == 1:
            return batch
        return replace(batch, row_weights=batch.explicit_weights * self._factor)

    def _next_index(self) -> Tensor:
        if not self._shuffle:
            # The last rows of an epoch and the first of the next share a batch, or the last
            # would never be seen.
            start, self._position = self._position, self._position + self._batch_size
            index = torch.arange(start, start + self._batch_size) % self._data.n_rows
            self._position %= self._data.n_rows
            return index.to(self._data.targets.device)
        # Rows left over at the end of an epoch wait for the next shuffle.
        if self._position + self._batch_size > len(self._order):
            order = torch.randperm(self._data.n_rows, generator=self._generator)
            self._order = order.to(self._data.targets.device)
            self._position = 0
        index = self._order[self._position : self._position + self._batch_size]
        self._position += self._batch_size
        return index


def _shares(batch_size: int, rows_of_each: tuple[int, ...]) -> list[int]:
    """Rows of a batch that each part gives: at least one, or its rows would never be seen."""
    n_rows = sum(rows_of_each)
    ends = np.cumsum((0, *rows_of_each)) * batch_size // n_rows
    return [max(1, int(share)) for share in np.diff(ends)]
