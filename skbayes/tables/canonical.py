"""The same data in one form: identical rows merged, in an order that does not depend on theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skbayes.arrays import FloatArray
from skbayes.tables.rows import Rows

# The values of a key of the rows at some places.
SortKey = Callable[[NDArray[np.intp]], NDArray[Any]]


def canonical_rows(rows: Rows) -> Rows:
    """Rows in canonical order, each once, with the weights of its copies added up.

    A row of weight 2, two copies of a row, and the same rows in another order are then the same
    data to the last bit, and so is whatever is computed of them. Chains need this: they amplify
    the rounding errors of sums that run in another order.

    Rows are sorted by their inputs, column by column, and last by their targets, so that the
    order is the same in any unit.
    """
    ranks = _ranks(len(rows.table), _sort_keys(rows))
    weights = rows.explicit_weights
    # Copies come in the order of their weights: the sum must not depend on their order either.
    order = np.lexsort((weights, ranks))
    starts = np.flatnonzero(np.diff(ranks[order], prepend=-1))
    totals: FloatArray = np.add.reduceat(weights[order], starts)
    merged = rows.at(order[starts])
    return merged._replace(row_weights=None if np.all(totals == 1) else totals)


def _ranks(n_rows: int, keys: Iterator[SortKey]) -> NDArray[np.intp]:
    """Number of rows that come before each row; identical rows have the same one.

    Each key is asked for the rows alone that those before it did not tell apart: mostly few
    columns tell all rows apart, and the others need not be looked at.
    """
    ranks = np.zeros(n_rows, dtype=np.intp)
    tied = np.arange(n_rows)
    for key in keys:
        values = key(tied)
        order = np.lexsort((values, ranks[tied]))
        tied, values = tied[order], values[order]
        is_new_group = np.diff(ranks[tied], prepend=-1) != 0
        is_new = is_new_group | np.r_[True, ~_equal(values[1:], values[:-1])]
        ranks[tied] += _last_true(is_new) - _last_true(is_new_group)
        is_alone = is_new & np.r_[is_new[1:], True]
        tied = tied[~is_alone]
        if not len(tied):
            break
    return ranks


def _last_true(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Place of the last true entry up to each one."""
    places: NDArray[np.intp] = np.maximum.accumulate(np.where(mask, np.arange(len(mask)), 0))
    return places


def _equal(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether values are equal; gaps are."""
    is_equal: NDArray[np.bool_] = first == second
    if first.dtype.kind == "f":
        is_equal |= np.isnan(first) & np.isnan(second)
    return is_equal


def _sort_keys(rows: Rows) -> Iterator[SortKey]:
    """Keys to sort by, one after the other; rows are equal where all of them are."""
    table = rows.table
    if table.is_sparse:
        yield from _sparse_keys(table.stored)
    else:
        yield from (partial(table.column, number) for number in range(table.stored.shape[1]))
    yield from (_of_column(_category_codes(values)) for values in rows.table.categorical)
    yield from map(_of_column, rows.targets.T)


def _of_column(values: NDArray[Any]) -> SortKey:
    return lambda at: values[at]


def _category_codes(values: NDArray[np.object_]) -> NDArray[np.intp]:
    """Numbers of the categories, in an order that does not depend on that of the rows."""
    codes, categories = pd.factorize(values, use_na_sentinel=False)
    texts = np.array([_text(category) for category in categories], dtype=object)
    numbers: NDArray[np.intp] = np.unique(texts, return_inverse=True)[1][codes]
    return numbers


def _text(value: Any) -> str:
    """The same text for equal values: 1, 1.0 and True are one category."""
    if isinstance(value, (bool, int, float, np.number, np.bool_)):
        return f"number {float(value)!r}"
    return f"{type(value).__name__} {value!r}"


def _sparse_keys(matrix: Any) -> Iterator[SortKey]:
    """Keys that sort the rows of a CSR matrix as the columns of the dense one would.

    Two rows differ first where their k-th entries do. The row whose entry comes in an earlier
    column has a zero against it: it comes first if its entry is negative, else last.
    """
    matrix = matrix.copy()
    matrix.eliminate_zeros()
    matrix.sum_duplicates()
    values = matrix.data
    is_negative = values < 0
    columns = np.where(is_negative, matrix.indices, -matrix.indices)
    order = np.lexsort((values, columns, ~is_negative))
    columns, values = columns[order], values[order]
    is_new = np.ones(len(values), dtype=bool)
    is_new[1:] = (np.diff(columns) != 0) | ~_equal(values[1:], values[:-1])
    tokens = np.empty(len(values) + 1, dtype=np.intp)
    tokens[order] = np.cumsum(is_new)
    tokens[:-1][is_negative] -= len(values) + 1
    tokens[-1] = 0  # a row that has ended
    starts, ends = matrix.indptr[:-1], matrix.indptr[1:]

    def entry(k: int) -> SortKey:
        return lambda at: tokens[np.where(starts[at] + k < ends[at], starts[at] + k, -1)]

    yield from map(entry, range(int(np.max(ends - starts, initial=0))))
