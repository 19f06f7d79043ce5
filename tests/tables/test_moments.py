"""Weighted moments of columns, against scikit-learn."""

import numpy as np
from sklearn.preprocessing import StandardScaler

from skbayes.tables.moments import location_and_scale, robust_location_and_scale


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
    # Standard errors: 1.25 * 2 / sqrt(20,000) = 0.018, and half as much again for the scale.
    assert abs(loc[0] - 5) < 0.1
    assert abs(scale[0] - 2) < 0.1


def test_robust_moments_count_whole_weights_as_rows() -> None:
    rng = np.random.RandomState(0)
    for _ in range(20):
        values, counts = rng.normal(size=(6, 2)).round(1), rng.randint(1, 4, size=6)
        weighted = robust_location_and_scale(values, counts.astype(float))
        repeated = robust_location_and_scale(np.repeat(values, counts, axis=0), None)
        np.testing.assert_allclose(weighted, repeated, rtol=1e-12)


def test_robust_scale_of_mostly_equal_values_is_their_standard_deviation() -> None:
    values = np.array([[0.0], [0.0], [0.0], [4.0]])
    assert robust_location_and_scale(values, None)[1][0] == values.std()
