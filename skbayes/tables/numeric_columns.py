"""What training rows say of the numeric columns of a table."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray
from skbayes.tables.bins import Bins
from skbayes.tables.scaling import ColumnScaling, count_missing, numbers_by_column
from skbayes.tables.table import Table

# A numeric column with so few values, each in so many rows on average, has a category for each.
_MOST_VALUES = 255
_ROWS_PER_VALUE = 10
# Enough rows to see at once that a column is not discrete.
_FIRST_ROWS = 2000
# Readings of one scale: so many columns at least, half of which reach both ends of the numbers of
# all but for a little; and so few values as a byte has.
_FEWEST_OF_A_SCALE = 8
_SHARE_OF_A_SCALE = 0.5
_NEAR_END = 0.02
_MOST_OF_A_SCALE = 256
# A value in so large a share of the rows is a heap: zeros of what most have none of, for one.
_HEAP = 0.5


class NumericColumns(NamedTuple):
    """Scales, gaps, discrete columns and bins; `InputEncoding` has the meanings."""

    scaling: ColumnScaling
    fill: FloatArray
    gaps: NDArray[np.intp]
    discrete: tuple[int, ...]
    bins: Bins

    @classmethod
    def of(
        cls,
        table: Table,
        row_weights: FloatArray | None,
        *,
        standardize: bool | str,
        discrete_as_categories: bool | str,
        n_bins: int,
    ) -> NumericColumns:
        """Of all columns, a few at a time; the parameters are those of `InputEncoding.of`."""
        n_at_once = table.stored.shape[1] if standardize == "whole" else None
        return cls._together(
            [
                cls._of_some(numbers, row_weights, standardize, discrete_as_categories, n_bins)
                for numbers in table.column_blocks(n_at_once)
            ]
        )

    @classmethod
    def _of_some(
        cls,
        numbers: Any,
        row_weights: FloatArray | None,
        standardize: bool | str,
        discrete_as_categories: bool | str,
        n_bins: int,
    ) -> NumericColumns:
        """Of the columns of an ndarray or CSR matrix of shape (n, n_columns)."""
        scaling = _scaling(numbers, row_weights, standardize)
        fill = scaling.loc
        if standardize not in (True, "robust"):
            fill = ColumnScaling.standardising(numbers, row_weights).loc
        discrete: tuple[int, ...] = ()
        if discrete_as_categories:
            found = _discrete_columns(numbers, row_weights)
            is_any = discrete_as_categories != "heaped"
            discrete = tuple(j for j, column in found.items() if is_any or column.has_heap)
        bins = Bins.none()
        if n_bins > 1:
            filled = np.where(np.isnan(numbers), fill, numbers)
            bins = Bins.of(scaling.apply(filled), row_weights, n_bins)
        gaps = np.flatnonzero((count_missing(numbers) > 0) & np.isfinite(scaling.scale))
        return cls(scaling, fill, gaps, discrete, bins)

    @classmethod
    def _together(cls, parts: Sequence[NumericColumns]) -> NumericColumns:
        """Of all columns, from those of each part, which are numbered from 0."""
        if len(parts) == 1:
            return parts[0]
        starts = [0, *itertools.accumulate(len(part.fill) for part in parts)][:-1]
        numbered = list(zip(parts, starts, strict=True))
        return cls(
            ColumnScaling.together([part.scaling for part in parts]),
            np.concatenate([part.fill for part in parts]),
            np.concatenate([part.gaps + start for part, start in numbered]),
            tuple(column + start for part, start in numbered for column in part.discrete),
            Bins.together([part.bins for part in parts], starts),
        )


class _DiscreteColumn(NamedTuple):
    n_values: int
    has_heap: bool


def count_discrete(table: Table, row_weights: FloatArray | None) -> tuple[int, int]:
    """Discrete columns of numbers, but for those with a heap, and their distinct values."""
    n_values = [
        column.n_values
        for numbers in table.column_blocks()
        for column in _discrete_columns(numbers, row_weights).values()
        if not column.has_heap
    ]
    return len(n_values), sum(n_values)


def are_one_scale(table: Table) -> bool:
    """Whether the numbers of a table are readings on one scale: pixels, answers, percentages.

    Then a difference means the same in every column, and most columns reach the ends of the
    scale. Two values alone, as of indicators, are no scale.
    """
    if table.is_sparse or table.stored.shape[1] < _FEWEST_OF_A_SCALE:
        return False
    values = np.unique(rounded(table[slice(_FIRST_ROWS)].numeric))
    if not 2 < np.count_nonzero(~np.isnan(values)) <= _MOST_OF_A_SCALE:
        return False
    blocks = list(table.column_blocks())
    lower = np.concatenate([np.fmin.reduce(numbers, axis=0) for numbers in blocks])
    upper = np.concatenate([np.fmax.reduce(numbers, axis=0) for numbers in blocks])
    varies = upper > lower  # not of columns without a value
    if np.count_nonzero(varies) < _FEWEST_OF_A_SCALE:
        return False
    least, most = lower[varies].min(), upper[varies].max()
    margin = _NEAR_END * (most - least)
    reaches_both = (lower[varies] <= least + margin) & (upper[varies] >= most - margin)
    return bool(reaches_both.mean() >= _SHARE_OF_A_SCALE)


def rounded(numbers: FloatArray) -> NDArray[np.float32]:
    """To single precision, in which tables may come later: discrete values are told apart so."""
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32)


def _discrete_columns(numbers: Any, row_weights: FloatArray | None) -> dict[int, _DiscreteColumn]:
    """Numeric columns of more than two values, in enough rows each to learn about it.

    Two values are as good as a category already.
    """
    weights = np.ones(numbers.shape[0]) if row_weights is None else row_weights
    discrete = {}
    for place, (values, mass) in enumerate(numbers_by_column(numbers, weights)):
        if len(np.unique(rounded(values[:_FIRST_ROWS]))) > _MOST_VALUES:
            continue
        distinct, number = np.unique(rounded(values), return_inverse=True)
        if 2 < len(distinct) <= min(_MOST_VALUES, mass.sum() / _ROWS_PER_VALUE):
            has_heap = np.bincount(number, mass).max() >= _HEAP * mass.sum()
            discrete[place] = _DiscreteColumn(len(distinct), bool(has_heap))
    return discrete


def _scaling(
    numbers: Any, row_weights: FloatArray | None, standardize: bool | str
) -> ColumnScaling:
    if standardize == "quantile":
        return ColumnScaling.normal_scores(numbers, row_weights)
    if standardize == "robust":
        return ColumnScaling.robust(numbers, row_weights)
    if standardize == "whole":
        return ColumnScaling.as_one(numbers, row_weights)
    if standardize:
        return ColumnScaling.standardising(numbers, row_weights)
    is_empty = count_missing(numbers) == numbers.shape[0]
    return ColumnScaling(np.zeros(len(is_empty)), np.where(is_empty, np.inf, 1.0))
