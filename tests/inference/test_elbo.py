"""The ELBO's value and gradient, against autograd on the same noise and against closed forms."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from skbayes.inference import ELBO, MeanFieldNormal
from skbayes.inference.posteriors import POSTERIORS, antithetic_normals
from skbayes.model import (
    PRIORS,
    BayesianModel,
    Data,
    LearnedScalePrior,
    NormalLikelihood,
    Perceptron,
    Prior,
    Recording,
    fan_in_prior,
)

DOUBLE = torch.float64


def _problem(*, weighted: bool = False, prior_family: str = "normal") -> tuple:
    generator = torch.Generator().manual_seed(0)
    network = Perceptron(3, (4,), 1, "tanh")
    prior: Prior
    if prior_family == "learned":
        prior = LearnedScalePrior(network.fan_in(), network.groups("unit"))
    else:
        prior = fan_in_prior(network.fan_in(), 1.0, PRIORS[prior_family]())
    model = BayesianModel(network, NormalLikelihood(), prior)
    weights = torch.rand(9, dtype=DOUBLE, generator=generator) if weighted else None
    data = Data(
        torch.randn(9, 3, dtype=DOUBLE, generator=generator),
        torch.randn(9, 1, dtype=DOUBLE, generator=generator),
        weights,
    )
    state = 0.3 * torch.randn(2, 2, model.n_entries, dtype=DOUBLE, generator=generator)
    state[:, 1] -= 1
    return model, data, state


def _posterior(state: torch.Tensor) -> MeanFieldNormal:
    return MeanFieldNormal(state[:, 0], state[:, 1])


def _entropy(log_scale: torch.Tensor) -> torch.Tensor:
    return log_scale.sum(-1) + 0.5 * log_scale.shape[-1] * math.log(2 * math.pi * math.e)


def _elbo_by_autograd(
    model: BayesianModel, data: Data, state: torch.Tensor, noise: torch.Tensor, kl_weight: float
) -> torch.Tensor:
    """The definition, term by term, averaging log-likelihoods over draws."""
    draws = state[:, :1] + state[:, 1:].exp() * noise
    closed_form = model.prior.cross_entropy(state[:, 0], state[:, 1].exp())
    cross_entropy = -model.prior.log_prob(draws).mean(1)
    if closed_form is not None:
        cross_entropy = closed_form.value
    kl = cross_entropy - _entropy(state[:, 1])
    data_term = model.log_likelihood(draws.flatten(0, 1), data).view(len(state), -1).mean(1)
    return data_term - kl_weight * kl


@pytest.mark.parametrize("n_draws", [1, 3, 4])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("prior_family", [*PRIORS, "learned"])
@pytest.mark.parametrize("kl_weight", [1.0, 0.3])
def test_value_and_gradient_agree_with_autograd(
    n_draws: int, weighted: bool, prior_family: str, kl_weight: float
) -> None:
    model, data, state = _problem(weighted=weighted, prior_family=prior_family)
    elbo = ELBO(model, _posterior(state), n_draws=n_draws, kl_weight=kl_weight)
    actual = elbo(data, torch.Generator().manual_seed(1))

    shape = (1, n_draws, model.n_entries)
    noise = antithetic_normals(shape, torch.Generator().manual_seed(1)).to(DOUBLE)
    attached = state.clone().requires_grad_()
    expected = _elbo_by_autograd(model, data, attached, noise, kl_weight)
    (gradient,) = torch.autograd.grad(-expected.sum(), attached)
    torch.testing.assert_close(actual, expected.detach())
    torch.testing.assert_close(elbo.gradient, gradient)


def test_warm_up_changes_the_gradient_but_not_the_value() -> None:
    model, data, state = _problem()
    elbo = ELBO(model, _posterior(state), n_draws=2)
    full = elbo(data, torch.Generator().manual_seed(1)).clone()
    full_gradient = elbo.gradient.clone()
    none = elbo(data, torch.Generator().manual_seed(1), kl_factor=0.0)
    torch.testing.assert_close(full, none)
    assert not torch.allclose(full_gradient, elbo.gradient)


def test_minibatches_are_unbiased_for_the_whole_data_set() -> None:
    model, data, state = _problem()
    elbo = ELBO(model, _posterior(state), n_draws=2)
    whole = elbo(data, torch.Generator().manual_seed(1)).clone()
    gradient = elbo.gradient.clone()
    values, gradients = [], []
    for rows in torch.arange(9).split(3):
        # The same noise each time: then the mean over batches is exact, not only in expectation.
        values.append(elbo(data.batch(rows), torch.Generator().manual_seed(1), data_scale=3.0))
        gradients.append(elbo.gradient.clone())
    torch.testing.assert_close(torch.stack(values).mean(0), whole)
    torch.testing.assert_close(torch.stack(gradients).mean(0), gradient)


def test_bound_never_exceeds_the_exact_log_evidence() -> None:
    # Linear model with known noise: the evidence is a normal density of the targets.
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(12, 3, dtype=DOUBLE, generator=generator)
    targets = inputs.sum(1, keepdim=True) + torch.randn(12, 1, dtype=DOUBLE, generator=generator)
    network = Perceptron(3, (), 1, "identity")
    noise = torch.tensor([0.8], dtype=DOUBLE)
    model = BayesianModel(
        network, NormalLikelihood(noise_std=noise), fan_in_prior(network.fan_in(), 1.5)
    )
    design = torch.cat([inputs, torch.ones(12, 1, dtype=DOUBLE)], 1)
    covariance = design * model.prior.scale.square() @ design.T + 0.8**2 * torch.eye(12)
    evidence = torch.distributions.MultivariateNormal(torch.zeros(12).double(), covariance)
    log_evidence = float(evidence.log_prob(targets[:, 0]))

    # E_q[log p(y | w)] in closed form for a linear model, so that no Monte Carlo error hides a
    # violation; random posteriors, among them the best mean with the best mean-field scales.
    precision = design.T @ design / 0.8**2 + torch.diag(model.prior.scale**-2)
    best_mean = torch.linalg.solve(precision, design.T @ targets[:, 0] / 0.8**2)
    best_log_scale = -0.5 * precision.diagonal().log()
    for trial in range(200):
        size = 0.0 if trial == 0 else 0.3
        mean = best_mean + size * torch.randn(4, dtype=DOUBLE, generator=generator)
        log_scale = best_log_scale + size * torch.randn(4, dtype=DOUBLE, generator=generator)
        residual = (targets[:, 0] - design @ mean).square().sum()
        spread = (design.square() @ (2 * log_scale).exp()).sum()
        expected = -(residual + spread) / (2 * 0.8**2) - 12 * math.log(0.8 * math.sqrt(2 * math.pi))
        cross_entropy = model.prior.cross_entropy(mean[None], log_scale[None].exp()).value
        bound = float(expected - cross_entropy + _entropy(log_scale))
        assert bound <= log_evidence
        if trial == 0:
            # And ELBO estimates that bound: 2,000 pairs, standard error about 0.05 nats.
            elbo = ELBO(model, MeanFieldNormal(mean[None], log_scale[None]), n_draws=4000)
            estimate = elbo(Data(inputs, targets), generator)
            assert float(estimate) == pytest.approx(bound, abs=0.2)


@pytest.mark.parametrize("prior_family", ["learned", *PRIORS])
@pytest.mark.parametrize("family", sorted(POSTERIORS))
def test_a_recording_has_the_bits_of_the_computation(
    family: str, prior_family: str, operation_log: Any
) -> None:
    model, _, state = _problem(prior_family=prior_family)
    _check_recording(model, family, state, operation_log, [_problem(weighted=True)[1]] * 2)


@pytest.mark.parametrize("family", ["mean_field", "last_layer"])
def test_recorded_steps_of_every_likelihood(
    family: str,
    steady_model: BayesianModel,
    mixed_rows: Callable[..., Data],
    operation_log: Any,
) -> None:
    generator = torch.Generator().manual_seed(0)
    state = 0.1 * torch.randn(2, 2, steady_model.n_entries, dtype=DOUBLE, generator=generator)
    state[:, 1] -= 3  # within the bounds of scales, which a CPU looks at to save work
    rows = [mixed_rows(seed) for seed in range(2)]
    _check_recording(steady_model, family, state, operation_log, rows)


def _check_recording(
    model: BayesianModel, family: str, state: torch.Tensor, log: Any, rows: list[Data]
) -> None:
    generator = torch.Generator().manual_seed(0)
    start = POSTERIORS[family]().around(_posterior(state), model.layer_index(), generator)
    plain, recorded = (ELBO(model, start, n_draws=2, kl_weight=0.7) for _ in range(2))
    recorded._recording = Recording(model, lambda device: log())
    kept = []
    for step in range(4):  # the posterior, the noise, the rows and the warm-up go on
        options = {"data_scale": 3.0, "kl_factor": step / 4}
        batch = rows[step // 2]
        bounds = [
            elbo(batch, torch.Generator().manual_seed(step), **options)
            for elbo in (recorded, plain)
        ]
        kept.append(bounds)
        torch.testing.assert_close(recorded.gradient, plain.gradient, rtol=0, atol=0)
        move = torch.randn(plain.state.shape, dtype=DOUBLE, generator=generator)
        for elbo in (recorded, plain):
            elbo.state.add_(move, alpha=0.01)
    for found, expected in kept:
        torch.testing.assert_close(found, expected, rtol=0, atol=0)
