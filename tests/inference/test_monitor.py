"""Validation scores against SciPy, and the bookkeeping of the best state."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import norm

from skbayes.inference.monitor import BestState, ValidationScore
from skbayes.inference.posteriors import MeanFieldNormal
from skbayes.model import BayesianModel, Data, NormalLikelihood, Perceptron, fan_in_prior

DOUBLE = torch.float64


@pytest.mark.parametrize("weighted", [False, True])
def test_score_is_the_log_density_of_the_mixture(weighted: bool) -> None:
    network = Perceptron(1, (), 1, "identity")
    noise = torch.tensor([0.5], dtype=DOUBLE)
    model = BayesianModel(
        network, NormalLikelihood(noise_std=noise), fan_in_prior(network.fan_in(), 1.0)
    )
    # Two point-like posteriors, so that the mixture is known: y = x and y = 2 x + 1.
    mean = torch.tensor([[1.0, 0.0], [2.0, 1.0]], dtype=DOUBLE)
    posterior = MeanFieldNormal(mean, torch.full_like(mean, -40.0))
    rng = np.random.RandomState(0)
    x, y, weights = rng.standard_normal(9), rng.standard_normal(9), rng.rand(9)
    columns = [torch.from_numpy(v)[:, None] for v in (x, y)]
    data = Data(*columns, torch.from_numpy(weights) if weighted else None)
    components = [norm(x, 0.5).logpdf(y), norm(2 * x + 1, 0.5).logpdf(y)]
    expected = np.average(
        logsumexp(components, axis=0) - np.log(2), weights=weights if weighted else None
    )
    score = ValidationScore(model, replace(data, log_jacobian=-3.0))
    assert score(posterior) == pytest.approx(expected - 3.0, abs=1e-6)


def test_same_posterior_same_score() -> None:
    network = Perceptron(1, (4,), 1, "tanh")
    model = BayesianModel(network, NormalLikelihood(), fan_in_prior(network.fan_in(), 1.0))
    start = torch.zeros(2, model.n_entries, dtype=DOUBLE)
    rows = torch.randn(5000, 1, dtype=DOUBLE, generator=torch.Generator().manual_seed(0))
    score = ValidationScore(model, Data(rows, rows), seed=3)
    posterior = MeanFieldNormal(start, start)
    assert score(posterior) == score(posterior)


def _follow(scores: list[float], first_step: int = 0) -> tuple[int, float | None, int, float]:
    """Score after score every 50 steps; when it stopped, and what it restored."""
    best = BestState(first_step=first_step, tol=0.01, n_iter_no_change=20)  # patience 100
    state = torch.zeros(1)
    step = 0
    for score in scores:
        step += 50
        state.fill_(step)
        if best.update(step, score, state):
            break
    return step, *best.restore(step, state), float(state)


def test_patience_runs_from_the_last_rise() -> None:
    assert _follow([0.0, 1.0, 0.5, 0.9, 2.0, 3.0]) == (200, 1.0, 100, 100.0)


def test_small_rises_add_up() -> None:
    rising = [0.006 * i for i in range(10)]
    assert _follow(rising)[0] == 500
    assert _follow([0.0001 * i for i in range(10)])[0] == 150


def test_scores_of_the_warm_up_do_not_count() -> None:
    assert _follow([9.0, 1.0, 2.0, 0.0], first_step=60) == (200, 2.0, 150, 150.0)
    assert _follow([9.0, 1.0], first_step=1000) == (100, 1.0, 100, 100.0)


def test_a_score_that_is_not_a_number_is_never_best() -> None:
    assert _follow([float("nan"), 1.0, float("nan"), float("nan")]) == (200, 1.0, 100, 100.0)
