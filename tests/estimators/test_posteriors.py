"""The family of the posterior as a parameter of an estimator."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor, posteriors, priors
from skbayes.inference import POSTERIORS
from skbayes.model import GROUPINGS
from skbayes.posteriors import LastLayer, LowRank
from skbayes.priors import Normal, ScaleMixture, StudentT
from skbayes.variational import Variational

EVERY_POSTERIOR = [
    *({"posterior": family} for family in POSTERIORS),
    *({"posterior": LastLayer(family)} for family in ("low_rank", "full", LowRank(2))),
]


@pytest.fixture(scope="module")
def linear(diabetes: tuple) -> BayesianMLPRegressor:
    """The mode of a linear model."""
    X, y = diabetes
    return BayesianMLPRegressor(
        (),
        likelihood="normal",
        posterior="deterministic",
        prior_sigma=0.5,
        inference=Variational(n_members=2),
        batch_size=len(y),  # no noise from minibatches
        random_state=0,
    ).fit(X, y)


@pytest.mark.parametrize("posterior", EVERY_POSTERIOR, ids=str)
@pytest.mark.parametrize("prior", [{"prior_sigma": "auto"}, {"prior": "student_t"}], ids=str)
def test_every_posterior_works_with_every_kind_of_prior(
    quick: BayesianMLPRegressor, diabetes: tuple, posterior: dict, prior: dict
) -> None:
    X, y = diabetes[0][:60], diabetes[1][:60]
    quick.set_params(prior_sigma=1.0).set_params(**prior, **posterior)
    interval = quick.fit(X, y).predict_interval(X)
    assert np.isfinite(interval).all()
    assert np.all(interval[:, 0] < interval[:, 1])


@given(
    posterior=st.sampled_from([*sorted(POSTERIORS), LastLayer("full"), LowRank(2)]),
    prior=st.sampled_from(
        [
            *map(Normal, GROUPINGS),
            "normal",
            "laplace",
            "student_t",
            ScaleMixture(pi=0.3),
            StudentT(df=1),
        ]
    ),
    prior_sigma=st.sampled_from(["auto", 0.5, [1.0, 2.0]]),
    hidden_layer_sizes=st.sampled_from([(), (3,)]),
    linear_skip=st.booleans(),
    likelihood=st.sampled_from(["normal", "heteroscedastic"]),
    inference=st.sampled_from([Variational(2, kl_weight=kl_weight) for kl_weight in (0.0, 1.0)]),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=60, deadline=None)
def test_every_combination_fits_or_says_what_does_not_go_together(**parameters) -> None:
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(12, 2)), rng.normal(size=12)
    model = BayesianMLPRegressor(max_iter=4, random_state=0, **parameters)
    is_point = parameters["posterior"] == "deterministic"
    sigma = parameters["prior_sigma"]
    messages = []
    if isinstance(sigma, list) and len(sigma) != 1 + len(parameters["hidden_layer_sizes"]):
        messages.append("prior_sigma must have one number for each")
    learns = isinstance(parameters["prior"], Normal) or parameters["prior"] == "normal"
    if sigma == "auto" and not learns:
        messages.append("prior_sigma='auto' learns the scales of a normal prior")
    if messages:
        with pytest.raises(ValueError, match="|".join(messages)):
            model.fit(X, y)
        return
    assert np.isfinite(model.fit(X, y).predict_interval(X)).all()
    assert hasattr(model, "prior_sigma_") == (sigma == "auto")
    assert len(model.posterior_draws_) == (2 - model.n_left_out_ if is_point else 200)


@pytest.mark.parametrize("posterior", EVERY_POSTERIOR, ids=str)
def test_every_posterior_classifies(posterior: dict) -> None:
    X, y = load_iris(return_X_y=True)
    model = BayesianMLPClassifier(
        (6,), inference=Variational(n_members=2), max_iter=400, random_state=0, **posterior
    )
    assert model.fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.9


@pytest.mark.parametrize("posterior", EVERY_POSTERIOR[1:], ids=str)
def test_every_posterior_differs_from_the_default(
    quick: BayesianMLPRegressor, diabetes: tuple, posterior: dict
) -> None:
    X, y = diabetes[0][:60], diabetes[1][:60]
    default = clone(quick).fit(X, y).predict(X)
    assert not np.array_equal(quick.set_params(**posterior).fit(X, y).predict(X), default)


def test_rank_matters_up_to_the_number_of_weights(diabetes: tuple) -> None:
    X, y = diabetes[0][:60, :2], diabetes[1][:60]
    model = BayesianMLPRegressor(
        (),
        likelihood="normal",
        inference=Variational(n_members=1),
        max_iter=60,
        random_state=0,
    )
    model.set_params(posterior="low_rank")
    # Two weights, a bias and the noise.
    means = [
        clone(model).set_params(posterior=posteriors.LowRank(r)).fit(X, y).predict(X)
        for r in (1, 2, 4, 9)
    ]
    assert not np.array_equal(means[0], means[1])
    assert np.array_equal(means[2], means[3])


class TestLastLayerOnly:
    def test_draws_of_a_member_share_the_body(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X, y = diabetes[0][:60], diabetes[1][:60]
        draws = quick.set_params(posterior=posteriors.LastLayer()).fit(X, y).posterior_draws_
        n_body = 10 * 8 + 8
        of_one_member = draws[::2]
        assert np.all(of_one_member[:, :n_body] == of_one_member[0, :n_body])
        # Output weights and bias, skip and noise.
        assert np.all(of_one_member[:, n_body:].std(axis=0) > 0)

    def test_without_hidden_layers_it_is_the_whole_posterior(self, diabetes: tuple) -> None:
        X, y = diabetes[0][:60], diabetes[1][:60]
        model = BayesianMLPRegressor(
            (), inference=Variational(n_members=2), max_iter=60, random_state=0
        )
        whole = clone(model).fit(X, y).predict_interval(X)
        last = (
            clone(model).set_params(posterior=posteriors.LastLayer()).fit(X, y).predict_interval(X)
        )
        np.testing.assert_allclose(last, whole)

    def test_a_point_is_no_distribution_for_the_last_layer(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        with pytest.raises(ValueError, match="'family' parameter of LastLayer must be"):
            quick.set_params(posterior=LastLayer("deterministic")).fit(*diabetes)


class TestFull:
    def test_too_many_weights(self, diabetes: tuple) -> None:
        model = BayesianMLPRegressor((60, 60), posterior="full", max_iter=2)
        with pytest.raises(ValueError, match="posterior='full' must have at most 2000 weights"):
            model.fit(*diabetes)

    def test_a_large_body_is_no_matter(self, diabetes: tuple) -> None:
        model = BayesianMLPRegressor((60, 60), posterior=posteriors.LastLayer("full"), max_iter=2)
        assert np.isfinite(model.fit(*diabetes).elbo_)


class TestDeterministic:
    def test_a_linear_model_is_ridge_regression(
        self, linear: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X, y = diabetes
        scaled = (X - X.mean(axis=0)) / X.std(axis=0)
        # Weights N(0, 0.5^2 / 10) and noise of this size, in units of the standardised target.
        penalty = (linear.noise_std_ / y.std()) ** 2 / (0.5**2 / 10)
        ridge = Ridge(alpha=penalty).fit(scaled, y)
        np.testing.assert_allclose(linear.predict(X), ridge.predict(scaled), rtol=1e-3)

    def test_one_draw_a_member_and_no_doubt_within_it(
        self, linear: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        assert len(linear.posterior_draws_) == 2
        # Both members find the one mode.
        assert np.all(linear.predict_uncertainty(diabetes[0]).epistemic < 0.1)

    def test_elbo_is_the_log_joint_density_per_row(
        self, linear: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X, y = diabetes
        log_joint = []
        for vector in linear.posterior_draws_:
            weights, bias, log_noise = vector[:10], vector[10], vector[11]
            mean = ((X - X.mean(axis=0)) / X.std(axis=0)) @ weights + bias
            noise = np.exp(log_noise) + 1e-3
            log_joint.append(
                stats.norm.logpdf(y, y.mean() + y.std() * mean, y.std() * noise).sum()
                + stats.norm.logpdf(weights, scale=0.5 / np.sqrt(10)).sum()
                + stats.norm.logpdf(bias, scale=0.5)
                + stats.norm.logpdf(log_noise, -1, 2)
            )
        assert linear.elbo_ == pytest.approx(np.mean(log_joint) / len(y), abs=1e-5)

    def test_learned_scales_are_those_of_the_points(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X, y = diabetes[0][:60], diabetes[1][:60]
        model = quick.set_params(
            posterior="deterministic", prior=priors.Normal(grouping="layer")
        ).fit(X, y)
        first_layer = model.posterior_draws_[:, :80]
        # Bishop 2006, eq. 10.178 and 10.179, with 80 weights of fan-in 10.
        expected = (0.05 + 0.5 * 10 * (first_layer**2).sum(axis=1)) / (0.5 + 40)
        np.testing.assert_allclose(model.prior_sigma_["hidden_1"][:, 0] ** 2, expected)

    def test_deep_ensemble_disagrees_between_its_members(
        self, quick: BayesianMLPRegressor, diabetes: tuple
    ) -> None:
        X, y = diabetes[0][:60], diabetes[1][:60]
        model = quick.set_params(posterior="deterministic", prior_sigma=1.0, inference__n_members=3)
        assert np.all(model.fit(X, y).predict_uncertainty(X).epistemic > 0)
        assert model.sample_f(X, 3).shape == (60, 3)


@pytest.mark.parametrize(
    ("posterior", "n_points"), [("deterministic", 4 * 11 + 4 + 11 + 1), ("last_layer", 4 * 11)]
)
def test_points_that_rival_the_rows_warn_with_the_numbers(
    quick: BayesianMLPRegressor, diabetes: tuple, posterior: str, n_points: int
) -> None:
    X, y = diabetes
    quick.set_params(hidden_layer_sizes=(4,), posterior=posterior)
    with pytest.warns(ConvergenceWarning, match=f"{n_points} weights as points to 40 rows"):
        quick.fit(X[:40], y[:40])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        quick.fit(X, y)
    assert not any("as points" in str(warning.message) for warning in caught)
