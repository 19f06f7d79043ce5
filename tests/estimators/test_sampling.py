"""Sampled posteriors behind both estimators."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.metrics import log_loss

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor, priors
from skbayes.likelihoods import Censored, Hurdle, LogitNormal
from skbayes.model import LIKELIHOODS, LikelihoodFamily
from skbayes.samplers import HMC, MCLMC
from skbayes.variational import Variational

QUICK = {
    "hidden_layer_sizes": (4,),
    "activation": "tanh",
    "max_iter": 60,
    "n_posterior_samples": 20,
    "random_state": 0,
}

CHAINS = {"n_chains": 4, "n_warmup": 60, "n_samples": 10, "thin": 2}


@pytest.fixture(autouse=True)
def _short_chains_may_disagree():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("sampler", [MCLMC, HMC])
@pytest.mark.parametrize(
    "likelihood",
    [
        *sorted(set(LIKELIHOODS) - {"logit_normal"}),
        LogitNormal(upper=30.0),
        Censored(lower=2.0),
        Hurdle(at=2.0),
    ],
    ids=str,
)
def test_every_likelihood(sampler: type, likelihood: str | LikelihoodFamily) -> None:
    rng = np.random.RandomState(0)
    X = rng.standard_normal((40, 2))
    y = rng.poisson(np.exp(1 + 0.3 * X[:, 0])) + 1.0
    regressor = BayesianMLPRegressor(
        likelihood=likelihood, inference=sampler(**CHAINS), **QUICK
    ).fit(X, y)
    assert regressor.posterior_draws_.shape[0] == 20
    assert np.isfinite(regressor.predict(X)).all()
    lower, upper = regressor.predict_interval(X).T
    assert np.all(lower <= upper)
    assert np.isfinite(regressor.elbo_)


@pytest.mark.parametrize(
    "changes",
    [
        {"prior": "laplace", "prior_sigma": 1.0},
        {"prior": "student_t", "prior_sigma": 1.0},
        {"prior": "scale_mixture", "prior_sigma": 2.0},
        {"prior_sigma": [1.0, 2.0]},
        {"prior": priors.Normal(grouping="layer")},
        {"posterior": "deterministic"},
        {"posterior": "low_rank"},
        {"posterior": "last_layer"},
        {"inference__kl_weight": 0.5},
        {"inference__batch_size": 10},
        {"dtype": "float64"},
        {"inference__start": Variational(n_members=2, kl_weight=0.1)},
        {"linear_skip": False},
    ],
)
def test_every_prior_and_start(changes: dict) -> None:
    rng = np.random.RandomState(0)
    X = rng.standard_normal((40, 3))
    y = X[:, 0] + 0.1 * rng.standard_normal(40)
    base = BayesianMLPRegressor(inference=MCLMC(**CHAINS), **QUICK)
    expected = clone(base).fit(X, y).predict(X)
    actual = clone(base).set_params(**changes).fit(X, y).predict(X)
    assert np.isfinite(actual).all()
    assert not np.array_equal(actual, expected)


def test_weights_targets_and_categories() -> None:
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"a": rng.standard_normal(40), "b": rng.choice(["u", "v"], 40)})
    X.loc[3, "a"] = np.nan
    y = rng.standard_normal((40, 2))
    regressor = BayesianMLPRegressor(inference=MCLMC(**CHAINS), **QUICK)
    weighted = regressor.fit(X, y, sample_weight=rng.uniform(0, 2, 40)).predict(X)
    assert weighted.shape == (40, 2)
    assert not np.array_equal(weighted, regressor.fit(X, y).predict(X))
    assert regressor.diagnostics_.r_hat.shape == (50, 2)


@pytest.mark.parametrize("sampler", [MCLMC, HMC])
def test_classifier(sampler: type) -> None:
    X, y = load_iris(return_X_y=True)
    classifier = BayesianMLPClassifier(inference=sampler(**CHAINS), **QUICK).fit(X, y)
    assert classifier.score(X, y) > 0.9
    assert classifier.diagnostics_.r_hat.shape == (50, 3)
    labels = np.stack([y > 0, y > 1], axis=1).astype(int)
    assert classifier.fit(X, labels).predict_proba(X).shape == (150, 2)


def test_clean_labels_are_sampled_with_more_weight() -> None:
    X, y = load_digits(return_X_y=True)
    settings = {"budget": 0.25, "random_state": 0}
    chosen = BayesianMLPClassifier(**settings).fit(X[:1200], y[:1200])
    assert chosen.plan_.sampler.kl_weight == "auto"
    assert chosen.diagnostics_.kl_weight == 0.03
    assert chosen.kl_weight_ < 0.03  # of the start
    plain = MCLMC(4, n_warmup=250, thin=5, batch_size=1200)
    bayes = BayesianMLPClassifier(inference=plain, **settings).fit(X[:1200], y[:1200])
    assert bayes.diagnostics_.kl_weight == 1.0
    losses = [log_loss(y[1200:], model.predict_proba(X[1200:])) for model in (chosen, bayes)]
    assert losses[0] < losses[1]


def test_a_weight_left_to_held_out_rows_needs_enough_of_them(diabetes, capsys) -> None:
    X, y = diabetes
    settings = {**QUICK, "inference": MCLMC(**CHAINS, kl_weight="auto")}
    regressor = BayesianMLPRegressor(**settings).fit(X, y)
    assert regressor.diagnostics_.kl_weight == 1.0
    # The start that was asked for is below full weight, and stays.
    start = Variational(n_members=2, kl_weight=0.1)
    regressor.set_params(inference__start=start, verbose=1)
    regressor.fit(np.tile(X, (2, 1)) + np.arange(2 * len(X))[:, None], np.tile(y, 2))
    assert regressor.kl_weight_ == 0.1
    assert regressor.diagnostics_.kl_weight in (1.0, 0.03)
    assert "chains predict held-out rows best at kl_weight=" in capsys.readouterr().out


def test_more_samples_than_stored_keeps_what_there_is(diabetes) -> None:
    X, y = diabetes
    regressor = BayesianMLPRegressor(inference=MCLMC(**CHAINS), **QUICK)
    regressor.set_params(n_posterior_samples=500).fit(X, y)
    assert len(regressor.posterior_draws_) == 40
    assert regressor.posterior_draws_.dtype == np.float32


def test_same_seed_same_bits(diabetes) -> None:
    X, y = diabetes
    first, second = (
        BayesianMLPRegressor(inference=MCLMC(**CHAINS), **QUICK).fit(X, y).posterior_draws_
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_diagnostics(diabetes) -> None:
    X, y = diabetes
    regressor = BayesianMLPRegressor(inference=MCLMC(**CHAINS), **QUICK).fit(X, y)
    diagnostics = regressor.diagnostics_
    assert diagnostics.effective_sample_size.shape == (50, 1)
    for name in ("energy_error", "n_reverted", "step_size"):
        assert diagnostics[name].shape == (4,)
    assert diagnostics.n_gradients == 1 + 60 + 20
    assert diagnostics.reason is None
    regressor.set_params(inference="variational").fit(X, y)
    assert not hasattr(regressor, "diagnostics_")


def test_bad_chains_warn_of_what_to_raise(diabetes) -> None:
    X, y = diabetes
    settings = {**QUICK, "max_iter": 5}
    chains = MCLMC(**{**CHAINS, "n_warmup": 1, "thin": 1})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        BayesianMLPRegressor(inference=chains, **settings).fit(X, y)
    assert any("Raise n_warmup" in str(warning.message) for warning in caught)


def test_progress(diabetes, capsys) -> None:
    X, y = diabetes
    BayesianMLPRegressor(inference=MCLMC(**CHAINS), verbose=True, **QUICK).fit(X, y)
    output = capsys.readouterr().out
    assert "warm-up" in output
    assert "reverted" in output


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inference": "nuts"}, "inference"),
        ({"inference": MCLMC(kl_weight=0.0)}, "'kl_weight' parameter of MCLMC must be"),
        ({"inference": MCLMC(), "n_posterior_samples": 2}, "at least n_chains"),
        ({"inference": MCLMC(n_chains=0)}, "'n_chains' parameter of MCLMC must be"),
        ({"inference": HMC(thin=0)}, "'thin' parameter of HMC must be"),
        ({"inference": MCLMC(start=Variational(n_draws=0))}, "'n_draws' parameter of Variational"),
        ({"inference": MCLMC(start="mclmc")}, "'start' parameter of MCLMC must be"),
        ({"early_stopping": True, "inference": HMC()}, "early_stopping must be False"),
    ],
)
def test_errors_name_the_parameter(changes: dict, message: str, diabetes) -> None:
    X, y = diabetes
    with pytest.raises(ValueError, match=message):
        BayesianMLPRegressor(**{**QUICK, **changes}).fit(X, y)


def test_warnings_point_at_the_callers_line(diabetes) -> None:
    X, y = diabetes
    settings = {**QUICK, "max_iter": 5}
    chains = MCLMC(**{**CHAINS, "n_warmup": 1, "thin": 1})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        BayesianMLPRegressor(inference=chains, **settings).fit(X, y)
    assert {warning.filename for warning in caught} == {__file__}
