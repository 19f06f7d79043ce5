"""Validated rows to fit, and how many copies of itself each stands for."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import _check_sample_weight

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import torch
from skbayes.model import Peers
from skbayes.tables.table import Table


class Rows(NamedTuple):
    """Rows of a table with their targets, all of positive weight.

    They may be a part of the rows to fit, where other processes have the other parts.
    """

    table: Table
    targets: NDArray[Any]  # (n, t)
    row_weights: FloatArray | None  # (n,)
    positions: NDArray[np.intp]  # (n,), of the rows in the user's table
    parts: Parts | None = None  # None where all rows are here

    @property
    def explicit_weights(self) -> FloatArray:
        """`row_weights`, also where each row stands for itself alone."""
        return np.ones(len(self.table)) if self.row_weights is None else self.row_weights

    @property
    def typical(self) -> Rows:
        """Rows that statistics are taken of: these, or the same sample in every process."""
        return self if self.parts is None else self.parts.sample

    @property
    def n_rows_in_all(self) -> int:
        """Number of rows of all processes."""
        return len(self.table) if self.parts is None else self.parts.n_rows

    @property
    def is_first_part(self) -> bool:
        """Whether this process is the one that speaks for all."""
        return self.parts is None or self.parts.peers.rank == 0

    def mean(self, values: FloatArray) -> float:
        """Weighted mean over the rows of all processes of `values`, ``(n,)``, of those here."""
        if self.parts is None:
            return float(np.average(values, weights=self.row_weights))
        weights = self.explicit_weights
        sums = torch.tensor([weights @ values, weights.sum()], dtype=torch.float64)
        self.parts.peers.all_reduce(sums)
        return float(sums[0] / sums[1])

    @classmethod
    def of(cls, table: Table, targets: NDArray[Any], row_weights: FloatArray | None) -> Rows:
        """The rows of positive weight: no others may touch a statistic."""
        rows = cls(table, targets, row_weights, np.arange(len(table)))
        return rows if row_weights is None else rows.at(np.flatnonzero(row_weights))

    def at(self, index: NDArray[np.intp]) -> Rows:
        """Some of the rows."""
        weights = self.row_weights
        return Rows(
            self.table[index],
            self.targets[index],
            None if weights is None else weights[index],
            self.positions[index],
            self.parts,
        )


class Parts(NamedTuple):
    """What is known of the rows of all processes, each of which has a part of them."""

    peers: Peers
    sample: Rows  # of all parts, or all rows; the same in every process
    n_rows: int  # in all
    seed: int  # of the fit


def check_row_weights(sample_weight: ArrayLike | None, rows: Any) -> FloatArray | None:
    """Validated sample weights of as many rows, of which at least one is positive."""
    if sample_weight is None:
        return None
    weights: FloatArray = _check_sample_weight(
        sample_weight, rows, dtype=np.float64, ensure_non_negative=True
    )
    if not weights.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weights
