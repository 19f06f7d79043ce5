"""What chains predict, diagnosed: what is lost, not whether they agree."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import make_friedman1
from sklearn.exceptions import ConvergenceWarning

from skbayes import BayesianMLPRegressor
from skbayes.inference.sampling.chain_diagnostics import prediction_change
from skbayes.samplers import MCLMC


def test_chains_at_rest_in_modes_of_their_own_change_no_prediction() -> None:
    rng = np.random.RandomState(0)
    values = np.array([-5.0, 0.0, 5.0])[:, None, None] + rng.normal(size=(3, 1000, 4))
    change = prediction_change(values, np.ones(4))
    # Standard error of the difference of two means of 1500 draws: 0.037.
    assert change.shape == (4,)
    assert np.all(change < 0.12)


def test_chains_that_travel_together_do() -> None:
    values = np.linspace(0, 4, 100)[None, :, None] * np.ones((3, 1, 2))
    # The halves lie around 1 and 3.
    np.testing.assert_allclose(prediction_change(values, np.full(2, 8.0)), 0.25, rtol=0.02)


def test_a_spread_of_zero_is_no_error() -> None:
    assert prediction_change(np.zeros((2, 4, 1)), np.zeros(1)).tolist() == [0.0]


def test_chains_that_are_far_too_short_warn_and_the_default_does_not() -> None:
    X, y = make_friedman1(200, noise=0.1, random_state=0)
    short = MCLMC(4, n_warmup=50, n_samples=40, thin=5)
    with pytest.warns(ConvergenceWarning, match="still changes.* nats a row. Raise budget"):
        BayesianMLPRegressor(inference=short, max_iter=300, random_state=0).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = BayesianMLPRegressor(random_state=0).fit(X, y)
    assert np.sqrt(np.mean(model.diagnostics_.prediction_change**2)) < 0.2
