"""Scaling of columns, robust to constants, to gaps and to any unit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from skbayes.arrays import FloatArray
from skbayes.model import SoftBound
from skbayes.tables.moments import FENCE_TAIL, location_and_scale, robust_location_and_scale
from skbayes.tables.normal_scores import NormalScores

# Of bounded columns, in standard deviations: what stays as it is, and how far the rest can go.
_BOUND = SoftBound(linear=5.0, margin=5.0)


@dataclass(frozen=True)
class ColumnScaling:
    """The map ``(values - loc) / scale`` of each column, and a curve or a bound after it.

    Attributes
    ----------
    loc, scale : ndarray of shape (n_columns,)
    curves : list of NormalScores or None
        One for each column; None where the map has none.
    is_bounded : bool
        Whether scaled values are bounded to ``(-10, 10)``, and left alone within ``[-5, 5]``.
    """

    loc: FloatArray
    scale: FloatArray
    curves: list[NormalScores] | None = None
    is_bounded: bool = False

    @classmethod
    def identity(cls, n_columns: int) -> ColumnScaling:
        """The map that changes nothing."""
        return cls(np.zeros(n_columns), np.ones(n_columns))

    @classmethod
    def together(cls, parts: Sequence[ColumnScaling]) -> ColumnScaling:
        """The map of all columns, from maps of the same kind of some of them each."""
        curves = [part.curves for part in parts]
        return cls(
            np.concatenate([part.loc for part in parts]),
            np.concatenate([part.scale for part in parts]),
            None if None in curves else [curve for part in curves for curve in part or ()],
            parts[0].is_bounded,
        )

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

    @classmethod
    def as_one(cls, values: Any, row_weights: FloatArray | None) -> ColumnScaling:
        """The map of all columns to mean 0 and standard deviation 1 taken together.

        `values` is an ndarray or a CSR matrix of shape (n, n_columns); a column without a value is
        mapped to 0.
        """
        n_rows, n_columns = values.shape
        column = values.reshape((-1, 1))
        if is_sparse(column):
            column = column.tocsr()
        weights = None if row_weights is None else np.repeat(row_weights, n_columns)
        all_of_them = cls.standardising(column, weights)
        is_empty = count_missing(values) == n_rows
        return cls(
            np.repeat(all_of_them.loc, n_columns), np.where(is_empty, np.inf, all_of_them.scale)
        )

    @classmethod
    def robust(cls, values: Any, row_weights: FloatArray | None) -> ColumnScaling:
        """As `standardising`, but wild values do not count, and are bounded.

        `values` is an ndarray or a CSR matrix of shape (n, n_columns). One wild value neither
        moves the others nor has a lever on the fit; a value within five standard deviations
        stays where it is, so that straight lines do.
        """
        if is_sparse(values):
            return cls(*_sparse_robust_location_and_scale(values, row_weights), is_bounded=True)
        return cls(*robust_location_and_scale(values, row_weights), is_bounded=True)

    @classmethod
    def normal_scores(cls, values: Any, row_weights: FloatArray | None) -> ColumnScaling:
        """The increasing map to normal scores of the values that are not NaN.

        `values` is an ndarray or a CSR matrix of shape (n, n_columns). Constant columns and
        those without a value are mapped to 0, as by `standardising`.
        """
        n_rows, n_columns = values.shape
        weights = np.ones(n_rows) if row_weights is None else row_weights
        magnitude = _largest_magnitude(values)
        curves = [
            NormalScores.of(numbers / size, mass)
            for (numbers, mass), size in zip(
                numbers_by_column(values, weights), magnitude, strict=True
            )
        ]
        is_empty = count_missing(values) == n_rows
        return cls(np.zeros(n_columns), np.where(is_empty, np.inf, magnitude), curves)

    def apply(self, values: FloatArray) -> FloatArray:
        """Scaled copy of ``values (n, n_columns)``."""
        scaled: FloatArray = self._bound((values - self.loc) / self.scale)
        for column, curve in enumerate(self.curves or ()):
            scaled[:, column] = curve(scaled[:, column])
        return scaled

    def apply_to_entries(self, values: FloatArray, columns: NDArray[np.intp]) -> FloatArray:
        """Scaled copy of ``values (n_entries,)`` from the columns ``columns (n_entries,)``."""
        scaled: FloatArray = self._bound((values - self.loc[columns]) / self.scale[columns])
        if self.curves is not None:
            order = np.argsort(columns, kind="stable")
            for part in np.split(order, np.flatnonzero(np.diff(columns[order])) + 1):
                if len(part):
                    scaled[part] = self.curves[columns[part[0]]](scaled[part])
        return scaled

    def _bound(self, scaled: FloatArray) -> FloatArray:
        if not self.is_bounded:
            return scaled
        return _BOUND.of_array(scaled)


def is_sparse(values: Any) -> bool:
    """Whether `values` is a SciPy sparse matrix or array."""
    return bool(sparse.issparse(values))


def count_missing(values: Any) -> NDArray[np.intp]:
    """Number of NaN in each column of an ndarray or a CSR matrix, ``(n_columns,)``."""
    if is_sparse(values):
        return np.bincount(values.indices[np.isnan(values.data)], minlength=values.shape[1])
    counts: NDArray[np.intp] = np.isnan(values).sum(axis=0)
    return counts


def _largest_magnitude(values: Any) -> FloatArray:
    """Of the numbers in each column of an ndarray or a CSR matrix; 1 where there are only zeros."""
    magnitude = np.zeros(values.shape[1])
    if is_sparse(values):
        np.fmax.at(magnitude, values.indices, np.abs(values.data))
    else:
        magnitude = np.fmax.reduce(np.abs(values), axis=0, initial=0.0)
    magnitude[magnitude == 0] = 1.0
    return magnitude


def numbers_by_column(values: Any, weights: FloatArray) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Numbers in each column of an ndarray or a CSR matrix, NaN left out, and their weights.

    The zeros that a sparse column does not store are one number.
    """
    if not is_sparse(values):
        for column in values.T:
            is_present = ~np.isnan(column)
            yield column[is_present], weights[is_present]
        return
    compressed = values.tocsc()
    for start, stop in itertools.pairwise(compressed.indptr):
        entries, rows = compressed.data[start:stop], compressed.indices[start:stop]
        is_present = ~np.isnan(entries)
        entries, mass = entries[is_present], weights[rows[is_present]]
        if stop - start < len(weights):
            entries, mass = np.append(entries, 0.0), np.append(mass, np.delete(weights, rows).sum())
        yield entries, mass


def _sparse_location_and_scale(
    values: Any, row_weights: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """As `location_and_scale`, for a CSR matrix."""
    if not values.shape[1]:
        return np.empty(0), np.empty(0)
    is_empty = count_missing(values) == values.shape[0]
    magnitude = _largest_magnitude(values)
    relative = values.copy()
    relative.data = values.data / magnitude[values.indices]
    relative.data[is_empty[values.indices]] = 0.0
    scaler = StandardScaler(with_mean=False).fit(relative, sample_weight=row_weights)
    scale = np.where(is_empty, np.inf, scaler.scale_ * magnitude)
    return scaler.mean_ * magnitude, scale


def _sparse_robust_location_and_scale(
    values: Any, row_weights: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """As `robust_location_and_scale`, for a CSR matrix."""
    loc, scale = _sparse_location_and_scale(values, row_weights)
    weights = np.ones(values.shape[0]) if row_weights is None else row_weights
    of_entry = np.repeat(weights, np.diff(values.indptr))
    mass = np.bincount(values.indices, weights=of_entry, minlength=values.shape[1])
    # Where nearly all values are zero there is no middle, and no fence.
    fenced = np.flatnonzero(mass > FENCE_TAIL * weights.sum())
    columns = numbers_by_column(values[:, fenced], weights)
    for j, (numbers, of_each) in zip(fenced, columns, strict=True):
        if len(numbers):
            (loc[j],), (scale[j],) = robust_location_and_scale(numbers[:, None], of_each)
    return loc, scale
