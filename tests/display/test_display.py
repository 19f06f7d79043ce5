"""Each picture shows what the estimator says, on small tables and large ones."""

import sys

import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch

from skbayes import (
    BayesianMLPClassifier,
    BayesianMLPRegressor,
    BayesianMLPRegressorCV,
    ConformalRegressor,
    feature_dependence,
)
from skbayes.display import (
    CalibrationDisplay,
    ChainDiagnosticsDisplay,
    FeatureRelevanceDisplay,
    PartialDependenceIntervalDisplay,
    PITDisplay,
    PredictionIntervalDisplay,
    PriorSearchDisplay,
    TrainingCurveDisplay,
    UncertaintyDecompositionDisplay,
)
from skbayes.samplers import MCLMC
from skbayes.variational import Variational

QUICK = {
    "hidden_layer_sizes": (4,),
    "inference": Variational(2),
    "max_iter": 300,
    "n_posterior_samples": 20,
    "random_state": 0,
}
X, Y = load_diabetes(return_X_y=True)


@pytest.fixture(autouse=True)
def _no_figure_left():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def regressor() -> BayesianMLPRegressor:
    return BayesianMLPRegressor(likelihood="normal", **QUICK).fit(X[:200], Y[:200])


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.RandomState(0)
    return pd.DataFrame(
        {
            "size": rng.normal(5, 1, 80),
            "kind": rng.choice(["a", "b", "c"], 80),
            "grade": pd.Categorical(rng.choice([1, 2], 80)),
            "is_new": rng.rand(80) < 0.5,
            "gap": np.where(rng.rand(80) < 0.2, np.nan, rng.rand(80)),
        }
    )


@pytest.fixture(scope="module")
def mixed(frame: pd.DataFrame) -> BayesianMLPRegressor:
    y = pd.Series(frame["size"] + (frame["kind"] == "b"), name="price")
    return BayesianMLPRegressor(likelihood="normal", **QUICK).fit(frame, y)


def test_intervals_along_a_column_are_those_of_rows_with_the_others_at_their_median(
    regressor: BayesianMLPRegressor,
) -> None:
    display = PredictionIntervalDisplay.from_estimator(regressor, X, Y, feature=2)
    rows = np.repeat(np.median(X, axis=0)[None], len(display.x), axis=0)
    rows[:, 2] = display.x
    np.testing.assert_allclose(display.mean, regressor.predict(rows))
    np.testing.assert_allclose(display.intervals[:, 1], regressor.predict_interval(rows, 0.9))
    assert display.x[0] == X[:, 2].min()
    assert display.ax_.get_xlabel() == "x2"


def test_observations_over_predictions_are_in_their_order(
    regressor: BayesianMLPRegressor,
) -> None:
    display = PredictionIntervalDisplay.from_estimator(regressor, X, Y)
    assert np.all(np.diff(display.x) >= 0)
    order = np.argsort(regressor.predict(X), kind="stable")
    assert np.array_equal(display.observed_y, Y[order])
    with pytest.raises(ValueError, match="y must be given"):
        PredictionIntervalDisplay.from_estimator(regressor, X)


@pytest.mark.parametrize("feature", ["size", "kind", "grade", "is_new", "gap", 1])
def test_every_kind_of_column_can_be_drawn_along(
    mixed: BayesianMLPRegressor, frame: pd.DataFrame, feature: object
) -> None:
    y = pd.Series(np.arange(80.0), name="price")
    along = PredictionIntervalDisplay.from_estimator(mixed, frame, y, feature=feature)
    assert along.ax_.get_ylabel() == "price"
    plt.close("all")
    UncertaintyDecompositionDisplay.from_estimator(mixed, frame, feature=feature)
    plt.close("all")
    partial = PartialDependenceIntervalDisplay.from_estimator(mixed, frame, feature, n_points=4)
    assert partial.draws.shape == (20, len(partial.x))


def test_partial_dependence_averages_each_draw_over_the_rows(
    regressor: BayesianMLPRegressor,
) -> None:
    rows = X[:50]
    display = PartialDependenceIntervalDisplay.from_estimator(regressor, rows, 2, n_points=3)
    for k, value in enumerate(display.x):
        changed = rows.copy()
        changed[:, 2] = value
        expected = regressor.predict_dist(changed).function_values()[..., 0].mean(axis=1)
        np.testing.assert_allclose(display.draws[:, k], expected)


def test_uncertainty_is_split_as_the_estimator_does(regressor: BayesianMLPRegressor) -> None:
    display = UncertaintyDecompositionDisplay.from_estimator(regressor, X)
    parts = regressor.predict_uncertainty(X)
    np.testing.assert_allclose(display.total, np.sort(parts.total))
    np.testing.assert_allclose(display.total**2, display.aleatoric**2 + display.epistemic**2)


def test_calibration_counts_observations_inside(regressor: BayesianMLPRegressor) -> None:
    display = CalibrationDisplay.from_estimator(regressor, X[200:], Y[200:])
    lower, upper = regressor.predict_interval(X[200:], 0.9).T
    expected = np.mean((lower <= Y[200:]) & (Y[200:] <= upper))
    assert display.observed[display.nominal == 0.9] == expected


def test_reliability_of_two_and_of_several_classes() -> None:
    rows, labels = load_breast_cancer(return_X_y=True)
    model = BayesianMLPClassifier(**QUICK).fit(rows[:300], labels[:300])
    display = CalibrationDisplay.from_estimator(model, rows[300:], labels[300:], n_bins=4)
    stated = model.predict_proba(rows[300:])[:, 1]
    lowest = np.argsort(stated, kind="stable")[: len(display.n_rows) and display.n_rows[0]]
    assert display.nominal[0] == pytest.approx(stated[lowest].mean())
    assert display.observed[0] == pytest.approx(labels[300:][lowest].mean())
    assert display.n_rows.sum() == len(stated)
    three = BayesianMLPClassifier(**QUICK).fit(rows[:300], labels[:300] + (rows[:300, 0] > 15))
    several = CalibrationDisplay.from_estimator(three, rows, labels + (rows[:, 0] > 15))
    assert several.n_rows.sum() == 3 * len(rows)
    UncertaintyDecompositionDisplay.from_estimator(three, rows, feature=0)
    partial = PartialDependenceIntervalDisplay.from_estimator(three, rows, 0, n_points=3)
    assert partial.y_name == "probability of 2"
    with pytest.raises(ValueError, match="must be a regressor"):
        PredictionIntervalDisplay.from_estimator(three, rows, labels, feature=0)
    with pytest.raises(ValueError, match="must be of numbers"):
        PITDisplay.from_estimator(three, rows, labels)


def test_transforms_of_numbers_and_of_counts(regressor: BayesianMLPRegressor) -> None:
    display = PITDisplay.from_estimator(regressor, X, Y, n_bins=5)
    expected, _ = np.histogram(regressor.predict_dist(X).cdf(Y), bins=5, range=(0, 1))
    np.testing.assert_allclose(display.heights, expected * 5 / len(Y))
    counts = np.random.RandomState(0).poisson(2.0, 300)
    model = BayesianMLPRegressor(likelihood="poisson", **{**QUICK, "max_iter": 800})
    flat = PITDisplay.from_estimator(model.fit(X[:300], counts), X[:300], counts, n_bins=5)
    assert flat.heights.mean() == pytest.approx(1.0)
    # 300 rows: standard error of a bar 0.12.
    np.testing.assert_allclose(flat.heights, 1.0, atol=0.4)


def test_training_search_and_relevance(regressor: BayesianMLPRegressor) -> None:
    display = TrainingCurveDisplay.from_estimator(regressor)
    assert np.array_equal(display.bound, -regressor.loss_curve_)
    stopped = BayesianMLPRegressor(early_stopping=True, **{**QUICK, "max_iter": 200})
    scored = TrainingCurveDisplay.from_estimator(stopped.fit(X[:100], Y[:100]))
    assert len(scored.validation_scores) == len(stopped.validation_scores_)
    plt.close("all")
    search = BayesianMLPRegressorCV(prior_sigmas=[2.0, 0.5], cv=3, **QUICK).fit(X[:99], Y[:99])
    searched = PriorSearchDisplay.from_estimator(search)
    assert searched.scores.shape == (2, 3)
    assert searched.best == search.best_prior_sigma_
    plt.close("all")
    found = feature_dependence(regressor, X[:60], n_repeats=1)
    relevance = FeatureRelevanceDisplay.from_dependence(found)
    first = relevance.ax_.get_yticklabels()[-1].get_text()
    assert first == str(np.argmax(found.mean))
    wide = FeatureRelevanceDisplay(np.random.RandomState(0).rand(5, 60), np.arange(60)).plot()
    assert len(wide.ax_.get_yticklabels()) == 20


def test_chains_and_what_they_predict() -> None:
    chains = MCLMC(n_chains=2, n_warmup=30, n_samples=10, thin=1)
    model = BayesianMLPRegressor(**{**QUICK, "inference": chains}).fit(X[:60], Y[:60])
    display = ChainDiagnosticsDisplay.from_estimator(model, X[:60])
    assert np.array_equal(display.traces, model.predict_by_member(X[[0, 30, 59]]))
    assert len(display.axes_) == 4
    _, axes = plt.subplots(2, 2)
    assert ChainDiagnosticsDisplay.from_estimator(model, X[:60], ax=axes).axes_[3] is axes[1, 1]
    with pytest.raises(ValueError, match="must be 4 axes"):
        display.plot(axes[0])
    with pytest.raises(ValueError, match="fitted by chains"):
        ChainDiagnosticsDisplay.from_estimator(BayesianMLPRegressor(**QUICK).fit(X, Y), X)
    model.diagnostics_ = Bunch(r_hat=None, reason="Sampling interrupted by user.")
    with pytest.raises(ValueError, match=r"of its chains\. Sampling interrupted"):
        ChainDiagnosticsDisplay.from_estimator(model, X)


def test_a_display_draws_again_and_leaves_other_figures_alone(
    regressor: BayesianMLPRegressor,
) -> None:
    display = TrainingCurveDisplay.from_estimator(regressor)
    first = display.figure_
    _, ax = plt.subplots()
    assert display.plot(ax) is display
    assert display.ax_ is ax
    assert display.figure_ is not first
    ax.set_title("current")
    numbers = np.zeros((2, 5, 1)), *np.ones((3, 4))
    panels = ChainDiagnosticsDisplay(*numbers).plot()
    assert panels.figure_ is not ax.figure
    assert plt.fignum_exists(ax.figure.number)


def test_arrays_of_numbers_and_text_can_be_drawn_along() -> None:
    rng = np.random.RandomState(0)
    table = np.empty((60, 2), dtype=object)
    table[:, 0], table[:, 1] = rng.rand(60), rng.choice(["a", "b"], 60)
    model = BayesianMLPRegressor(likelihood="normal", categorical_features=[1], **QUICK)
    model.fit(table, table[:, 0].astype(float))
    along = PredictionIntervalDisplay.from_estimator(model, table, feature=1)
    assert along.x.tolist() == ["a", "b"]
    middle = np.median(table[:, 0].astype(float))
    expected = model.predict(np.array([[middle, "a"], [middle, "b"]], dtype=object))
    np.testing.assert_allclose(along.mean, expected)
    plt.close("all")
    partial = PartialDependenceIntervalDisplay.from_estimator(model, table, 0, n_points=3)
    assert partial.draws.shape == (20, 3)


def test_wrappers_several_targets_and_given_axes(regressor: BayesianMLPRegressor) -> None:
    _, ax = plt.subplots()
    piped = make_pipeline(StandardScaler(), BayesianMLPRegressor(**QUICK)).fit(X[:99], Y[:99])
    assert PITDisplay.from_estimator(piped, X, Y, ax=ax).ax_ is ax
    wrapped = ConformalRegressor(regressor, cv="prefit").fit(X[200:], Y[200:])
    PredictionIntervalDisplay.from_estimator(wrapped, X, Y, feature=0, ax=ax)
    two = BayesianMLPRegressor(**QUICK).fit(X[:99], np.column_stack([Y, -Y])[:99])
    second = PredictionIntervalDisplay.from_estimator(
        two, X, np.column_stack([Y, -Y]), feature=0, target=1, ax=ax
    )
    assert np.array_equal(second.observed_y, -Y)
    one = BayesianMLPRegressor(**QUICK).fit(X[:99, [2]], Y[:99])
    only = PredictionIntervalDisplay.from_estimator(one, X[:, [2]], Y, ax=ax)
    assert only.is_along
    many = np.repeat(X, 5, axis=0)
    PredictionIntervalDisplay.from_estimator(regressor, many, np.repeat(Y, 5), ax=ax)


@pytest.mark.parametrize("feature", ["age", 10, -11])
def test_columns_that_are_not_there_are_named(
    regressor: BayesianMLPRegressor, feature: object
) -> None:
    with pytest.raises(ValueError, match="feature must be"):
        PredictionIntervalDisplay.from_estimator(regressor, X, feature=feature)


def test_without_matplotlib_the_extra_is_named(
    regressor: BayesianMLPRegressor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"skbayes\[plot\]"):
        CalibrationDisplay.from_estimator(regressor, X, Y)
