"""Standardisation of any column."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from skbayes.tables.scaling import ColumnScaling


def test_columns_get_mean_zero_and_unit_variance() -> None:
    values = np.random.RandomState(0).normal([5, -3e9], [0.1, 2e7], size=(50, 2))
    scaled = ColumnScaling.standardising(values, None).apply(values)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-12)


def test_whole_weights_are_copies_of_rows() -> None:
    rng = np.random.RandomState(0)
    values, counts = rng.normal(size=(10, 3)), rng.randint(1, 4, size=10)
    weighted = ColumnScaling.standardising(values, counts.astype(float))
    repeated = ColumnScaling.standardising(np.repeat(values, counts, axis=0), None)
    np.testing.assert_allclose(weighted.loc, repeated.loc, rtol=1e-13)
    np.testing.assert_allclose(weighted.scale, repeated.scale, rtol=1e-13)


@pytest.mark.parametrize("constant", [0.0, 1.0, -2.5, 1e300, 1e-300, 0.1])
def test_constant_columns_become_zero(constant: float) -> None:
    values = np.full((9, 1), constant)
    scaling = ColumnScaling.standardising(values, None)
    np.testing.assert_allclose(scaling.apply(values), 0, atol=1e-12)
    assert scaling.scale[0] == pytest.approx(abs(constant) or 1.0)


@given(
    values=hnp.arrays(np.float64, (6, 2), elements=st.floats(-1e300, 1e300, allow_subnormal=False))
)
def test_any_finite_column_scales_to_modest_numbers(values: np.ndarray) -> None:
    scaled = ColumnScaling.standardising(values, None).apply(values)
    # A standardised value among n rows is at most sqrt(n - 1); rounding may add a little
    # where the spread is close to the spacing of doubles.
    assert np.all(np.abs(scaled) <= 2 * np.sqrt(6))


def test_gaps_touch_no_statistic() -> None:
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [4.0, np.nan]])
    scaling = ColumnScaling.standardising(values, np.array([2.0, 9.0, 1.0]))
    np.testing.assert_allclose(scaling.loc, [2, 0])
    np.testing.assert_allclose(scaling.scale, [np.sqrt(2), np.inf])


@pytest.mark.parametrize("unit", [1e-200, 1.0, 1e200])
def test_a_sparse_matrix_is_scaled_as_a_dense_one(unit: float) -> None:
    dense = unit * np.array([[0.0, 7, np.nan, 0], [2, 7, np.nan, 0], [0, 7, 1, 0]])
    expected = ColumnScaling.standardising(dense, np.array([1.0, 2.0, 3.0]))
    scaling = ColumnScaling.standardising(sparse.csr_array(dense), np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(scaling.loc, expected.loc)
    np.testing.assert_allclose(scaling.scale, expected.scale)


class TestNormalScores:
    def test_gaps_touch_no_statistic(self) -> None:
        values = np.array([[1.0, np.nan], [np.nan, np.nan], [4.0, np.nan], [9.0, np.nan]])
        scaled = ColumnScaling.normal_scores(values, None).apply(np.nan_to_num(values, nan=4.0))
        alone = values[[0, 2, 3], :1]
        expected = ColumnScaling.normal_scores(alone, None).apply(alone)
        np.testing.assert_array_equal(scaled[[0, 2, 3], :1], expected)
        assert scaled[:, 1].tolist() == [0, 0, 0, 0]

    def test_whole_weights_are_copies_of_rows(self) -> None:
        rng = np.random.RandomState(0)
        values, counts = rng.exponential(size=(60, 2)), rng.randint(1, 4, size=60)
        weighted = ColumnScaling.normal_scores(values, counts.astype(float))
        repeated = ColumnScaling.normal_scores(np.repeat(values, counts, axis=0), None)
        np.testing.assert_allclose(weighted.apply(values), repeated.apply(values), atol=1e-10)

    @pytest.mark.parametrize("constant", [0.0, -2.5, 1e300])
    def test_constant_columns_become_zero(self, constant: float) -> None:
        values = np.full((9, 1), constant)
        scaling = ColumnScaling.normal_scores(values, None)
        assert not scaling.apply(values).any()
        # In units of the constant, as without normal scores.
        step = abs(constant) or 1.0
        expected = ColumnScaling.standardising(values, None).apply(values + step)
        np.testing.assert_allclose(scaling.apply(values + step), expected)

    def test_entries_are_scaled_as_their_columns(self) -> None:
        values = np.random.RandomState(0).exponential(size=(20, 3))
        scaling = ColumnScaling.normal_scores(values, None)
        columns = np.tile([2, 0, 1], 20)
        entries = scaling.apply_to_entries(values[:, [2, 0, 1]].ravel(), columns)
        np.testing.assert_array_equal(entries.reshape(20, 3), scaling.apply(values)[:, [2, 0, 1]])
        assert scaling.apply_to_entries(np.empty(0), np.empty(0, dtype=int)).shape == (0,)


def test_robust_scaling_leaves_out_what_is_wild_and_bounds_it() -> None:
    values = np.random.RandomState(0).normal(5, 2, size=(200, 1))
    wild = values.copy()
    wild[0] = 1e15
    scaled = ColumnScaling.robust(wild, None).apply(wild)
    np.testing.assert_allclose(scaled[1:], (values[1:] - values[1:].mean()) / values[1:].std())
    assert 9 < scaled[0, 0] < 10


@given(values=st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=9, unique=True))
def test_robust_scaling_rises_and_is_bounded(values: list[float]) -> None:
    fitted = np.random.RandomState(0).normal(size=(50, 1))
    scaled = ColumnScaling.robust(fitted, None).apply(np.sort(values)[:, None])[:, 0]
    assert np.all(np.diff(scaled) >= 0)
    assert np.all(np.abs(scaled) <= 10)


@pytest.mark.parametrize("weights", [None, np.arange(1.0, 101.0)])
def test_robust_scaling_of_a_sparse_matrix_is_that_of_a_dense_one(weights) -> None:
    rng = np.random.RandomState(0)
    dense = np.where(rng.rand(100, 5) < [0, 0.02, 0.3, 0.8, 1], rng.standard_cauchy((100, 5)), 0)
    dense[::7, 3] = np.nan
    expected = ColumnScaling.robust(dense, weights)
    scaling = ColumnScaling.robust(sparse.csr_array(dense), weights)
    np.testing.assert_allclose(scaling.loc, expected.loc, rtol=1e-12)
    np.testing.assert_allclose(scaling.scale, expected.scale, rtol=1e-12)
