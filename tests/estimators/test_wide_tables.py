"""More columns than rows: principal components, or the few columns that matter."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.linear_model import BayesianRidge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor, BayesianMLPRegressorCV
from skbayes.estimators import automatic
from skbayes.estimators.automatic import TableFacts

QUICK: dict[str, Any] = {"budget": 0.05, "random_state": 0}


def _spectra(n_rows: int, n_columns: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Four bands that overlap in smooth columns, two of which matter."""
    rng = np.random.RandomState(seed)
    place = np.linspace(0, 1, n_columns)
    centres, widths = np.array([0.2, 0.4, 0.65, 0.9]), np.array([0.05, 0.15, 0.1, 0.2])
    bands = np.exp(-0.5 * ((place - centres[:, None]) / widths[:, None]) ** 2)
    amounts = rng.normal(size=(n_rows, 4))
    X = amounts @ bands + 0.01 * rng.normal(size=(n_rows, n_columns))
    return X, amounts[:, 0] - 0.5 * amounts[:, 1] + 0.1 * rng.normal(size=n_rows)


def _few_matter(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.RandomState(0)
    X = rng.normal(size=(n_rows, 200))
    return X, 2 * X[:, 3] - X[:, 7] + 0.3 * rng.normal(size=n_rows)


def test_spectra_are_predicted_as_well_as_by_a_straight_line() -> None:
    X, y = _spectra(560)
    X, X_new, y, y_new = X[:60], X[60:], y[:60], y[60:]
    model = BayesianMLPRegressor(budget=0.5, random_state=0).fit(X, y)
    assert model.plan_.principal_components
    assert model.plan_.sampler is not None
    line = make_pipeline(StandardScaler(), BayesianRidge()).fit(X, y)
    mean, std = line.predict(X_new, return_std=True)
    of_line = stats.norm.logpdf(y_new, mean, std).mean()
    # The truth is a straight line. Of its own columns, variational, the density is 1.2 nats lower.
    assert model.predict_dist(X_new).log_prob(y_new).mean() > of_line - 0.1
    low, high = model.predict_interval(X_new, coverage=0.9).T
    assert 0.85 < np.mean((low <= y_new) & (y_new <= high)) < 0.97
    assert model.feature_prior_scales_.shape == (120,)
    # Of bands that matter, and between them and those that do not.
    assert model.feature_prior_scales_[20:30].mean() > model.feature_prior_scales_[80:].mean()


@pytest.mark.parametrize("make", [BayesianMLPRegressor, BayesianMLPClassifier])
def test_columns_stay_where_a_few_of_them_matter(make: type) -> None:
    X, y = _few_matter(100)
    target = y if make is BayesianMLPRegressor else (y > 0).astype(int)
    model = make(**QUICK).fit(X, target)
    assert not model.plan_.principal_components
    assert model.plan_.sampler is None
    assert set(np.argsort(model.feature_prior_scales_)[-2:]) == {3, 7}


def test_classes_of_spectra_are_read_by_components() -> None:
    X, y = _spectra(300)
    model = BayesianMLPClassifier(**QUICK).fit(X[:80], y[:80] > 0)
    assert model.plan_.principal_components
    assert model.score(X[80:], y[80:] > 0) > 0.85


def test_what_is_stated_is_taken() -> None:
    X, y = _spectra(40)
    for stated in (True, False):
        model = BayesianMLPRegressor(principal_components=stated, **QUICK).fit(X, y)
        assert model.plan_.principal_components is stated
        assert (model.plan_.sampler is None) is not stated
    variational = BayesianMLPRegressor(inference="variational", max_iter=20, random_state=0)
    assert not variational.fit(X, y).plan_.principal_components
    assert variational.set_params(principal_components=True).fit(X, y).plan_.principal_components


def test_a_given_sigma_is_that_of_columns() -> None:
    X, y = _spectra(40)
    assert not BayesianMLPRegressor(prior_sigma=1.0, **QUICK).fit(X, y).plan_.principal_components
    search = BayesianMLPRegressorCV(prior_sigmas=[0.5, 2.0], cv=2, **QUICK).fit(X, y)
    assert not search.plan_.principal_components


def test_of_few_columns_too_if_they_are_asked_for() -> None:
    rng = np.random.RandomState(0)
    z = rng.normal(size=300)
    X = np.column_stack([z, z + 0.1 * rng.normal(size=300), rng.normal(size=300)])
    X[::9, 2] = np.nan
    model = BayesianMLPRegressor(principal_components=True, n_bins=3, **QUICK).fit(X, z)
    columns = model._encoding.columns
    assert columns.n_numeric == 3 + 1 + 9  # components, a gap, bins
    assert len(set(columns.features)) == 3 + 1 + 9
    scales = model.feature_prior_scales_
    assert scales.shape == (3,)
    assert scales.sum() == pytest.approx(1)
    assert scales[2] < min(scales[:2])
    assert np.sqrt(np.mean((model.predict(X) - z) ** 2)) < 0.3


def test_categories_are_beside_them() -> None:
    pandas = pytest.importorskip("pandas")
    X, y = _spectra(50)
    frame = pandas.DataFrame(X).assign(kind=pandas.Categorical(list("ab") * 25))
    frame.columns = frame.columns.astype(str)
    shifted = y + 2.0 * (frame["kind"] == "a")
    model = BayesianMLPRegressor(budget=0.2, random_state=0).fit(frame, shifted)
    assert model.plan_.principal_components
    a, b = (frame.assign(kind=pandas.Categorical([kind] * 50, ["a", "b"])) for kind in "ab")
    assert np.mean(model.predict(a) - model.predict(b)) == pytest.approx(2.0, abs=0.4)


def test_a_fit_that_goes_on_reads_the_same() -> None:
    X, y = _spectra(60)
    model = BayesianMLPRegressor(warm_start=True, **QUICK).fit(X[:40], y[:40])
    directions = model._encoding.components.directions
    for go_on in (model.fit, model.partial_fit):
        go_on(X[20:], y[20:])
        assert model.plan_.principal_components
        assert model._encoding.components.directions is directions
    X, y = _few_matter(60)
    model = BayesianMLPRegressor(warm_start=True, **QUICK).fit(X, y)
    assert not model.fit(*_spectra(60, 200)).plan_.principal_components


def test_the_rule() -> None:
    facts = partial(TableFacts, target="numbers", is_single_precision=False)
    wide = facts(60, 200, 200)
    assert automatic.tries_components(wide)
    assert automatic.is_sampled(wide.of_components())
    others = [
        facts(200, 200, 200),
        facts(60, 200, 50),
        facts(2001, 3000, 3000),
        replace(wide, is_sparse=True),
        replace(wide, is_table=False),
        replace(wide, network="module"),
    ]
    assert not any(map(automatic.tries_components, others))
    for target in ("numbers", "classes"):
        assert automatic.prior(replace(wide, target=target)).grouping == "feature"


@pytest.mark.parametrize("n_rows", [1, 2, 5])
def test_hardly_any_rows(n_rows: int) -> None:
    X, y = _spectra(n_rows)
    model = BayesianMLPRegressor(**QUICK).fit(X, y)
    assert model.plan_.principal_components
    assert np.isfinite(model.predict(_spectra(3)[0])).all()


def test_refused_where_there_are_none() -> None:
    X, y = _spectra(30)
    regressor = BayesianMLPRegressor(principal_components=True, **QUICK)
    with pytest.raises(
        ValueError, match="principal_components must be False or 'auto' with sparse"
    ):
        regressor.fit(sparse.csr_array(X), y)
    with pytest.raises(ValueError, match="'auto' with X without numeric columns"):
        BayesianMLPRegressor(principal_components=True, categorical_features=[0, 1], **QUICK).fit(
            np.round(X[:, :2]), y
        )
    with pytest.raises(ValueError, match="'principal_components' parameter"):
        BayesianMLPRegressor(principal_components="all").fit(X, y)
    assert BayesianMLPRegressor(**QUICK).fit(sparse.csr_array(X), y).plan_.sampler is None
