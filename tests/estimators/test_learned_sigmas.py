"""Learned scales of the prior: which groups, and what a user sees of them."""

import numpy as np
import pytest
from sklearn.base import clone

from skbayes import BayesianMLPRegressor, priors
from skbayes.variational import Variational


@pytest.fixture(scope="module")
def two_of_six() -> BayesianMLPRegressor:
    """Fitted to six features of which the first acts in a curve and the fourth in a line."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 6))
    y = np.sin(2 * X[:, 0]) + 0.7 * X[:, 3] + 0.2 * rng.normal(size=300)
    return BayesianMLPRegressor(
        (8,),
        inference=Variational(n_members=2),
        prior=priors.Normal(grouping="feature"),
        max_iter=2500,
        random_state=0,
    ).fit(X, y)


def test_irrelevant_features_rank_last(two_of_six: BayesianMLPRegressor) -> None:
    relevance = two_of_six.feature_prior_scales_
    assert relevance.shape == (6,)
    assert relevance.sum() == pytest.approx(1)
    relevant, irrelevant = relevance[[0, 3]], relevance[[1, 2, 4, 5]]
    assert relevant.min() > 3 * irrelevant.max()


def test_every_member_learns_its_own(two_of_six: BayesianMLPRegressor) -> None:
    sigmas = two_of_six.prior_sigma_
    shapes = {name: values.shape for name, values in sigmas.items()}
    assert shapes == {
        "feature": (2, 6),
        "hidden_1_bias": (2, 1),
        "output": (2, 8),
        "output_bias": (2, 1),
        "noise": (2, 1),
        "noise_bias": (2, 1),
        "noise_skip": (2, 1),
    }
    assert all(np.all(values > 0) for values in sigmas.values())
    assert not np.array_equal(*sigmas["feature"])


@pytest.mark.parametrize(
    ("grouping", "blocks"),
    [
        ("unit", {"hidden_1": 8, "output": 8, "output_bias": 1, "skip": 1}),
        (
            "layer",
            {"hidden_1": 1, "hidden_1_bias": 1, "output": 1, "output_bias": 1, "skip": 1},
        ),
    ],
)
def test_blocks_of_other_groupings(
    quick: BayesianMLPRegressor, diabetes: tuple, grouping: str, blocks: dict[str, int]
) -> None:
    model = quick.set_params(prior=priors.Normal(grouping=grouping)).fit(
        diabetes[0][:60], diabetes[1][:60]
    )
    shapes = {name: values.shape for name, values in model.prior_sigma_.items()}
    assert shapes == {name: (2, n_groups) for name, n_groups in blocks.items()}
    assert not hasattr(model, "feature_prior_scales_")


def test_scales_that_were_given_are_not_reported_as_learned(
    quick: BayesianMLPRegressor, diabetes: tuple
) -> None:
    X, y = diabetes[0][:60], diabetes[1][:60]
    model = clone(quick).set_params(prior=priors.Normal(grouping="feature")).fit(X, y)
    assert model.feature_prior_scales_.shape == (10,)
    model.set_params(prior_sigma=1.0).fit(X, y)
    assert not hasattr(model, "prior_sigma_")
    assert not hasattr(model, "feature_prior_scales_")


def test_a_learned_scale_is_near_the_spread_of_the_weights() -> None:
    # 20 weights of a linear model drawn from N(0, 3^2 / 20): a scale of 3, known to 16 %.
    rng = np.random.RandomState(0)
    X = rng.normal(size=(500, 20))
    weights = 3 / np.sqrt(20) * rng.normal(size=20)
    y = X @ weights + 0.1 * rng.normal(size=500)
    model = BayesianMLPRegressor(
        (),
        likelihood="normal",
        inference=Variational(n_members=1),
        prior=priors.Normal(grouping="layer"),
        standardize=False,
        max_iter=3000,
        random_state=0,
    ).fit(X, y)
    expected = np.sqrt(20 * np.mean(weights**2))
    # The gamma prior of the precision counts as a weight more, of scale 0.3.
    assert float(model.prior_sigma_["output"][0, 0]) == pytest.approx(expected, rel=0.05)
