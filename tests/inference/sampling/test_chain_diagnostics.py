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
    # Standard error of half the difference of two means of 1500 draws: 0.018.
    assert change.shape == (4,)
    assert np.all(change < 0.06)


def test_chains_that_travel_together_do() -> None:
    values = np.linspace(0, 4, 100)[None, :, None] * np.ones((3, 1, 2))
    # The halves lie around 1 and 3: half of 2, in units of 8.
    np.testing.assert_allclose(prediction_change(values, np.full(2, 8.0)), 0.125, rtol=0.02)


def test_a_spread_of_zero_is_no_error() -> None:
    assert prediction_change(np.zeros((2, 4, 1)), np.zeros(1)).tolist() == [0.0]


def test_a_change_above_the_limit_warns_and_the_default_stays_below(monkeypatch) -> None:
    X, y = make_friedman1(200, noise=1.0, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = BayesianMLPRegressor(random_state=0).fit(X, y)
    assert np.sqrt(np.mean(model.diagnostics_.prediction_change**2)) < 0.2
    monkeypatch.setattr("skbayes.inference.sampling.chain_diagnostics._CHANGE_LIMIT", 1e-4)
    short = MCLMC(4, n_warmup=50, n_samples=10, thin=2)
    with pytest.warns(ConvergenceWarning, match=r"still changes, .* nats a row. Raise budget"):
        model.set_params(inference=short, max_iter=50).fit(X, y)


def test_chains_that_do_not_move_warn() -> None:
    X, y = make_friedman1(100, random_state=0)
    stuck = MCLMC(4, n_warmup=1, n_samples=40, thin=1)
    with pytest.warns(ConvergenceWarning, match="hardly moved"):
        BayesianMLPRegressor(inference=stuck, max_iter=20, random_state=0).fit(X, y)
