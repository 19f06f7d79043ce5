"""Weighted, repeated and permuted rows are the same data to the last bit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from skbayes import BayesianMLPRegressor
from skbayes.tables import Rows, Table, TableFormat
from skbayes.tables.canonical import canonical_rows


def _rows(n_rows: int, kind: str, seed: int = 0) -> Rows:
    """Distinct rows of a kind, with gaps and categories of several types."""
    rng = np.random.RandomState(seed)
    numeric = rng.normal(size=(n_rows, 2)).round(1)
    numeric[rng.rand(n_rows, 2) < 0.2] = np.nan
    numeric[rng.rand(n_rows, 2) < 0.2] = 0.0
    categorical = []
    if kind == "mixed":
        values = np.array(["a", 1, 1.5, True, None, "1"], dtype=object)
        categorical = [values[rng.randint(6, size=n_rows)]]
    targets = np.arange(n_rows, dtype=float)[:, None]
    if kind == "sparse":
        numeric = sparse.csr_array(numeric)
    return Rows.of(Table(TableFormat([], True), numeric, categorical), targets, None)


def _with_weights(rows: Rows, weights: np.ndarray) -> Rows:
    return rows._replace(row_weights=weights)


def _same(one: Rows, other: Rows) -> None:
    for name in ("numeric",):
        values, others = (getattr(rows.table, name) for rows in (one, other))
        if sparse.issparse(values):
            values, others = values.toarray(), others.toarray()
        np.testing.assert_array_equal(values, others)
    for values, others in zip(one.table.categorical, other.table.categorical, strict=True):
        assert values.tolist() == others.tolist()
    np.testing.assert_array_equal(one.targets, other.targets)
    assert (one.row_weights is None) == (other.row_weights is None)
    if one.row_weights is not None:
        np.testing.assert_array_equal(one.row_weights, other.row_weights)


@given(
    matrix=st.lists(
        st.lists(
            st.sampled_from([0.0, -0.0, 1.0, 2.0, -1.0, np.nan, np.inf]), min_size=4, max_size=4
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=300, deadline=None)
def test_sparse_rows_come_in_the_order_of_dense_ones(matrix: list[list[float]]) -> None:
    dense = np.array(matrix)
    one, other = (
        canonical_rows(Rows.of(Table(TableFormat([], True), X, []), np.ones((len(dense), 1)), None))
        for X in (dense, sparse.csr_array(dense))
    )
    np.testing.assert_array_equal(other.table.numeric.toarray(), one.table.numeric)
    expected = np.unique(dense + 0.0, axis=0)  # sorts rows, but knows no two gaps as equal
    if not np.isnan(dense).any():
        np.testing.assert_array_equal(one.table.numeric, expected)


@pytest.mark.parametrize("kind", ["dense", "mixed", "sparse"])
@given(seed=st.integers(0, 1000), n_rows=st.integers(1, 30))
@settings(max_examples=30, deadline=None)
def test_weighted_repeated_and_permuted_rows_are_the_same(
    kind: str, seed: int, n_rows: int
) -> None:
    rng = np.random.RandomState(seed)
    rows = _rows(n_rows, kind, seed)
    counts = rng.randint(1, 4, size=n_rows)
    weighted = canonical_rows(_with_weights(rows, counts.astype(float)))
    repeated = rows.at(np.repeat(np.arange(n_rows), counts))
    permuted = repeated.at(rng.permutation(len(repeated.targets)))
    for other in (repeated, permuted):
        _same(canonical_rows(other), weighted)
    assert len(weighted.targets) == n_rows


def test_fractions_add_up_in_any_order() -> None:
    rows = _rows(1, "dense").at(np.zeros(5, dtype=int))
    weights = np.array([0.1, 0.7, 0.2, 1e-9, 3.3])
    expected = canonical_rows(_with_weights(rows, weights))
    for _ in range(5):
        weights = np.random.RandomState(0).permutation(weights)
        _same(canonical_rows(_with_weights(rows, weights)), expected)


def test_weights_of_one_are_no_weights() -> None:
    rows = _rows(7, "dense")
    assert canonical_rows(_with_weights(rows, np.ones(7))).row_weights is None
    assert canonical_rows(rows).row_weights is None


def test_minus_zero_is_zero_and_a_stored_zero_is_none() -> None:
    table = Table(TableFormat([], True), np.array([[0.0], [-0.0]]), [])
    assert len(canonical_rows(Rows.of(table, np.ones((2, 1)), None)).targets) == 1
    stored = sparse.csr_array(([0.0, 1.0, 1.0], [0, 1, 1], [0, 2, 3]), shape=(2, 2))
    table = Table(TableFormat([], True), stored, [])
    assert len(canonical_rows(Rows.of(table, np.ones((2, 1)), None)).targets) == 1


def test_a_number_and_its_text_are_different() -> None:
    table = Table(TableFormat([], True), np.empty((3, 0)), [np.array(["1", 1, True], dtype=object)])
    merged = canonical_rows(Rows.of(table, np.ones((3, 1)), None))
    assert len(merged.targets) == 2  # 1 and True are equal, and one category


def test_the_order_is_the_same_in_any_unit() -> None:
    rows = _rows(20, "dense")
    scaled = Table(rows.table.format, 1e3 * rows.table.numeric, [])
    one = canonical_rows(rows)
    other = canonical_rows(rows._replace(table=scaled, targets=5 + 100 * rows.targets))
    assert np.array_equal(one.positions, other.positions)


def test_many_columns_of_ones_are_one_row() -> None:
    rows = Rows.of(Table(TableFormat([], True), np.ones((3, 10_000)), []), np.ones((3, 1)), None)
    assert canonical_rows(rows).row_weights.tolist() == [3.0]


def test_a_fit_does_not_depend_on_the_order_of_the_rows(quick: BayesianMLPRegressor) -> None:
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"a": rng.normal(size=300).round(1), "b": rng.choice(["u", "v"], 300)})
    y = X["a"].to_numpy() + rng.normal(size=300).round(1)
    expected = quick.fit(X, y).posterior_draws_
    order = rng.permutation(300)
    again = quick.fit(X.iloc[order], y[order]).posterior_draws_
    np.testing.assert_array_equal(again, expected)
