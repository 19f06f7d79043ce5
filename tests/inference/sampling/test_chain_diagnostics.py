"""What chains predict, diagnosed: what is lost, not whether they agree."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import make_friedman1
from sklearn.exceptions import ConvergenceWarning

from skbayes import BayesianMLPRegressor
from skbayes.inference import SamplingResult, StoredDraws
from skbayes.inference.sampling.chain_diagnostics import _advice, prediction_change
from skbayes.samplers import HMC, MCLMC


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


@pytest.mark.parametrize(("sampler", "n_harmless"), [(MCLMC, 5), (HMC, 1)])
def test_a_warning_of_reverted_transitions_from_where_it_matters(
    sampler: type, n_harmless: int
) -> None:
    def advice(n_reverted: int) -> list[str]:
        result = SamplingResult(
            StoredDraws(torch.zeros(2, 4, 1)),
            energy_error=np.ones(2),
            n_reverted=np.array([0, n_reverted]),
            step_size=np.ones(2),
            n_transitions=100,
            n_gradients=100,
            harmless_reverted=sampler.harmless_reverted,
            kl_weight=1.0,
            interrupted=False,
        )
        return _advice(result, np.zeros(1), 1.0)

    assert advice(n_harmless) == []
    (message,) = advice(n_harmless + 1)
    assert message.startswith(f"{n_harmless + 1}.0% of a chain's transitions were reverted")


@pytest.mark.parametrize(("n_rows", "seed"), [(5, 3), (20, 2), (40, 3)])
def test_few_rows_are_no_reason_to_warn(n_rows: int, seed: int) -> None:
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(n_rows, 2))
    y = X[:, 0] + 0.5 * np.sin(2 * X[:, 1]) + 0.3 * rng.normal(size=n_rows)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        BayesianMLPRegressor(random_state=seed).fit(X, y)
