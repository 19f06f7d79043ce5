"""Scorers for searches, on estimators and on Pipelines."""

from functools import partial

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.metrics import (
    LossScorer,
    brier_scorer,
    calibration_error_scorer,
    crps,
    crps_scorer,
    interval_score,
    interval_score_scorer,
    neg_log_predictive_density,
    neg_log_predictive_density_scorer,
    pinball_scorer,
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


@pytest.mark.parametrize(
    "scorer",
    [
        neg_log_predictive_density_scorer,
        crps_scorer,
        interval_score_scorer,
        pinball_scorer,
        calibration_error_scorer,
        LossScorer(partial(interval_score, coverage=0.5)),
    ],
)
def test_regression_scorers_in_a_grid_search_over_a_pipeline(
    quick: BayesianMLPRegressor, diabetes: tuple, scorer: LossScorer
) -> None:
    X, y = diabetes[0][:80], diabetes[1][:80]
    pipeline = make_pipeline(StandardScaler(), quick)
    grid = {"bayesianmlpregressor__likelihood": ["normal", "laplace"]}
    search = GridSearchCV(pipeline, grid, scoring=scorer, cv=2).fit(X, y)
    assert np.all(search.cv_results_["mean_test_score"] < 0)
    dist = predictive_distribution(search.best_estimator_, X)
    assert scorer(search.best_estimator_, X, y) == -scorer.loss(dist, y)


@pytest.mark.parametrize(
    "scorer", [brier_scorer, calibration_error_scorer, neg_log_predictive_density_scorer]
)
def test_class_scorers_in_a_grid_search_over_a_pipeline(
    quick_classifier: BayesianMLPClassifier, scorer: LossScorer
) -> None:
    X, y = load_iris(return_X_y=True)
    labels = np.array(["setosa", "versicolor", "virginica"])[y]
    pipeline = make_pipeline(StandardScaler(), quick_classifier)
    grid = {"bayesianmlpclassifier__prior_sigma": [0.5, 2.0]}
    search = GridSearchCV(pipeline, grid, scoring=scorer, cv=2).fit(X, labels)
    assert np.all(search.cv_results_["mean_test_score"] < 0)
    dist = predictive_distribution(search.best_estimator_, X)
    assert scorer(search.best_estimator_, X, labels) == -scorer.loss(dist, labels)
