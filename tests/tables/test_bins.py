"""Tests of `skbayes.tables.bins`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skbayes.tables.bins import Bins


def _column(n_rows: int, seed: int = 0) -> np.ndarray:
    return np.random.RandomState(seed).gamma(2.0, size=(n_rows, 1))


def test_every_bin_has_as_many_rows() -> None:
    values = _column(1000)
    bins = Bins.of(values, None, 8)
    progress = bins.progress(values)
    inside = ((progress > 0) & (progress <= 1) & (np.c_[progress[:, 1:], np.zeros(1000)] == 0)).sum(
        0
    )
    # The least value is at the start of the first bin, and not in it.
    np.testing.assert_array_equal(inside, [124, *[125] * 7])


def test_a_line_is_a_sum_of_bins() -> None:
    values = _column(200)
    bins = Bins.of(values, None, 5)
    np.testing.assert_allclose(
        values.min() + bins.progress(values) @ (bins.stop - bins.start), values[:, 0], rtol=1e-12
    )


def test_columns_have_mean_0_and_standard_deviation_1() -> None:
    weights = np.random.RandomState(1).randint(1, 4, 300).astype(float)
    encoded = Bins.of(_column(300), weights, 4).apply(_column(300))
    mean = np.average(encoded, axis=0, weights=weights)
    np.testing.assert_allclose(mean, 0.0, atol=1e-12)
    np.testing.assert_allclose(
        np.average((encoded - mean) ** 2, axis=0, weights=weights), 1.0, rtol=1e-12
    )


def test_weights_are_copies_of_rows() -> None:
    values = _column(60)
    weights = np.random.RandomState(2).randint(1, 5, 60)
    weighted = Bins.of(values, weights.astype(float), 6)
    repeated = Bins.of(np.repeat(values, weights, axis=0), None, 6)
    np.testing.assert_array_equal(weighted.start, repeated.start)
    np.testing.assert_array_equal(weighted.stop, repeated.stop)
    np.testing.assert_allclose(weighted.scale, repeated.scale, rtol=1e-12)


def test_levels_have_a_bin_between_each_two() -> None:
    values = np.repeat([[0.0], [1.0], [5.0]], 10, axis=0)
    bins = Bins.of(values, None, 8)
    np.testing.assert_array_equal(bins.start, [0.0, 1.0])
    np.testing.assert_array_equal(bins.stop, [1.0, 5.0])


@pytest.mark.parametrize("levels", [[3.0], [0.0, 1.0]])
def test_a_constant_and_two_levels_have_none(levels: list[float]) -> None:
    assert len(Bins.of(np.repeat(levels, 5)[:, None], None, 8)) == 0
    assert Bins.none().apply(np.zeros((4, 2))).shape == (4, 0)


@given(
    st.lists(st.floats(-10, 10, width=32), min_size=1, max_size=40),
    st.integers(2, 12),
)
def test_any_column(numbers: list[float], n_bins: int) -> None:
    values = np.array(numbers)[:, None]
    bins = Bins.of(values, None, n_bins)
    assert len(bins) <= n_bins
    assert np.all(bins.stop > bins.start)
    assert np.all(np.isfinite(bins.apply(np.vstack([values, [[-1e300], [1e300]]]))))
