"""Weighted moments of columns, against scikit-learn."""

import numpy as np
from sklearn.preprocessing import StandardScaler

from skbayes.model import location_and_scale


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
