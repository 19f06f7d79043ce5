"""Standardisation of columns, robust to constants, to gaps and to any unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from skbayes.model import location_and_scale

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ColumnScaling:
    """The map ``(values - loc) / scale`` of each column.

    Attributes
    ----------
    loc, scale : ndarray of shape (n_columns,)
    """

    loc: FloatArray
    scale: FloatArray

    @classmethod
    def identity(cls, n_columns: int) -> ColumnScaling:
        """The map that changes nothing."""
        return cls(np.zeros(n_columns), np.ones(n_columns))

    @classmethod
    def standardising(cls, values: Any, row_weights: FloatArray | None) -> ColumnScaling:
        """The map to weighted mean 0 and standard deviation 1 of the values that are not NaN.

        `values` is an ndarray or a CSR matrix of shape (n, n_columns). A constant column is
        divided by its magnitude instead (by 1 if it is zero). A column without a single value
        tells nothing about its unit: whatever comes later is mapped to 0, by an infinite scale.
        """
        if is_sparse(values):
            return cls(*_sparse_location_and_scale(values, row_weights))
        return cls(*location_and_scale(values, row_weights))

    def apply(self, values: FloatArray) -> FloatArray:
        """Scaled copy of ``values (n, n_columns)``."""
        scaled: FloatArray = (values - self.loc) / self.scale
        return scaled


def is_sparse(values: Any) -> bool:
    """Whether `values` is a SciPy sparse matrix or array."""
    return bool(sparse.issparse(values))


def count_missing(values: Any) -> NDArray[np.intp]:
    """Number of NaN in each column of an ndarray or a CSR matrix, ``(n_columns,)``."""
    if is_sparse(values):
        return np.bincount(values.indices[np.isnan(values.data)], minlength=values.shape[1])
    counts: NDArray[np.intp] = np.isnan(values).sum(axis=0)
    return counts


def _sparse_location_and_scale(
    values: Any, row_weights: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """As `location_and_scale`, for a CSR matrix."""
    if not values.shape[1]:
        return np.empty(0), np.empty(0)
    is_empty = count_missing(values) == values.shape[0]
    magnitude = np.zeros(values.shape[1])
    np.fmax.at(magnitude, values.indices, np.abs(values.data))
    magnitude[magnitude == 0] = 1.0
    relative = values.copy()
    relative.data = values.data / magnitude[values.indices]
    relative.data[is_empty[values.indices]] = 0.0
    scaler = StandardScaler(with_mean=False).fit(relative, sample_weight=row_weights)
    scale = np.where(is_empty, np.inf, scaler.scale_ * magnitude)
    return scaler.mean_ * magnitude, scale
