"""Tests of `skbayes.tables.numeric_columns`."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.datasets import load_breast_cancer, load_digits, load_iris

from skbayes.tables import TableFormat, are_one_scale, count_discrete
from skbayes.tables import table as module
from skbayes.tables.numeric_columns import NumericColumns
from skbayes.tables.table import Table


def _table() -> Table:
    """A normal column with gaps, five levels, a constant, and zeros with a few other values."""
    rng = np.random.RandomState(0)
    X = np.column_stack(
        [
            rng.normal(size=400),
            rng.randint(5, size=400),
            np.full(400, 7.0),
            rng.choice([0.0, 0.0, 0.0, 1.0, 2.0], 400),
        ]
    )
    X[::9, 0] = np.nan
    return TableFormat.of(X, None, "indicator").read(BaseEstimator(), X, reset=True)


@pytest.mark.parametrize("standardize", [False, True, "robust", "quantile", "whole"])
def test_columns_a_few_at_a_time_are_all_of_them(
    standardize: bool | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"standardize": standardize, "discrete_as_categories": True, "n_bins": 4}
    at_once = NumericColumns.of(_table(), None, **options)
    monkeypatch.setattr(module, "_BLOCK_SIZE", 1)
    in_parts = NumericColumns.of(_table(), None, **options)
    assert at_once.discrete == in_parts.discrete == (1, 3)
    np.testing.assert_array_equal(in_parts.gaps, at_once.gaps)
    np.testing.assert_array_equal(in_parts.bins.columns, at_once.bins.columns)
    # Sums of one column and of several run in another order.
    np.testing.assert_allclose(in_parts.fill, at_once.fill, rtol=1e-12, atol=1e-15)
    values = np.random.RandomState(1).normal(size=(20, 4))
    np.testing.assert_allclose(
        in_parts.scaling.apply(values), at_once.scaling.apply(values), rtol=1e-12, atol=1e-15
    )


def test_a_heap_is_not_counted_as_discrete() -> None:
    table = _table()
    assert count_discrete(table, None) == (1, 5)
    heaped = NumericColumns.of(
        table, None, standardize=True, discrete_as_categories="heaped", n_bins=1
    )
    assert heaped.discrete == (3,)


def _read(X: np.ndarray) -> Table:
    return TableFormat.of(X, None, "indicator").read(BaseEstimator(), X, reset=True)


def _answers(n_rows: int = 300, n_columns: int = 10) -> np.ndarray:
    """Whole numbers from 1 to 5, with gaps, a constant column, and an empty one."""
    X = np.random.RandomState(0).randint(1, 6, (n_rows, n_columns)).astype(float)
    X[::7, 1] = np.nan
    X[:, 0] = 3.0
    return np.column_stack([X, np.full(n_rows, np.nan)])


def test_answers_and_pixels_are_on_one_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    assert are_one_scale(_read(_answers()))
    assert are_one_scale(_read(load_digits().data))
    monkeypatch.setattr(module, "_BLOCK_SIZE", 1)
    assert are_one_scale(_read(load_digits().data))


@pytest.mark.parametrize(
    "X",
    [
        _answers(n_columns=8),  # seven that vary
        np.random.RandomState(0).randint(2, size=(300, 10)),  # indicators
        np.random.RandomState(0).uniform(size=(300, 10)),  # as many values as rows
        _answers() * np.arange(1.0, 12),  # scales of their own
        np.where(np.arange(300 * 11).reshape(300, 11) == 27, 1e6, _answers()),  # one wild value
        load_breast_cancer().data,
        load_iris().data,
        sparse.csr_array(_answers()),
    ],
)
def test_other_tables_are_not(X: np.ndarray) -> None:
    assert not are_one_scale(_read(X))
