"""What chains predict, diagnosed: what is lost, not whether they agree."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import make_friedman1
from sklearn.exceptions import ConvergenceWarning

from skbayes import BayesianMLPRegressor
from skbayes.inference import SamplingResult, StoredDraws
from skbayes.inference.sampling.chain_diagnostics import _advice, _mixed_rows, prediction_change
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


@pytest.mark.parametrize("sources", [None, (0, 0, 2, 2, 2, 1)])
def test_probes_have_each_column_of_one_row(sources: tuple[int, ...] | None) -> None:
    inputs = torch.arange(200.0)[:, None] + torch.arange(6) / 10  # before the point the row
    probes = _mixed_rows(inputs, sources, torch.Generator().manual_seed(0))
    rows = probes.floor()
    torch.testing.assert_close(probes - rows, inputs[:100] - inputs[:100].floor())
    assert set(rows[3].tolist()) == {3.0, 103.0}
    # Each from either row as often as not: a standard error of 0.05.
    torch.testing.assert_close(
        (rows < 100).float().mean(0), torch.full((6,), 0.5), atol=0.2, rtol=0
    )
    is_whole = [(rows[:, i] == rows[:, j]).all().item() for i in range(6) for j in range(i)]
    expected = 0 if sources is None else 1 + 3  # pairs of inputs that share a source
    assert sum(is_whole) == expected


def test_bins_and_codes_are_no_reason_to_warn() -> None:
    """A column whose bins came from one row, and its number from another, changed a lot."""
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.uniform(size=300), rng.randint(5, size=300)])
    y = 20 * X[:, 0] ** 6 + X[:, 1] % 2 + 0.1 * rng.normal(size=300)
    model = BayesianMLPRegressor(
        activation="silu", n_bins=4, discrete_as_categories=True, budget=0.3, random_state=0
    ).fit(X, y)
    change = model.diagnostics_.prediction_change
    assert np.sqrt(np.mean(change**2)) < 0.2


@pytest.mark.parametrize("n_targets", [1, 2])
def test_a_change_is_in_units_of_its_own_row(n_targets: int) -> None:
    """Where the noise is large, changes are: in units of rows with little they were a warning."""
    rng = np.random.RandomState(0)
    X = rng.uniform(-1, 1, size=(300, 1))
    y = 3 * np.exp(3 * X) * (1 + 0.3 * rng.normal(size=(300, n_targets)))
    model = BayesianMLPRegressor(
        activation="tanh", n_bins=1, hidden_layer_sizes=(16,), budget=0.2, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model.fit(X, y if n_targets > 1 else y[:, 0])
    change = model.diagnostics_.prediction_change
    assert change.shape == model.diagnostics_.r_hat.shape
    assert change.shape[1:] == (n_targets,)


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
