"""Training maximises the bound, recovers once from divergence, and is reproducible."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from skbayes.inference import (
    Progress,
    TrainingOptions,
    TrainingStatus,
    Watch,
    fit_variational,
    initial_posterior,
)
from skbayes.inference.adam import Adam
from skbayes.inference.elbo import ELBO
from skbayes.model import (
    BayesianModel,
    Data,
    NormalLikelihood,
    Peers,
    Perceptron,
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
)


def _problem(n_rows: int = 40) -> tuple[BayesianModel, Data]:
    generator = torch.Generator().manual_seed(0)
    network = Perceptron(2, (8,), 1, "tanh")
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
    assert result.ending == "converged"
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
    _watch(*_problem(), Watch(progress=Progress(1)), max_iter=100)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("[skbayes] 100%  variational fit 100/100  ELBO per row")
    assert lines[-1].endswith("s left")


def _watch(model: BayesianModel, data: Data, watch: Watch, **changes):
    generator = torch.Generator().manual_seed(1)
    start = initial_posterior(model, 2, generator)
    options = replace(OPTIONS, **changes)
    with torch.no_grad():
        return fit_variational(model, data, start, options, generator, watch)


def test_callbacks_see_every_check_and_change_nothing() -> None:
    seen: list[TrainingStatus] = []
    model, data = _problem()
    watch = Watch(callbacks=(seen.append,))
    result = _watch(model, replace(data, log_jacobian=10.0), watch, max_iter=120)
    assert [status.step for status in seen] == [50, 100, 120]
    assert seen[1].elbo == pytest.approx(result.bounds[50:100].mean() + 10)
    assert seen[0].learning_rate == 0.02
    assert seen[0].validation_score is None
    assert result.ending == "max_iter"
    unwatched = _watch(*_problem(), Watch(), max_iter=120)
    assert torch.equal(result.posterior.mean, unwatched.posterior.mean)


def test_a_callback_that_returns_true_ends_training_after_all_were_called() -> None:
    calls: list[int] = []
    watch = Watch(callbacks=(lambda status: status.step >= 100, lambda s: calls.append(s.step)))
    result = _watch(*_problem(), watch)
    assert result.ending == "callback"
    assert len(result.bounds) == result.kept_step == 100
    assert calls == [50, 100]


def test_the_best_validation_score_is_kept() -> None:
    scores = iter([0.0, 1.0, 5.0, 2.0] + [1.0] * 100)
    kept = []

    def score(posterior) -> float:
        kept.append(posterior.mean.clone())
        return next(scores)

    watch = Watch(validation_score=score)
    result = _watch(*_problem(), watch, n_iter_no_change=20)
    # The warm-up ends at step 60; five times 20 steps after the best, at step 150.
    assert result.ending == "early_stopping"
    assert len(result.bounds) == 250
    assert result.kept_step == 150
    assert result.best_validation_score == 5.0
    assert result.validation_scores == [0.0, 1.0, 5.0, 2.0, 1.0]
    assert torch.equal(result.posterior.mean, kept[2])


def _interrupt(monkeypatch: pytest.MonkeyPatch, call: int) -> None:
    calls = [0]
    evaluate = ELBO.__call__

    def interrupted(self, *args, **kwargs):
        calls[0] += 1
        if calls[0] == call:
            raise KeyboardInterrupt
        return evaluate(self, *args, **kwargs)

    monkeypatch.setattr(ELBO, "__call__", interrupted)


def test_an_interrupt_keeps_what_was_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    hundred = _watch(*_problem(), Watch(callbacks=(lambda status: status.step >= 100,)))
    _interrupt(monkeypatch, 130)
    result = _watch(*_problem(), Watch())
    assert result.ending == "interrupted"
    assert len(result.bounds) == 100
    assert torch.equal(result.posterior.mean, hundred.posterior.mean)


def test_an_interrupt_before_there_is_anything_to_keep_is_raised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _interrupt(monkeypatch, 30)
    with pytest.raises(KeyboardInterrupt):
        _watch(*_problem(), Watch())


def test_an_interrupt_of_one_of_several_processes_is_raised(
    monkeypatch: pytest.MonkeyPatch, peers: Peers
) -> None:
    model, data = _problem()
    _interrupt(monkeypatch, 130)
    with pytest.raises(KeyboardInterrupt):
        _watch(model, replace(data, peers=peers), Watch())


def test_gradients_are_clipped_model_by_model(monkeypatch: pytest.MonkeyPatch) -> None:
    norms = []
    step = Adam.step

    def spy(self, learning_rate: float) -> None:
        norms.append(self._gradient.flatten(1).norm(dim=1) / 40)
        step(self, learning_rate)

    monkeypatch.setattr(Adam, "step", spy)
    _watch(*_problem(), Watch(), max_iter=20)
    free = torch.stack(norms)
    norms.clear()
    limit = float(free[0].mean())  # between the norms of the two models at the first step
    _watch(*_problem(), Watch(), max_iter=20, max_grad_norm=limit)
    clipped = torch.stack(norms)
    torch.testing.assert_close(clipped[0], free[0].clamp_max(limit))
    assert float(clipped.max()) <= limit * (1 + 1e-12)


def test_a_limit_on_the_gradient_does_not_hide_divergence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _break_bound(monkeypatch, {120, 200})
    with pytest.raises(FloatingPointError, match="learning_rate_init"):
        _watch(*_problem(), Watch(), max_iter=200, max_grad_norm=1.0)
