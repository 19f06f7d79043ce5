"""The rows that models learn from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.nested_rows import NestedRows
from skbayes.model.peers import Peers
from skbayes.model.row_source import RowSource


@dataclass(frozen=True)
class Data:
    """Rows to learn from, in the units of the network.

    All models see the same rows, or, with a leading axis, each of ``M`` models its own. The
    folds of a cross-validation share inputs and targets, and differ in their weights alone: a row
    that is held out has the weight zero.

    The rows may be a part of those that are learned from, with other parts in other processes.
    Whatever says "in all" is of all parts, and all processes must ask for it.

    Attributes
    ----------
    inputs : Tensor of shape (n, d) or (M, n, d), RowSource or NestedRows
    targets : Tensor of shape (n, t) or (M, n, t)
    row_weights : Tensor of shape (n,) or (M, n), or None
        How many copies of a row each row stands for; None for one each.
    log_jacobian : float
        Mean over the rows of what makes a log density of targets in the network's units one in
        the user's, in nats. Of all rows in all.
    peers : Peers or None
        The processes that have the other parts; None where all rows are here.
    """

    inputs: Tensor | RowSource | NestedRows
    targets: Tensor
    row_weights: Tensor | None = None
    log_jacobian: float = 0.0
    peers: Peers | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows here."""
        return self.targets.shape[-2]

    @property
    def explicit_weights(self) -> Tensor:
        """`row_weights`, also where each row stands for itself alone."""
        if self.row_weights is None:
            return self.targets.new_ones(self.n_rows)
        return self.row_weights

    @property
    def rows_of_each(self) -> tuple[int, ...]:
        """Number of rows of each process."""
        return (self.n_rows,) if self.peers is None else self.peers.sizes(self.n_rows)

    @property
    def n_rows_in_all(self) -> int:
        """Number of rows of all processes."""
        return sum(self.rows_of_each)

    @property
    def total_weight(self) -> NDArray[np.float64]:
        """Rows that the data of each model stand for in all, ``(1,)`` or ``(M,)``."""
        if self.row_weights is None:
            totals = torch.tensor([self.n_rows], dtype=torch.float64)
        else:
            totals = torch.atleast_1d(self.row_weights.sum(-1).cpu().double())
        if self.peers is not None:
            self.peers.all_reduce(totals)
        return totals.numpy()

    @property
    def dense_inputs(self) -> Any:
        """All inputs, made where they are a source of rows: ask for a batch first."""
        if isinstance(self.inputs, RowSource):
            return torch.cat(list(self.inputs.split(self.n_rows)))
        return self.inputs

    def dense(self) -> Data:
        """The same rows with dense inputs."""
        inputs = self.dense_inputs
        return self if inputs is self.inputs else replace(self, inputs=inputs)

    def batch(self, index: Tensor) -> Data:
        """The rows at `index`, with dense inputs."""
        weights = self.row_weights
        return Data(
            self.inputs.index_select(self.targets.ndim - 2, index),
            self.targets.index_select(-2, index),
            None if weights is None else weights.index_select(-1, index),
            peers=self.peers,
        )

    def own(self, index: Tensor) -> Tensor:
        """Places of those of the rows at `index`, numbered over all processes, that are here."""
        if self.peers is None:
            return index
        first = sum(self.rows_of_each[: self.peers.rank])
        return index[(index >= first) & (index < first + self.n_rows)] - first

    def batch_in_all(self, index: Tensor) -> Data:
        """The rows at `index`, numbered over all processes, in every one of them.

        They come as data that are all here, for what is to be computed alike everywhere.
        """
        batch = self.batch(self.own(index).to(self.targets.device))
        if self.peers is None:
            return batch
        # Rows are gathered process by process, and put in the order in which they were asked for.
        ends = torch.tensor(self.rows_of_each).cumsum(0)
        order = torch.bucketize(index, ends, right=True).argsort(stable=True).argsort()
        order = order.to(batch.targets.device)
        gather = self.peers.gather
        return Data(
            gather(batch.dense_inputs)[order],
            gather(batch.targets)[order],
            gather(batch.explicit_weights)[order],  # None here, but perhaps not in others
        )

    def repeated(self, n_draws: int) -> Data:
        """The same rows for `n_draws` vectors of each model, model by model."""
        inputs, targets, weights = self.inputs, self.targets, self.row_weights
        if targets.ndim == 3:
            inputs = self.dense_inputs.repeat_interleave(n_draws, 0)
            targets = targets.repeat_interleave(n_draws, 0)
        if weights is not None and weights.ndim == 2:
            weights = weights.repeat_interleave(n_draws, 0)
        return Data(inputs, targets, weights, peers=self.peers)
