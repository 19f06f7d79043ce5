"""The same data in one form: identical rows merged, in an order that does not depend on theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skbayes.tables.rows import Rows
from skbayes.tables.scaling import FloatArray, is_sparse

UIntArray = NDArray[np.uint64]

# A Weyl constant: odd, with bits all over, so that a product mixes what is multiplied.
_MIX = np.uint64(0x9E3779B97F4A7C15)


def canonical_rows(rows: Rows) -> Rows:
    """Rows in canonical order, each once, with the weights of its copies added up.

    A row of weight 2, two copies of a row, and the same rows in another order are then the same
    data to the last bit, and so is whatever is computed of them. Chains need this: they amplify
    the rounding errors of sums that run in another order.

    The order is that of a hash of each row, which is as good as random, so that
    rows that lie side by side have nothing to do with one another.
    """
    keys = _row_hashes(rows)
    weights = np.ones(len(keys)) if rows.row_weights is None else rows.row_weights
    # Copies by weight: their sum must not depend on their order either.
    order = np.lexsort((weights, keys))
    ordered, keys, weights = rows.at(order), keys[order], weights[order]
    starts = np.flatnonzero(np.r_[True, ~_is_copy_of_previous(ordered, keys)])
    totals: FloatArray = np.add.reduceat(weights, starts)
    merged = ordered.at(starts)
    return merged._replace(row_weights=None if np.all(totals == 1) else totals)


def _row_hashes(rows: Rows) -> UIntArray:
    """A 64-bit hash of each row's inputs and targets."""
    numeric = rows.table.numeric
    hashes = np.zeros(len(rows.table), dtype=np.uint64)
    columns: list[Any] = [*rows.table.categorical, *rows.targets.T]
    if is_sparse(numeric):
        hashes += _sparse_hashes(numeric)
    else:
        columns += list(numeric.T)
    for column in columns:
        hashes = hashes * _MIX + _hashes(column)
    return hashes


def _hashes(column: NDArray[Any]) -> UIntArray:
    """Hash of each value; equal for equal numbers, 0 and -0 included, and for all gaps."""
    if column.dtype != object:
        column = column + 0.0
        column[np.isnan(column)] = np.nan
        return pd.util.hash_array(np.ascontiguousarray(column), categorize=False)
    codes, values = pd.factorize(column, use_na_sentinel=False)
    texts = np.array([_text(value) for value in values], dtype=object)
    return pd.util.hash_array(texts, categorize=False)[codes]


def _text(value: Any) -> str:
    """The same text for equal values: 1, 1.0 and True are one category."""
    if isinstance(value, (bool, int, float, np.number, np.bool_)):
        return f"number {float(value)!r}"
    return f"{type(value).__name__} {value!r}"


def _sparse_hashes(matrix: Any) -> UIntArray:
    """Hash of each row of a CSR matrix: a sum over its entries, of which zeros are none."""
    values = _hashes(matrix.data)
    entries = (values ^ (matrix.indices.astype(np.uint64) + np.uint64(1)) * _MIX) * _MIX
    entries[matrix.data == 0] = 0
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(entries, dtype=np.uint64)])
    return sums[matrix.indptr[1:]] - sums[matrix.indptr[:-1]]


def _is_copy_of_previous(rows: Rows, keys: UIntArray) -> NDArray[np.bool_]:
    """Whether each row but the first is a copy of the one before it."""
    is_copy = keys[1:] == keys[:-1]
    second = np.flatnonzero(is_copy) + 1
    if len(second):  # equal hashes are looked at: two in a billion tables may be a coincidence
        is_copy[second - 1] = _are_equal(rows.at(second), rows.at(second - 1))
    return is_copy


def _are_equal(rows: Rows, others: Rows) -> NDArray[np.bool_]:
    """Whether rows are equal, one by one."""
    one, other = rows.table.numeric, others.table.numeric
    if is_sparse(one):
        difference = (one != other).tocsr()
        difference.eliminate_zeros()
        # A gap differs from itself.
        gaps = np.isnan(one.data).any() or np.isnan(other.data).any()
        equal = np.diff(difference.indptr) == 0
        if gaps:
            dense, dense_other = one.toarray(), other.toarray()
            equal = ((dense == dense_other) | (np.isnan(dense) & np.isnan(dense_other))).all(axis=1)
    else:
        equal = ((one == other) | (np.isnan(one) & np.isnan(other))).all(axis=1)
    equal &= (rows.targets == others.targets).all(axis=1)
    for values, other_values in zip(rows.table.categorical, others.table.categorical, strict=True):
        equal &= np.array([a == b for a, b in zip(values, other_values, strict=True)], dtype=bool)
    return equal
