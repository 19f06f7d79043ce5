"""Training maximises the bound, recovers once from divergence, and is reproducible."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from skbayes.inference import TrainingOptions, fit_variational, initial_posterior
from skbayes.inference.elbo import ELBO
from skbayes.model import (
    BayesianModel,
    Data,
    Network,
    NormalLikelihood,
    SparseRows,
    fan_in_prior,
)

DOUBLE = torch.float64
OPTIONS = TrainingOptions(
    max_iter=600,
    batch_size=200,
    n_draws=4,
    learning_rate=0.02,
    kl_weight=1.0,
    kl_warmup=0.1,
    tol=0.0,
    n_iter_no_change=1000,
    verbose=False,
)


def _problem(n_rows: int = 40) -> tuple[BayesianModel, Data]:
    generator = torch.Generator().manual_seed(0)
    network = Network(2, (8,), 1, "tanh")
    model = BayesianModel(network, NormalLikelihood(), fan_in_prior(network.fan_in(), 1.0))
    inputs = torch.randn(n_rows, 2, dtype=DOUBLE, generator=generator)
    noise = 0.1 * torch.randn(n_rows, 1, dtype=DOUBLE, generator=generator)
    return model, Data(inputs, inputs.sum(1, keepdim=True).sin() + noise)


def _fit(model: BayesianModel, data: Data, options: TrainingOptions = OPTIONS, n_models: int = 2):
    generator = torch.Generator().manual_seed(1)
    start = initial_posterior(model, n_models, generator)
    with torch.no_grad():
        return fit_variational(model, data, start, options, generator)


def test_the_bound_rises() -> None:
    result = _fit(*_problem())
    assert result.bounds.shape == (600, 2)
    assert np.all(result.bounds[-50:].mean(0) > result.bounds[:50].mean(0) + 1)


def test_same_seed_same_bits() -> None:
    first, second = _fit(*_problem()), _fit(*_problem())
    assert torch.equal(first.posterior.mean, second.posterior.mean)
    assert np.array_equal(first.bounds, second.bounds)


def test_models_train_independently_of_their_neighbours() -> None:
    # The noise is common and the starts are drawn model by model, so the first of two models
    # goes exactly the way of one that trains alone, up to the rounding of batched products.
    model, data = _problem()
    options = replace(OPTIONS, max_iter=100)
    start = initial_posterior(model, 2, torch.Generator().manual_seed(1))
    alone = type(start)(start.mean[:1], start.log_scale[:1])
    with torch.no_grad():
        both = fit_variational(model, data, start, options, torch.Generator().manual_seed(2))
        one = fit_variational(model, data, alone, options, torch.Generator().manual_seed(2))
    torch.testing.assert_close(both.posterior.mean[:1], one.posterior.mean, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("batch_size", [200, 10])
def test_sparse_rows_train_as_dense_ones(batch_size: int) -> None:
    model, data = _problem()
    dense = data.inputs.clamp(min=0.0)
    rows, columns = dense.nonzero(as_tuple=True)
    row_starts = torch.searchsorted(rows, torch.arange(len(dense) + 1))
    background = torch.zeros(2, dtype=DOUBLE)
    sparse = SparseRows(row_starts, columns, dense[rows, columns], background)
    options = replace(OPTIONS, max_iter=50, batch_size=batch_size)
    bounds = [_fit(model, replace(data, inputs=x), options).bounds for x in (dense, sparse)]
    assert np.array_equal(*bounds)


def test_a_converged_bound_stops_early() -> None:
    result = _fit(*_problem(), replace(OPTIONS, max_iter=3000, tol=1.0, n_iter_no_change=50))
    assert result.converged
    assert len(result.bounds) < 3000


def _break_bound(monkeypatch: pytest.MonkeyPatch, failures: set[int]) -> list[int]:
    """Make the calls of the bound with these numbers return NaN; the list counts calls."""
    calls = [0]
    evaluate = ELBO.__call__

    def broken(self, *args, **kwargs):
        calls[0] += 1
        bound = evaluate(self, *args, **kwargs)
        return bound * torch.nan if calls[0] in failures else bound

    monkeypatch.setattr(ELBO, "__call__", broken)
    return calls


def test_one_non_finite_bound_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _break_bound(monkeypatch, {120})
    result = _fit(*_problem(), replace(OPTIONS, max_iter=200))
    assert calls[0] == 150 + 200  # seen at the check after step 150, then a full run
    assert np.isfinite(result.bounds).all()


def test_the_second_non_finite_bound_raises_with_what_to_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _break_bound(monkeypatch, {120, 200})
    with pytest.raises(FloatingPointError, match="learning_rate_init"):
        _fit(*_problem(), replace(OPTIONS, max_iter=200))


def test_a_huge_learning_rate_raises_rather_than_returning_nonsense() -> None:
    with pytest.raises(FloatingPointError, match="learning_rate_init=1e\\+10"):
        _fit(*_problem(), replace(OPTIONS, learning_rate=1e10))


def test_progress_tells_step_bound_rate_and_time_left(capsys: pytest.CaptureFixture) -> None:
    _fit(*_problem(), replace(OPTIONS, max_iter=100, verbose=True))
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("[skbayes] step 100/100  ELBO per row")
    assert lines[-1].endswith("s left")
