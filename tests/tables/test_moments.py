"""Weighted moments of columns, against scikit-learn."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from skbayes.tables.moments import fences, location_and_scale, robust_location_and_scale


def test_agrees_with_scikit_learn() -> None:
    rng = np.random.RandomState(0)
    values = rng.normal([5, -3e9, 1e-9], [0.1, 2e7, 1e-8], size=(50, 3))
    for weights in (None, rng.uniform(0.1, 3, size=50)):
        scaler = StandardScaler().fit(values, sample_weight=weights)
        loc, scale = location_and_scale(values, weights)
        np.testing.assert_allclose(loc, scaler.mean_, rtol=1e-12)
        np.testing.assert_allclose(scale, scaler.scale_, rtol=1e-12)


def test_gaps_touch_no_statistic() -> None:
    rng = np.random.RandomState(0)
    values = np.where(rng.rand(50, 3) < 0.3, np.nan, rng.normal(5, 2, size=(50, 3)))
    for weights in (None, rng.uniform(0.1, 3, size=50)):
        scaler = StandardScaler().fit(values, sample_weight=weights)
        loc, scale = location_and_scale(values, weights)
        np.testing.assert_allclose(loc, scaler.mean_, rtol=1e-12)
        np.testing.assert_allclose(scale, scaler.scale_, rtol=1e-12)


def test_a_column_without_a_value_has_an_infinite_scale() -> None:
    loc, scale = location_and_scale(np.array([[np.nan, 1.0], [np.nan, 3.0]]), None)
    assert loc.tolist() == [0, 2]
    assert scale.tolist() == [np.inf, 1]


def test_a_constant_up_to_rounding_is_a_constant() -> None:
    values = np.full((7, 1), 0.1) * np.linspace(1, 1 + 4e-16, 7)[:, None]
    assert location_and_scale(values, None)[1][0] == np.abs(values).max()


def test_robust_moments_of_normal_values() -> None:
    values = np.random.RandomState(0).normal(5.0, 2.0, size=(20_000, 1))
    values[:100] = 1e12
    loc, scale = robust_location_and_scale(values, None)
    np.testing.assert_allclose((loc[0], scale[0]), (values[100:].mean(), values[100:].std()))


def test_robust_moments_count_whole_weights_as_rows() -> None:
    rng = np.random.RandomState(0)
    for _ in range(20):
        values, counts = rng.standard_cauchy(size=(15, 2)).round(1), rng.randint(1, 4, size=15)
        weighted = robust_location_and_scale(values, counts.astype(float))
        repeated = robust_location_and_scale(np.repeat(values, counts, axis=0), None)
        np.testing.assert_allclose(weighted, repeated, rtol=1e-12)


def test_a_skewed_column_keeps_its_own_moments() -> None:
    values = np.random.RandomState(0).uniform(size=(300, 1)) ** 7
    assert robust_location_and_scale(values, None) == location_and_scale(values, None)


@pytest.mark.parametrize("values", [np.r_[np.zeros(99), 4.0], np.r_[np.zeros(8), 1e9], [1.0]])
def test_columns_without_a_middle_and_short_ones_have_no_fences(values: np.ndarray) -> None:
    lower, upper = fences(np.reshape(values, (-1, 1)), None)
    assert (lower[0], upper[0]) == (-np.inf, np.inf)


def test_fences_pass_over_gaps() -> None:
    values = np.append(np.random.RandomState(0).normal(size=50), np.full(50, np.nan))[:, None]
    np.testing.assert_array_equal(fences(values, None), fences(values[:50], None))
    np.testing.assert_array_equal(fences(values, np.ones(100)), fences(values[:50], None))
