"""Scorers for searches, on estimators and on Pipelines."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbayes import BayesianMLPRegressor
from skbayes.metrics import (
    crps,
    crps_scorer,
    neg_log_predictive_density,
    neg_log_predictive_density_scorer,
    predictive_distribution,
)


def test_greater_is_better(fitted: BayesianMLPRegressor, diabetes: tuple) -> None:
    X, y = diabetes[0][300:], diabetes[1][300:]
    dist = fitted.predict_dist(X)
    assert neg_log_predictive_density_scorer(fitted, X, y) == -neg_log_predictive_density(dist, y)
    assert crps_scorer(fitted, X, y) == -crps(dist, y)
    weights = np.arange(len(y))
    assert crps_scorer(fitted, X, y, sample_weight=weights) == pytest.approx(
        -np.average(dist.crps(y), weights=weights)
    )


def test_a_pipeline_is_unwrapped(quick: BayesianMLPRegressor, diabetes: tuple) -> None:
    X, y = diabetes
    pipeline = make_pipeline(StandardScaler(), quick).fit(X, y)
    expected = quick.predict_dist(pipeline[:-1].transform(X)).mean()
    assert np.array_equal(predictive_distribution(pipeline, X).mean(), expected)
    assert np.isfinite(neg_log_predictive_density_scorer(pipeline, X, y))
    alone = make_pipeline(quick)
    assert np.isfinite(crps_scorer(alone, X, y))
