"""The same data in one form: identical rows merged, in an order that does not depend on theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skbayes.tables.rows import Rows
from skbayes.tables.scaling import FloatArray, is_sparse

# A Weyl constant: odd, with bits all over, so that a product mixes what is multiplied.
_MIX = np.uint64(0x9E3779B97F4A7C15)


def canonical_rows(rows: Rows) -> Rows:
    """Rows in canonical order, each once, with the weights of its copies added up.

    A row of weight 2, two copies of a row, and the same rows in another order are then the same
    data to the last bit, and so is whatever is computed of them. Chains need this: they amplify
    the rounding errors of sums that run in another order.

    Rows are sorted by their inputs, column by column, and last by their targets, so that the
    order is the same in any unit.
    """
    keys = _sort_keys(rows)
    weights = np.ones(len(rows.table)) if rows.row_weights is None else rows.row_weights
    order, is_copy = _sort(keys, weights)
    starts = np.flatnonzero(~is_copy)
    totals: FloatArray = np.add.reduceat(weights[order], starts)
    merged = rows.at(order[starts])
    return merged._replace(row_weights=None if np.all(totals == 1) else totals)


def _sort(
    keys: list[NDArray[Any]], weights: FloatArray
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Order of the rows, and whether each row in that order is a copy of the one before it.

    Copies come in the order of their weights: the sum must not depend on their order either.
    """
    n_keys = 1
    while True:
        # Mostly few columns tell all rows apart, and the others need not be looked at.
        order = np.lexsort((weights, *keys[:n_keys][::-1]))
        is_equal = np.r_[False, _equal_to_previous(keys[:n_keys], order)]
        if n_keys >= len(keys) or not is_equal.any():
            return order, is_equal
        n_keys *= 2


def _equal_to_previous(keys: list[NDArray[Any]], order: NDArray[np.intp]) -> NDArray[np.bool_]:
    is_equal = np.ones(len(order) - 1, dtype=bool)
    for key in keys:
        ordered = key[order]
        is_equal &= (ordered[1:] == ordered[:-1]) | (_is_gap(ordered[1:]) & _is_gap(ordered[:-1]))
    return is_equal


def _is_gap(key: NDArray[Any]) -> NDArray[np.bool_]:
    return np.isnan(key) if key.dtype.kind == "f" else np.zeros(len(key), dtype=bool)


def _sort_keys(rows: Rows) -> list[NDArray[Any]]:
    """Columns to sort by, which are equal where rows are."""
    numeric, categorical = rows.table.numeric, rows.table.categorical
    keys = [_sparse_key(numeric)] if is_sparse(numeric) else list(numeric.T)
    return [*keys, *map(_category_key, categorical), *rows.targets.T]


def _category_key(values: NDArray[np.object_]) -> NDArray[np.intp]:
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


def _sparse_key(matrix: Any) -> NDArray[np.uint64]:
    """A 64-bit hash of each row of a CSR matrix: a sum over its entries, zeros left out.

    Two of a million rows that differ have the same one in one of thirty million tables.
    """
    data = matrix.data + 0.0  # of -0 too
    data[np.isnan(data)] = np.nan
    values = pd.util.hash_array(data.astype(np.float64), categorize=False)
    entries = (values ^ (matrix.indices.astype(np.uint64) + np.uint64(1)) * _MIX) * _MIX
    entries[data == 0] = 0
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(entries, dtype=np.uint64)])
    return sums[matrix.indptr[1:]] - sums[matrix.indptr[:-1]]
