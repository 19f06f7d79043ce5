"""Validated rows to fit, and how many copies of itself each stands for."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import _check_sample_weight

from skbayes.tables.scaling import FloatArray
from skbayes.tables.table import Table


class Rows(NamedTuple):
    """Rows of a table with their targets, all of positive weight."""

    table: Table
    targets: NDArray[Any]  # (n, t)
    row_weights: FloatArray | None  # (n,)
    positions: NDArray[np.intp]  # (n,), of the rows in the user's table

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
        )


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
