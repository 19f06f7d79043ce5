"""scikit-learn's own checks, and the places where its users put an estimator."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_estimator,
    check_param_validation,
)

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.metrics import neg_log_predictive_density_scorer

ESTIMATORS = pytest.mark.parametrize("estimator", [BayesianMLPRegressor, BayesianMLPClassifier])


@ESTIMATORS
def test_check_estimator_with_default_parameters(estimator: type) -> None:
    # SCIPY_ARRAY_API must be set before SciPy is imported, hence the new process.
    code = (
        "from sklearn.utils.estimator_checks import check_estimator\n"
        f"from skbayes import {estimator.__name__}\n"
        f"check_estimator({estimator.__name__}())\n"
    )
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]


@ESTIMATORS
@pytest.mark.filterwarnings("ignore")  # the checks make warnings of their own
def test_check_estimator_with_other_parameters(estimator: type) -> None:
    # The same contract for a deep, small, single-member network at little cost.
    small = estimator((4, 3), activation="tanh", prior_sigma=1.0, n_members=1, max_iter=1000)
    check_estimator(small)


@ESTIMATORS
def test_checks_that_check_estimator_leaves_out(estimator: type) -> None:
    quick = estimator((4,), max_iter=5)
    check_dataframe_column_names_consistency(estimator.__name__, quick)
    check_param_validation(estimator.__name__, quick)


def test_clone_and_parameters_round_trip(quick: BayesianMLPRegressor) -> None:
    copy = clone(quick)
    assert copy.get_params() == quick.get_params()
    assert copy.set_params(prior_sigma=3.0).get_params()["prior_sigma"] == 3.0


def test_pipeline_and_cross_validation(quick: BayesianMLPRegressor, diabetes: tuple) -> None:
    X, y = diabetes
    pipeline = make_pipeline(StandardScaler(), quick)
    assert cross_val_score(pipeline, X, y, cv=3).shape == (3,)
    mean, std = pipeline.fit(X, y).predict(X[:5], return_std=True)
    assert mean.shape == std.shape == (5,)


def test_grid_search_over_prior_sigma_on_two_processes(
    quick: BayesianMLPRegressor, diabetes: tuple
) -> None:
    X, y = diabetes
    search = GridSearchCV(
        quick,
        {"prior_sigma": [0.5, 2.0]},
        scoring=neg_log_predictive_density_scorer,
        cv=2,
        n_jobs=2,
    )
    search.fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.predict_interval(X[:3]).shape == (3, 2)


def test_probability_calibration_stacking_and_voting(
    quick_classifier: BayesianMLPClassifier,
) -> None:
    X, y = load_iris(return_X_y=True)
    labels = np.array(["setosa", "versicolor", "virginica"])[y]
    others = [("bayesian", quick_classifier), ("logistic", LogisticRegression(max_iter=1000))]
    for method in ("sigmoid", "isotonic"):
        model = CalibratedClassifierCV(quick_classifier, method=method, cv=2).fit(X, labels)
        assert model.predict_proba(X).shape == (150, 3)
    for combination in (VotingClassifier(others, voting="soft"), StackingClassifier(others, cv=2)):
        assert combination.fit(X, labels).score(X, labels) > 0.8


def test_classifier_in_searches_with_scikit_learns_scorers(
    quick_classifier: BayesianMLPClassifier,
) -> None:
    X, y = load_iris(return_X_y=True)
    labels = np.array(["setosa", "versicolor", "virginica"])[y]
    pipeline = make_pipeline(StandardScaler(), quick_classifier)
    for scoring in ("accuracy", "neg_log_loss", "roc_auc_ovr", "neg_brier_score"):
        assert np.isfinite(cross_val_score(pipeline, X, labels, cv=3, scoring=scoring)).all()
    for scoring in ("roc_auc", "average_precision", "f1"):
        scores = cross_val_score(quick_classifier, X, y == 2, cv=3, scoring=scoring)
        assert np.isfinite(scores).all()


def test_column_transformer_of_a_mixed_frame(quick: BayesianMLPRegressor) -> None:
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({"size": rng.rand(40), "colour": rng.choice(["red", "blue"], 40)})
    target = frame["size"] + (frame["colour"] == "red")
    columns = ColumnTransformer(
        [("number", StandardScaler(), ["size"]), ("string", OneHotEncoder(), ["colour"])]
    )
    pipeline = make_pipeline(columns, quick).fit(frame, target)
    assert pipeline.predict(frame).shape == (40,)


def test_data_frames_and_lists_give_what_arrays_give(
    quick: BayesianMLPRegressor, diabetes: tuple
) -> None:
    X, y = diabetes[0][:40], diabetes[1][:40]
    expected = clone(quick).fit(X, y).predict_interval(X)
    names = [f"x{i}" for i in range(X.shape[1])]
    frame = pd.DataFrame(X, columns=names)
    from_frame = clone(quick).fit(frame, pd.Series(y))
    assert list(from_frame.feature_names_in_) == names
    interval = from_frame.predict_interval(frame)
    assert type(interval) is np.ndarray
    assert np.array_equal(interval, expected)
    from_lists = clone(quick).fit(X.tolist(), y.tolist())
    assert np.array_equal(from_lists.predict_interval(X.tolist()), expected)
