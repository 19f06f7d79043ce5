"""Every likelihood recovers the truth on data simulated from it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from scipy import stats

from skbayes import BayesianMLPRegressor
from skbayes.metrics import interval_coverage, neg_log_predictive_density
from skbayes.model import LIKELIHOODS
from skbayes.variational import Variational

N_TRAIN, N_TEST = 1500, 2000


@dataclass(frozen=True)
class Truth:
    """SciPy's distribution of ``y`` given the location, and the parameters to be found."""

    distribution: Callable[[np.ndarray], Any]
    # Each with its standard error from `N_TRAIN` rows, from the Fisher information.
    parameters: dict[str, tuple[float, float]] = field(default_factory=dict)


# The Fisher information of a row is 2 / s^2 for a normal scale, 1 / s^2 for a Laplace scale and
# trigamma(k) - 1 / k for the shape of a gamma; for Student-t (both parameters jointly) and
# the negative binomial it is the expected square of the score, integrated numerically.
TRUTHS = {
    "normal": Truth(lambda f: stats.norm(f, 0.5), {"scale": (0.5, 0.009)}),
    "heteroscedastic": Truth(lambda f: stats.norm(f, np.exp(0.5 * f - 1))),
    "heteroscedastic_student_t": Truth(
        lambda f: stats.t(3.0, f, np.exp(0.5 * f - 1)), {"df": (3.0, 0.26)}
    ),
    "student_t": Truth(lambda f: stats.t(3.0, f, 0.5), {"scale": (0.5, 0.017), "df": (3.0, 0.26)}),
    "laplace": Truth(lambda f: stats.laplace(f, 0.5), {"scale": (0.5, 0.013)}),
    "lognormal": Truth(lambda f: stats.lognorm(0.5, scale=np.exp(f)), {"scale": (0.5, 0.009)}),
    "gamma": Truth(lambda f: stats.gamma(2.0, scale=np.exp(f) / 2.0), {"shape": (2.0, 0.068)}),
    "poisson": Truth(lambda f: stats.poisson(np.exp(f))),
    "negative_binomial": Truth(
        lambda f: stats.nbinom(2.0, 2.0 / (2.0 + np.exp(f))), {"size": (2.0, 0.13)}
    ),
}


def _inputs(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.RandomState(seed).uniform(-2, 2, size=(n_rows, 2))
    return X, 1.0 + 0.8 * X[:, 0] - 0.3 * X[:, 1]


def _coverage(interval: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean((interval[:, 0] <= y) & (y <= interval[:, 1])))


def test_every_likelihood_has_a_truth() -> None:
    # A logit-normal fit is a normal one: tests/estimators/test_likelihoods.py.
    assert {*TRUTHS, "logit_normal"} == set(LIKELIHOODS)


@pytest.mark.parametrize("name", sorted(TRUTHS))
def test_the_truth_is_recovered(name: str) -> None:
    truth = TRUTHS[name]
    X, location = _inputs(N_TRAIN, seed=0)
    y = truth.distribution(location).rvs(random_state=np.random.RandomState(1))
    # A linear network: what is left to find are six numbers, and the data suffice for them.
    model = BayesianMLPRegressor(
        (),
        likelihood=name,
        inference=Variational(n_members=1),
        n_posterior_samples=50,
        max_iter=1500,
        tol=1e-3,
        random_state=0,
    ).fit(X, y)

    for key, (value, standard_error) in truth.parameters.items():
        # On the logarithmic scale, above the least value, where estimates are nearly normal.
        least = 1.0 if key == "df" else 0.0
        log_ratio = np.log((model.likelihood_parameters_[key] - least) / (value - least))
        assert abs(log_ratio) < 3 * standard_error / (value - least)

    X_test, location = _inputs(N_TEST, seed=2)
    distribution = truth.distribution(location)
    y_test = distribution.rvs(random_state=np.random.RandomState(3))
    dist = model.predict_dist(X_test)
    is_count = hasattr(distribution.dist, "pmf")
    for coverage in (0.5, 0.9):
        tail = (1 - coverage) / 2
        # Intervals for counts hold more than their coverage: as much as the true ones do.
        exact = np.stack([distribution.ppf(tail), distribution.ppf(1 - tail)], axis=1)
        target = _coverage(exact, y_test) if is_count else coverage
        # Three binomial standard errors, at most 0.011 each.
        standard_error = np.sqrt(coverage * (1 - coverage) / N_TEST)
        observed = interval_coverage(dist, y_test, coverage=coverage)
        assert observed == pytest.approx(target, abs=3 * standard_error)

    log_density = distribution.logpmf(y_test) if is_count else distribution.logpdf(y_test)
    # Estimating p = 6 parameters costs about p / 2n = 0.002 nats a row.
    assert neg_log_predictive_density(dist, y_test) == pytest.approx(-log_density.mean(), abs=0.01)


@pytest.mark.parametrize("rate", [1e-3, 1e6])
@pytest.mark.parametrize("name", ["poisson", "negative_binomial"])
def test_rates_of_any_magnitude_train(name: str, rate: float) -> None:
    X = np.random.RandomState(0).uniform(-1, 1, size=(4000, 1))
    mean = rate * np.exp(X[:, 0])
    y = stats.poisson(mean).rvs(random_state=np.random.RandomState(1))
    model = BayesianMLPRegressor(
        (),
        likelihood=name,
        inference=Variational(n_members=1),
        max_iter=1500,
        tol=1e-3,
        random_state=0,
    ).fit(X, y)
    # At a rate of 0.001 four thousand rows hold five events: their number is all that they say.
    ratio = model.predict(X).mean() / y.mean()
    assert ratio == pytest.approx(1.0, abs=0.2 if rate < 1 else 0.01)
    if rate > 1:
        np.testing.assert_allclose(model.predict(X), mean, rtol=0.02)
