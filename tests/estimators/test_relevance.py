"""What predictions depend on, against functions whose dependence is known."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor, feature_dependence
from skbayes.variational import Variational


def test_total_effects_of_a_linear_function() -> None:
    rng = np.random.RandomState(0)
    X = rng.uniform(size=(500, 4))
    y = 3 * X[:, 0] + 2 * X[:, 1] + X[:, 2] + 0.01 * rng.standard_normal(500)
    model = BayesianMLPRegressor((), likelihood="normal", inference=Variational(2), random_state=0)
    found = feature_dependence(model.fit(X, y), X, n_repeats=10)
    # Of independent columns: the squares of the coefficients.
    expected = np.array([9, 4, 1, 0]) / 14
    # Columns are correlated by chance, by 1 / sqrt(500), which moves the variance of 500 rows
    # by 2 * 0.045 * (6 + 3 + 2) / 14 = 7 %.
    np.testing.assert_allclose(found.mean, expected, atol=0.08)
    assert np.all(found.std < 0.02)
    assert found.draws.shape == (200, 4)


def test_columns_that_act_together_count_for_each() -> None:
    rng = np.random.RandomState(0)
    X = rng.choice([-1.0, 1.0], size=(400, 3))
    model = BayesianMLPRegressor(
        (16,), likelihood="normal", inference=Variational(2), prior_sigma=2.0, random_state=0
    ).fit(X, X[:, 0] * X[:, 1])
    found = feature_dependence(model, X)
    np.testing.assert_allclose(found.mean, [1, 1, 0], atol=0.15)


def test_a_category_of_two_levels_that_does_nothing_is_not_ahead() -> None:
    # The scale of its prior is: two weights that are not needed leave it where it began.
    rng = np.random.RandomState(0)
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=600),
            "sex": rng.choice(["f", "m"], 600),
            "region": rng.choice(list("abcdef"), 600),
        }
    )
    effect = frame["region"].map(dict(zip("abcdef", [-2, -1, 0, 0, 1, 2], strict=True)))
    y = rng.uniform(size=600) < 1 / (1 + np.exp(-(effect + 0.5 * frame["size"])))
    model = BayesianMLPClassifier(inference=Variational(2), random_state=0).fit(frame, y)
    found = feature_dependence(model, frame)
    assert list(found.names) == ["size", "sex", "region"]
    assert found.mean[2] > found.mean[0] > found.mean[1]
    assert found.mean[1] < 0.1


def test_wrappers_are_seen_through_and_the_seed_fixes_the_result() -> None:
    rng = np.random.RandomState(0)
    X = rng.uniform(size=(120, 3))
    inner = BayesianMLPRegressor((4,), inference=Variational(1), max_iter=60, random_state=0)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), inner),
        {"bayesianmlpregressor__hidden_layer_sizes": [(2,)]},
        cv=2,
    ).fit(X, X[:, :2])
    first, again, other = (
        feature_dependence(search, X, max_rows=50, random_state=seed).mean for seed in (0, 0, 1)
    )
    assert first.shape == (3,)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_draws_by_member_are_in_the_order_of_each() -> None:
    rng = np.random.RandomState(0)
    X = rng.uniform(size=(60, 2))
    model = BayesianMLPRegressor(
        (4,), inference=Variational(3), n_posterior_samples=10, max_iter=800, random_state=0
    ).fit(X, X[:, 0])
    values = model.predict_by_member(X[:7])
    assert values.shape == (3, 3, 7)
    assert model.n_members_ == 3
    every = model.predict_dist(X[:7]).function_values()[..., 0]
    assert np.array_equal(values[1], every[1:9:3])
    two = model.fit(X, X).predict_by_member(X[:7])
    assert two.shape == (3, 3, 7, 2)
    classifier = BayesianMLPClassifier(
        (4,), inference=Variational(2), n_posterior_samples=4, max_iter=60, random_state=0
    ).fit(X, X[:, 0] > 0.5)
    assert classifier.predict_by_member(X[:7]).shape == (2, 2, 7, 2)
    assert classifier.predict_by_member(X).sum(-1) == pytest.approx(1.0)
