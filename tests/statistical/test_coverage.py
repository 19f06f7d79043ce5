"""Intervals cover as often as they say, on data whose distribution is known."""

import numpy as np
import pytest
from scipy import stats

from skbayes import BayesianMLPRegressor
from skbayes.metrics import interval_coverage, neg_log_predictive_density

N_TEST = 2000


def _sine(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.RandomState(seed)
    X = rng.uniform(-3, 3, size=(n_rows, 1))
    return X, np.sin(X[:, 0]) + 0.2 * rng.normal(size=n_rows)


@pytest.fixture(scope="module")
def sine_model() -> BayesianMLPRegressor:
    return BayesianMLPRegressor(random_state=0).fit(*_sine(200, seed=0))


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95])
def test_predictive_intervals_of_a_noisy_sine(
    sine_model: BayesianMLPRegressor, coverage: float
) -> None:
    X, y = _sine(N_TEST, seed=1)
    observed = interval_coverage(sine_model.predict_dist(X), y, coverage=coverage)
    # Binomial error of 2,000 rows is at most 1.1 %; the noise is known to 5 % from 200 rows,
    # which moves the coverage by up to 3 %.
    assert observed == pytest.approx(coverage, abs=0.05)


def test_the_noise_is_recovered(sine_model: BayesianMLPRegressor) -> None:
    # Standard error of a standard deviation from 200 rows: 5 %.
    assert sine_model.noise_std_ == pytest.approx(0.2, rel=0.15)


def test_density_comes_close_to_the_truth(sine_model: BayesianMLPRegressor) -> None:
    X, y = _sine(N_TEST, seed=1)
    truth = -stats.norm.logpdf(y, np.sin(X[:, 0]), 0.2).mean()
    achieved = neg_log_predictive_density(sine_model.predict_dist(X), y)
    # Estimating p parameters from n rows costs about p / 2n nats: 10 / 400 here.
    assert truth < achieved < truth + 0.08


def test_uncertainty_grows_in_a_gap_of_the_data() -> None:
    X, y = _sine(300, seed=2)
    seen = np.abs(X[:, 0]) > 1.0
    model = BayesianMLPRegressor(random_state=0).fit(X[seen], y[seen])
    epistemic = model.predict_uncertainty([[0.0], [-2.0], [2.0]]).epistemic
    assert epistemic[0] > 1.5 * epistemic[1:].max()
