"""Censored targets: what they were before they were cut is found, and the cut is predicted.

Targets that are often one value: how often, and what the others are, is found.
"""

import numpy as np
import pytest
from scipy import special, stats

from skbayes import BayesianMLPRegressor
from skbayes.likelihoods import Censored, Hurdle
from skbayes.metrics import interval_coverage, neg_log_predictive_density
from skbayes.variational import Variational

N_TRAIN, N_TEST = 1500, 2000
NOISE = 0.5
# At the cap lie 41 % of the rows, at the floor 15 %.
LOWER, UPPER = -0.2, 1.3
TRUTHS = {
    "normal": lambda f: stats.norm(f, NOISE),
    "student_t": lambda f: stats.t(3.0, f, NOISE),
    "laplace": lambda f: stats.laplace(f, NOISE),
    "heteroscedastic": lambda f: stats.norm(f, np.exp(0.5 * f - 1)),
    "heteroscedastic_student_t": lambda f: stats.t(3.0, f, np.exp(0.5 * f - 1)),
}


def _inputs(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.RandomState(seed).uniform(-2, 2, size=(n_rows, 2))
    return X, 1.0 + 0.8 * X[:, 0] - 0.3 * X[:, 1]


def _fit(likelihood: object, X: np.ndarray, y: np.ndarray) -> BayesianMLPRegressor:
    # A linear network: what is left to find are six numbers.
    return BayesianMLPRegressor(
        (),
        likelihood=likelihood,
        inference=Variational(n_members=1),
        n_posterior_samples=50,
        max_iter=1500,
        tol=1e-3,
        random_state=0,
    ).fit(X, y)


@pytest.mark.parametrize("name", sorted(TRUTHS))
def test_the_truth_is_recovered(name: str) -> None:
    X, location = _inputs(N_TRAIN, seed=0)
    y = TRUTHS[name](location).rvs(random_state=np.random.RandomState(1)).clip(LOWER, UPPER)
    model = _fit(Censored(name, LOWER, UPPER), X, y)
    if "scale" in model.likelihood_parameters_:
        # Half of the rows have a density: a standard error of at most 0.025 for known tails, and
        # twice that where the tails, most of which are cut, are learned too.
        tolerance = 0.15 if name == "student_t" else 0.07
        assert model.likelihood_parameters_["scale"] == pytest.approx(NOISE, abs=tolerance)

    X_test, location = _inputs(N_TEST, seed=2)
    truth = TRUTHS[name](location)
    y_test = truth.rvs(random_state=np.random.RandomState(3)).clip(LOWER, UPPER)
    dist = model.predict_dist(X_test)
    # The location, beyond the bounds too, where no row was seen.
    assert np.abs(dist.uncensored.quantile(0.5) - location).max() < 0.2
    log_prob = np.where(y_test == UPPER, truth.logsf(UPPER), truth.logpdf(y_test))
    log_prob = np.where(y_test == LOWER, truth.logcdf(LOWER), log_prob)
    # Estimating p = 6 parameters costs about p / 2n = 0.002 nats a row.
    assert neg_log_predictive_density(dist, y_test) == pytest.approx(-log_prob.mean(), abs=0.01)
    for bound in (LOWER, UPPER):
        # Three binomial standard errors of 2000 rows.
        assert dist.pdf(bound).mean() == pytest.approx(np.mean(y_test == bound), abs=0.033)
    # An interval that ends at a bound holds all of its probability: at least the coverage.
    assert interval_coverage(dist, y_test, coverage=0.9) > 0.88


def test_a_fit_that_does_not_know_of_the_cap_is_flatter() -> None:
    X, location = _inputs(N_TRAIN, seed=0)
    y = TRUTHS["normal"](location).rvs(random_state=np.random.RandomState(1)).clip(max=UPPER)
    high = np.array([[2.0, -2.0]])  # where the truth is 3.2
    censored = _fit(Censored("normal", upper=UPPER), X, y).predict_dist(high).uncensored.mean()[0]
    assert censored == pytest.approx(3.2, abs=0.2)
    assert _fit("normal", X, y).predict(high)[0] < 2.4


@pytest.mark.parametrize("name", sorted(TRUTHS))
def test_how_often_a_value_comes_and_what_comes_else(name: str) -> None:
    at = 1.0  # in the middle of the others

    def draw(seed: int, n_rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        X, location = _inputs(n_rows, seed)
        rng = np.random.RandomState(seed + 1)
        probability = special.expit(1.5 * X[:, 1])
        y = np.where(
            rng.rand(n_rows) < probability, at, TRUTHS[name](location).rvs(random_state=rng)
        )
        return X, y, location, probability

    X, y, _, _ = draw(0, N_TRAIN)
    model = _fit(Hurdle(name, at), X, y)
    X_test, y_test, location, probability = draw(2, N_TEST)
    dist = model.predict_dist(X_test)
    # Of 1500 rows with an even chance on average: a standard error of 0.03 in the middle.
    assert np.abs(dist.pdf(at) - probability).max() < 0.12
    mean = probability * at + (1 - probability) * location
    assert np.abs(dist.mean() - mean).max() < 0.2
    density = (1 - probability) * TRUTHS[name](location).pdf(y_test)
    log_prob = np.log(np.where(y_test == at, probability, density))
    # A dozen parameters of 1500 rows cost 12 / 2 / 1500 = 0.004 nats a row.
    assert dist.log_prob(y_test).mean() == pytest.approx(log_prob.mean(), abs=0.02)
