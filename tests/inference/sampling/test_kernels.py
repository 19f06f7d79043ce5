"""Both samplers: their dynamics, what they do with broken transitions, and determinism."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from skbayes.inference import SAMPLERS, chain_starts, initial_posterior, sample_posterior
from skbayes.inference.batches import Batches
from skbayes.inference.posteriors import MeanFieldNormal
from skbayes.inference.sampling.hmc import HamiltonianMonteCarlo
from skbayes.inference.sampling.log_posterior import LogPosterior
from skbayes.inference.sampling.mclmc import MCLMC, MicrocanonicalLangevin, _Pull, _turn
from skbayes.model import (
    BayesianModel,
    Data,
    NormalLikelihood,
    Perceptron,
    Recording,
    fan_in_prior,
)

DOUBLE = torch.float64
OPTIONS = MCLMC(n_warmup=50, n_samples=10, thin=3, batch_size=1000)


@pytest.fixture
def problem() -> tuple[BayesianModel, Data]:
    generator = torch.Generator().manual_seed(0)
    network = Perceptron(2, (4,), 1, "tanh")
    model = BayesianModel(network, NormalLikelihood(), fan_in_prior(network.fan_in(), 1.0))
    inputs = torch.randn(30, 2, dtype=DOUBLE, generator=generator)
    return model, Data(inputs, inputs.sum(1, keepdim=True).sin())


def _chains(model: BayesianModel, n_chains: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    start = initial_posterior(model, n_chains, torch.Generator().manual_seed(1))
    return start.mean.clone(), torch.full_like(start.mean, 0.1)


def _log_posterior(problem, vectors: torch.Tensor, batch_size: int = 1000, weight: float = 1.0):
    model, data = problem
    batches = Batches(data, batch_size, torch.Generator().manual_seed(3))
    return LogPosterior(model, vectors, batches, weight)


def test_log_posterior_is_likelihood_times_prior(problem) -> None:
    model, data = problem
    vectors, _ = _chains(model)
    log_prob, gradient = _log_posterior(problem, vectors, weight=2.5)()
    leaf = vectors.clone().requires_grad_()
    expected = 2.5 * model.log_likelihood(leaf, data) + model.prior.log_prob(leaf)
    expected.sum().backward()
    torch.testing.assert_close(log_prob, expected.detach())
    torch.testing.assert_close(gradient, leaf.grad)


def test_a_minibatch_stands_for_the_whole(problem) -> None:
    model, _ = problem
    vectors, _ = _chains(model)
    log_posterior = _log_posterior(problem, vectors, batch_size=10)
    assert log_posterior.is_stochastic
    total = torch.zeros(3, dtype=DOUBLE)
    for _ in range(3):  # one epoch
        total += log_posterior()[0]
        log_posterior.next_batch()
    torch.testing.assert_close(total / 3, _log_posterior(problem, vectors)()[0])


@pytest.mark.parametrize("kind", ["mclmc", "hmc"])
def test_energy_error_falls_with_the_third_power_of_the_step(problem, kind: str) -> None:
    model, _ = problem

    def error(step_size: float) -> float:
        vectors, scale = _chains(model, 50)
        log_posterior = _log_posterior(problem, vectors)
        generator = torch.Generator().manual_seed(2)
        if kind == "mclmc":
            kernel = MicrocanonicalLangevin(
                log_posterior, vectors, scale, generator, energy_variance=1e9
            )
        else:
            kernel = HamiltonianMonteCarlo(
                log_posterior, vectors, scale, generator, max_leapfrog_steps=1
            )
        transition = kernel.transition(torch.full((50, 1), step_size, dtype=DOUBLE))
        return float(transition.energy_error.square().mean().sqrt())

    # The local error of a leapfrog step is of third order: half the step, an eighth.
    assert math.log2(error(0.004) / error(0.002)) == pytest.approx(3, abs=0.2)


def test_turning_is_the_flow_of_a_constant_gradient() -> None:
    # du/dt = (1 - u u^T) g / (P - 1), and d(kinetic)/dt = u . g, by many small Euler steps.
    generator = torch.Generator().manual_seed(0)
    n_entries = 13
    momentum = torch.randn(3, n_entries, generator=generator, dtype=DOUBLE)
    momentum /= momentum.norm(dim=-1, keepdim=True)
    force = 20 * torch.randn(3, n_entries, generator=generator, dtype=DOUBLE)
    expected, kinetic = momentum.clone(), torch.zeros(3, 1, dtype=DOUBLE)
    n_steps, time = 40_000, 0.5
    for _ in range(n_steps):
        along = (expected * force).sum(-1, keepdim=True)
        kinetic += along * time / n_steps
        expected = expected + (force - along * expected) * time / n_steps / (n_entries - 1)
    strength = force.norm(dim=-1, keepdim=True)
    pull = _Pull(force / strength, strength)
    actual, growth = _turn(momentum, pull, torch.full((3, 1), time / (n_entries - 1)))
    torch.testing.assert_close(actual, expected, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close((n_entries - 1) * growth.log(), kinetic, rtol=1e-3, atol=1e-3)


def test_momenta_that_turn_far_point_where_they_are_pulled() -> None:
    momentum, direction = torch.eye(2)[:1], torch.eye(2)[1:]
    turned, growth = _turn(momentum, _Pull(direction, torch.full((1, 1), 1e6)), torch.ones(1, 1))
    torch.testing.assert_close(turned, direction)
    assert bool(growth.square().isfinite().all())


def test_a_broken_transition_leaves_its_chain_where_it_was(problem) -> None:
    model, _ = problem
    vectors, scale = _chains(model)
    kernel = MicrocanonicalLangevin(
        _log_posterior(problem, vectors), vectors, scale, torch.Generator(), energy_variance=1e-3
    )
    before = vectors.clone()
    step_size = torch.tensor([[1e-3], [1e200], [1e30]], dtype=DOUBLE)
    transition = kernel.transition(step_size)
    assert transition.is_reverted.tolist() == [False, True, True]
    assert torch.equal(vectors[1:], before[1:])
    assert not torch.equal(vectors[0], before[0])
    assert torch.all(kernel.tune(transition)[1:] == -1.0)
    assert transition.energy_error.isnan().sum() == 0
    # The neighbours of a broken chain go on.
    assert kernel.transition(torch.full((3, 1), 1e-3, dtype=DOUBLE)).is_reverted.sum() == 0


def test_hmc_rejects_what_is_not_finite(problem) -> None:
    model, _ = problem
    vectors, scale = _chains(model)
    kernel = HamiltonianMonteCarlo(
        _log_posterior(problem, vectors), vectors, scale, torch.Generator(), max_leapfrog_steps=4
    )
    before = vectors.clone()
    transition = kernel.transition(torch.tensor([[1e-4], [1e200], [1e30]], dtype=DOUBLE))
    assert transition.is_reverted.tolist() == [False, True, True]
    assert torch.equal(vectors[1:], before[1:])


@pytest.mark.parametrize("algorithm", ["mclmc", "hmc"])
def test_same_seed_same_bits(problem, algorithm: str) -> None:
    model, data = problem
    sampler = SAMPLERS[algorithm](n_warmup=50, n_samples=10, thin=3)
    vectors, scale = _chains(model)
    runs = [
        sample_posterior(model, data, vectors, scale, sampler, torch.Generator().manual_seed(4))
        for _ in range(2)
    ]
    assert torch.equal(runs[0].posterior.draws, runs[1].posterior.draws)
    assert runs[0].posterior.draws.shape == (3, 10, model.n_entries)
    assert runs[0].n_transitions == 30
    if algorithm == "mclmc":
        assert runs[0].n_gradients == 1 + 50 + 30


def test_chains_that_cannot_move_are_an_error(problem) -> None:
    model, data = problem
    vectors, scale = _chains(model)
    with pytest.raises(FloatingPointError, match="n_warmup"):
        sample_posterior(
            model, data, vectors * torch.nan, scale, OPTIONS, torch.Generator().manual_seed(0)
        )


def test_chains_start_from_the_members_in_turn(problem) -> None:
    model, _ = problem
    mean = torch.arange(2.0)[:, None].expand(2, model.n_entries).to(DOUBLE)
    scale = torch.tensor([[1e-6], [0.0]], dtype=DOUBLE).expand_as(mean)
    posterior = MeanFieldNormal(mean, scale.log())
    start, widths = chain_starts(posterior, model, 3, torch.Generator().manual_seed(0))
    torch.testing.assert_close(start[:, 0].round(), torch.tensor([0.0, 1.0, 0.0], dtype=DOUBLE))
    torch.testing.assert_close(widths[0], torch.full_like(widths[0], 1e-6))
    assert torch.all(widths[1] > 0)


@pytest.mark.parametrize("n_rows", [5, 9])
@pytest.mark.parametrize("kind", ["mclmc", "hmc"])
def test_recorded_transitions_have_the_bits_of_others(
    kind: str,
    n_rows: int,
    steady_model: BayesianModel,
    mixed_rows: Callable[..., Data],
    operation_log: Any,
) -> None:
    """What a GPU replays, here by a log of operations: gradients of HMC, steps of MCLMC."""
    sampler = SAMPLERS[kind]()
    step_size = torch.full((3, 1), 0.05, dtype=DOUBLE)
    traces = []
    for is_recorded in (False, True):
        recording = Recording(steady_model, lambda device: operation_log())
        generator = torch.Generator().manual_seed(0)
        vectors = 0.1 * torch.randn(3, steady_model.n_entries, dtype=DOUBLE, generator=generator)
        batches = Batches(mixed_rows(0), n_rows if kind == "mclmc" else 9, generator)
        log_posterior = LogPosterior(steady_model, vectors, batches)
        if is_recorded and kind == "hmc":
            log_posterior._recording = recording
        scale = torch.full_like(vectors, 0.1)
        kernel = sampler.kernel(log_posterior, vectors, scale, generator)
        if is_recorded and kind == "mclmc":
            kernel._recording = recording
        trace = []
        for _ in range(4):
            transition = kernel.transition(step_size)
            signal = kernel.tune(transition)
            trace.append((vectors.clone(), signal, *transition))
        assert (recording._graph is not None) == is_recorded
        traces.append((trace, log_posterior.n_evaluations))
    (plain, n_plain), (recorded, n_recorded) = traces
    torch.testing.assert_close(recorded, plain, rtol=0, atol=0)
    assert n_recorded == n_plain
