"""A linear classifier against Bayesian logistic regression by brute-force integration."""

import numpy as np
import pytest
from scipy import special
from scipy.optimize import minimize

from skbayes import BayesianMLPClassifier
from skbayes.variational import Variational

PRIOR_SIGMA = 0.5  # of outputs in units of 4 nats of log odds
LOGIT_SIGMA = 4 * PRIOR_SIGMA
X_NEW = np.linspace(-3, 3, 13)[:, None]


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    """Forty rows of one standardised input, with overlapping classes."""
    rng = np.random.RandomState(0)
    x = rng.normal(size=40)
    x = (x - x.mean()) / x.std()
    return x[:, None], np.where(rng.uniform(size=40) < special.expit(1.5 * x - 0.5), "yes", "no")


@pytest.fixture(scope="module")
def fitted(data: tuple) -> BayesianMLPClassifier:
    return BayesianMLPClassifier(
        (),
        prior_sigma=PRIOR_SIGMA,
        inference=Variational(n_members=1, n_draws=8),
        n_posterior_samples=4000,
        max_iter=6000,
        tol=0.0,
        random_state=0,
    ).fit(*data)


def _log_joint(slope: np.ndarray, intercept: np.ndarray, data: tuple) -> np.ndarray:
    X, y = data
    logits = slope[..., None] * X[:, 0] + intercept[..., None]
    log_likelihood = special.log_expit(np.where(y == "yes", logits, -logits)).sum(-1)
    return log_likelihood - (slope**2 + intercept**2) / (2 * LOGIT_SIGMA**2)


@pytest.fixture(scope="module")
def exact(data: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A fine grid of slopes and intercepts, and the posterior mass of each point."""
    slope, intercept = np.meshgrid(np.linspace(-3, 9, 401), np.linspace(-5, 5, 401), indexing="ij")
    log_joint = _log_joint(slope, intercept, data)
    mass = np.exp(log_joint - log_joint.max())
    return slope.ravel(), intercept.ravel(), (mass / mass.sum()).ravel()


def test_posterior_is_the_best_mean_field_normal(
    fitted: BayesianMLPClassifier, data: tuple
) -> None:
    # The bound by Gauss-Hermite quadrature, maximised by SciPy: nothing of the package.
    nodes, weights = np.polynomial.hermite_e.hermegauss(30)
    weights = np.outer(weights, weights) / weights.sum() ** 2

    def negative_bound(parameters: np.ndarray) -> float:
        mean, log_scale = parameters[:2], parameters[2:]
        slope, intercept = np.meshgrid(
            *(m + np.exp(s) * nodes for m, s in zip(mean, log_scale, strict=True)), indexing="ij"
        )
        return -np.sum(weights * _log_joint(slope, intercept, data)) - log_scale.sum()

    best = minimize(negative_bound, np.zeros(4)).x
    draws = 4 * fitted.posterior_draws_
    scale = np.exp(best[2:])
    # 4,000 draws know a mean to 0.016 and a standard deviation to 1.1 %; the optimiser's own
    # noise is of the same order.
    assert np.all(np.abs(draws.mean(0) - best[:2]) < 0.1 * scale)
    np.testing.assert_allclose(draws.std(0), scale, rtol=0.06)


def test_probabilities_agree_with_integration(fitted: BayesianMLPClassifier, exact: tuple) -> None:
    slope, intercept, mass = exact
    for x, actual in zip(X_NEW[:, 0], fitted.predict_proba(X_NEW)[:, 1], strict=True):
        expected = np.sum(mass * special.expit(slope * x + intercept))
        # The mean-field normal misses the posterior's skewness and the correlation of its two
        # weights. Here that costs up to 0.002.
        assert actual == pytest.approx(expected, abs=0.005)


def test_credible_intervals_agree_with_integration(
    fitted: BayesianMLPClassifier, exact: tuple
) -> None:
    slope, intercept, mass = exact
    intervals = fitted.predict_interval(X_NEW, coverage=0.9)[:, 1]
    for x, actual in zip(X_NEW[:, 0], intervals, strict=True):
        probability = special.expit(slope * x + intercept)
        order = np.argsort(probability)
        cumulative = np.cumsum(mass[order])
        expected = probability[order][np.searchsorted(cumulative, [0.05, 0.95])]
        # The same cause moves the ends of the intervals by up to 0.016.
        np.testing.assert_allclose(actual, expected, atol=0.03)


def test_mutual_information_agrees_with_integration(
    fitted: BayesianMLPClassifier, exact: tuple
) -> None:
    slope, intercept, mass = exact

    def entropy(p: np.ndarray) -> np.ndarray:
        return special.entr(p) + special.entr(1 - p)

    epistemic = fitted.predict_uncertainty(X_NEW).epistemic
    for x, actual in zip(X_NEW[:, 0], epistemic, strict=True):
        probability = special.expit(slope * x + intercept)
        expected = entropy(np.sum(mass * probability)) - np.sum(mass * entropy(probability))
        assert actual == pytest.approx(expected, abs=0.006)  # of up to 0.05 nats
