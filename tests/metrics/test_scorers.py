"""Scorers for searches, on estimators and on Pipelines."""

from functools import partial

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.metrics import (
    SCORERS,
    LossScorer,
    brier_scorer,
    calibration_error_scorer,
    crps,
    crps_scorer,
    interval_coverage,
    interval_coverage_scorer,
    interval_score,
    interval_score_scorer,
    mean_interval_width,
    mean_interval_width_scorer,
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


def test_intervals_can_be_watched(fitted: BayesianMLPRegressor, diabetes: tuple) -> None:
    X, y = diabetes[0][300:], diabetes[1][300:]
    dist, weights = fitted.predict_dist(X), np.arange(len(y))
    scores = cross_validate(
        clone(fitted).set_params(budget=0.05),
        *diabetes,
        scoring={n: SCORERS[n] for n in SCORERS if "interval" in n},
        cv=2,
    )
    assert np.all(np.isfinite(scores["test_interval_coverage"]))
    covered = interval_coverage(dist, y, sample_weight=weights)
    assert interval_coverage_scorer(fitted, X, y, sample_weight=weights) == -abs(covered - 0.9)
    assert mean_interval_width_scorer(fitted, X, y) == -mean_interval_width(dist)


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


def test_sample_weights_are_routed_to_a_scorer_that_asks(
    quick: BayesianMLPRegressor, diabetes: tuple
) -> None:
    X, y = diabetes[0][:80], diabetes[1][:80]
    weights = np.random.RandomState(0).rand(80)
    folds = [(np.arange(40), np.arange(40, 80))]

    def score(scorer: LossScorer) -> float:
        passed = {"sample_weight": weights}
        results = cross_validate(quick, X, y, cv=folds, scoring=scorer, params=passed)
        return results["test_score"].item()

    with config_context(enable_metadata_routing=True):
        quick.set_fit_request(sample_weight=True)
        with pytest.raises(UnsetMetadataPassedError, match="not explicitly set as requested"):
            score(crps_scorer)
        without = score(crps_scorer.set_score_request(sample_weight=False))
        weighted = score(crps_scorer.set_score_request(sample_weight=True))
    quick.fit(X[:40], y[:40], sample_weight=weights[:40])
    assert without == crps_scorer(quick, X[40:], y[40:])
    assert weighted == crps_scorer(quick, X[40:], y[40:], sample_weight=weights[40:])
    assert crps_scorer.weight_request is None  # the shared scorer is as it was
    with pytest.raises(RuntimeError, match="routing"):
        crps_scorer.set_score_request(sample_weight=True)
