"""Calibrated intervals and sets: the coverage that was asked for, and as wide as each row needs."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from skbayes import (
    BayesianMLPClassifier,
    BayesianMLPRegressor,
    ConformalClassifier,
    ConformalRegressor,
)
from skbayes.metrics import predictive_distribution
from skbayes.variational import Variational

QUICK = {
    "hidden_layer_sizes": (8,),
    "inference": Variational(1),
    "max_iter": 300,
    "n_posterior_samples": 20,
    "random_state": 0,
}


def _regressor(**changes: object) -> BayesianMLPRegressor:
    return BayesianMLPRegressor(**{**QUICK, "likelihood": "normal", **changes})


def _noisy(n_rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A line whose noise grows from 0.1 to 1 with the first column."""
    rng = np.random.RandomState(seed)
    X = rng.uniform(size=(n_rows, 2))
    return X, X[:, 1] + (0.1 + 0.9 * X[:, 0]) * rng.standard_normal(n_rows)


@pytest.mark.filterwarnings("ignore")  # the checks make warnings of their own
def test_check_estimator() -> None:
    inner = _regressor(max_iter=60)
    check_estimator(ConformalRegressor(inner, cv=2))
    classifier = BayesianMLPClassifier(**{**QUICK, "max_iter": 60})
    failed = check_estimator(ConformalClassifier(classifier, cv=2), on_fail=None)
    # A set for each of several labels is not what it makes.
    assert [x["check_name"] for x in failed if x["status"] == "failed"] == []


@pytest.mark.parametrize("cv", [3, 0.4, KFold(3, shuffle=True, random_state=0), "prefit"])
def test_coverage_is_what_was_asked_for_even_of_a_model_that_is_wrong(cv: object) -> None:
    # Twenty rows fitted as points: far too sure of themselves.
    X, y = _noisy(600)
    inner = _regressor(posterior="deterministic", max_iter=1500)
    if cv == "prefit":
        inner.fit(*_noisy(60, seed=5))
    X_test, y_test = _noisy(2000, seed=1)
    model = ConformalRegressor(inner, cv=cv).fit(X, y)
    lower, upper = model.predict_interval(X_test, coverage=0.8).T
    covered = np.mean((lower <= y_test) & (y_test <= upper))
    # 240 to 600 rows calibrate: standard error 1.6 to 2.6 %, and 0.9 % of the test rows.
    assert covered == pytest.approx(0.8, abs=0.07)


def test_intervals_follow_the_noise_of_each_row() -> None:
    X, y = _noisy(800)
    inner = _regressor(likelihood="heteroscedastic", max_iter=1500)
    model = ConformalRegressor(inner, cv=3).fit(X, y)
    widths = np.diff(model.predict_interval([[0.05, 0.5], [0.95, 0.5]]), axis=1)[:, 0]
    assert widths[1] > 3 * widths[0]


def test_the_level_is_the_order_statistic_of_the_definition() -> None:
    X, y = _noisy(99)
    inner = _regressor().fit(*_noisy(60, seed=1))
    model = ConformalRegressor(inner, cv="prefit").fit(X, y)
    scores = np.sort(np.abs(predictive_distribution(inner, X).cdf(y) - 0.5))
    for coverage in (0.5, 0.8, 0.9):
        level = scores[round(100 * coverage) - 1]  # (99 + 1) times the coverage
        expected = inner.predict_quantiles(X[:5], [0.5 - level, 0.5 + level])
        np.testing.assert_allclose(model.predict_interval(X[:5], coverage), expected)
    several = model.predict_interval(X[:5], [0.5, 0.9])
    np.testing.assert_allclose(several[:, 1], model.predict_interval(X[:5], 0.9), rtol=1e-13)


def test_groups_are_calibrated_by_themselves() -> None:
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({"x": rng.uniform(size=900), "kind": rng.choice(["a", "b"], 900)})
    y = frame["x"] + np.where(frame["kind"] == "a", 0.1, 1.0) * rng.standard_normal(900)
    train, test = frame[:600], frame[600:]
    for by in ("kind", lambda X: X["kind"], 1):
        model = ConformalRegressor(_regressor(), cv=0.5, by=by).fit(train, y[:600])
        lower, upper = model.predict_interval(test, 0.8).T
        inside = (lower <= y[600:]) & (y[600:] <= upper)
        for kind in ("a", "b"):
            # 150 rows calibrate and 150 test: standard error 4.6 %.
            assert inside[test["kind"] == kind].mean() == pytest.approx(0.8, abs=0.12)
        unknown = model.predict_interval(test[:3].assign(kind="new"))
        assert np.isfinite(unknown).all()
    one_width = ConformalRegressor(_regressor(), cv=0.5).fit(train, y[:600])
    lower, upper = one_width.predict_interval(test, 0.8).T
    inside = (lower <= y[600:]) & (y[600:] <= upper)
    assert inside[test["kind"] == "a"].mean() > 0.95  # what groups are for


def test_counts_and_several_targets() -> None:
    rng = np.random.RandomState(0)
    X = rng.uniform(size=(400, 2))
    counts = rng.poisson(1 + 3 * X[:, 0])
    model = ConformalRegressor(_regressor(likelihood="poisson"), cv=0.5).fit(X[:300], counts[:300])
    lower, upper = model.predict_interval(X[300:], 0.8).T
    assert np.array_equal(lower, np.round(lower))
    assert np.mean((lower <= counts[300:]) & (counts[300:] <= upper)) > 0.7
    two = np.column_stack([X[:, 0], X[:, 1] + rng.standard_normal(400)])
    both = ConformalRegressor(_regressor(), cv=0.5).fit(X, two)
    assert both.predict_interval(X[:5], [0.5, 0.8]).shape == (5, 2, 2, 2)
    assert both.scores_.shape == (200, 2)


def test_too_few_rows_say_so() -> None:
    X, y = _noisy(10)
    model = ConformalRegressor(_regressor().fit(X, y), cv="prefit").fit(X, y)
    with pytest.warns(UserWarning, match="takes at least 19"):
        ends = model.predict_interval(X[:2], 0.95)
    assert np.array_equal(ends, [[-np.inf, np.inf]] * 2)


def test_a_row_of_weight_two_calibrates_as_two_rows() -> None:
    X, y = _noisy(80)
    inner = _regressor().fit(*_noisy(60, seed=1))
    weights = np.arange(80) % 3
    weighted = ConformalRegressor(inner, cv="prefit").fit(X, y, sample_weight=weights)
    rows = np.repeat(np.arange(80), weights)
    repeated = ConformalRegressor(inner, cv="prefit").fit(X[rows], y[rows])
    for coverage in (0.5, 0.77, 0.9):
        assert np.array_equal(
            weighted.predict_interval(X[:4], coverage), repeated.predict_interval(X[:4], coverage)
        )


def test_rows_of_weight_zero_do_not_calibrate() -> None:
    X, y = _noisy(120)
    weights = np.ones(120)
    weights[::3] = 0
    spoilt = np.where(weights > 0, y, 1e3)
    model = ConformalRegressor(_regressor(), cv=KFold(3)).fit(X, spoilt, sample_weight=weights)
    assert len(model.scores_) == 80
    assert np.ptp(model.predict_interval(X)) < 20


def test_sets_cover_and_are_no_larger_than_those_of_the_model() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    inner = BayesianMLPClassifier(**QUICK)
    train, test = np.arange(0, 569, 2), np.arange(1, 569, 2)
    model = ConformalClassifier(inner, cv=3).fit(X[train], y[train])
    members = model.predict_set(X[test], 0.9)
    covered = members[np.arange(len(test)), y[test]].mean()
    own = clone(inner).fit(X[train], y[train]).predict_set(X[test], 0.9)
    assert covered > 0.87  # 284 rows: standard error 1.8 %
    assert members.sum(axis=1).mean() <= own.sum(axis=1).mean() + 0.02
    assert members.any(axis=1).all()
    assert model.predict_proba(X[test]).shape == (284, 2)
    assert model.score(X[test], y[test]) > 0.9


def test_sets_by_group_and_of_names() -> None:
    X, y = load_iris(return_X_y=True)
    names = np.array(["one", "two", "three"])[y]
    model = ConformalClassifier(
        BayesianMLPClassifier(**QUICK), cv=3, by=lambda X: X[:, 0] > 5.8
    ).fit(X, names)
    assert list(model.classes_) == ["one", "three", "two"]
    assert model.predict_set(X, 0.8).shape == (150, 3)


def test_what_cannot_be_calibrated_is_named() -> None:
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(TypeError, match="has no predict_dist"):
        ConformalRegressor(LinearRegression(), cv=2).fit(X[:40], y[:40])
    with pytest.raises(ValueError, match="there is ConformalClassifier"):
        ConformalRegressor(BayesianMLPClassifier(**QUICK), cv=2).fit(X[:40], y[:40] > 100)
    with pytest.raises(ValueError, match="there is ConformalRegressor"):
        ConformalClassifier(_regressor(), cv=KFold(2)).fit(X[:40], y[:40])
    with pytest.raises(ValueError, match="by must name a column"):
        ConformalRegressor(_regressor(), cv=2, by="sex").fit(X[:40], y[:40])
    with pytest.raises(ValueError, match="by must give one group"):
        ConformalRegressor(_regressor(), cv=2, by=lambda X: [1]).fit(X[:40], y[:40])


def test_pipelines_and_searches_are_calibrated_and_unwrapped() -> None:
    X, y = load_diabetes(return_X_y=True)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), _regressor(max_iter=60)),
        {"bayesianmlpregressor__hidden_layer_sizes": [(2,), (4,)]},
        cv=2,
    )
    model = ConformalRegressor(search, cv=2).fit(X[:80], y[:80])
    assert model.predict_interval(X[:3]).shape == (3, 2)
    inner = model.estimator_.best_estimator_
    expected = inner[-1].predict_dist(inner[:-1].transform(X[:3])).mean()
    assert np.array_equal(predictive_distribution(model, X[:3]).mean(), expected)
    assert np.array_equal(model.predict(X[:3]), expected)
