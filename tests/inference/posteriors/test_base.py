"""What holds for every family of posteriors: draws, moments, entropies and gradients agree."""

import math

import pytest
import torch

from skbayes.inference import ELBO, MeanFieldNormal
from skbayes.inference.posteriors import (
    FullNormal,
    LowRankNormal,
    PartialPosterior,
    PointMass,
    RadialPosterior,
    VariationalPosterior,
)
from skbayes.model import (
    PRIORS,
    BayesianModel,
    Data,
    LearnedScalePrior,
    NormalLikelihood,
    Perceptron,
    Prior,
    fan_in_prior,
)

DOUBLE = torch.float64
N_MODELS, N_ENTRIES = 2, 14
IS_HEAD = torch.arange(N_ENTRIES) >= 8
FAMILIES = [
    "mean_field",
    "low_rank",
    "full",
    "radial",
    "deterministic",
    "last_layer",
    "last_layer_full",
]
WITH_WIDTH = ["mean_field", "low_rank", "full"]


def _random(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def _posterior(family: str, n_entries: int = N_ENTRIES) -> VariationalPosterior:
    """A posterior of a family with random parameters, wide enough to see correlations."""
    mean = 0.5 * _random(N_MODELS, n_entries, seed=0)
    log_scale = 0.3 * _random(N_MODELS, n_entries, seed=1) - 1
    if family == "low_rank":
        return LowRankNormal(mean, log_scale, _random(N_MODELS, 3, n_entries, seed=2))
    if family == "full":
        loadings = 2 * _random(N_MODELS, n_entries, n_entries, seed=2)
        return FullNormal(mean, log_scale, loadings.triu(1))
    if family == "radial":
        return RadialPosterior(mean, log_scale, torch.arange(n_entries) // 6)
    if family == "deterministic":
        return PointMass(mean)
    if family == "last_layer":
        return PartialPosterior(
            PointMass(mean[:, ~IS_HEAD]),
            LowRankNormal(mean[:, IS_HEAD], log_scale[:, IS_HEAD], _random(N_MODELS, 2, 6, seed=2)),
            (~IS_HEAD).nonzero().squeeze(1),
            IS_HEAD.nonzero().squeeze(1),
        )
    if family == "last_layer_full":
        head = FullNormal(
            mean[:, IS_HEAD], log_scale[:, IS_HEAD], _random(N_MODELS, 6, 6, seed=2).triu(1)
        )
        # In another order than that of the vector.
        return PartialPosterior(
            PointMass(mean[:, ~IS_HEAD]),
            head,
            torch.tensor([13, 1, 3, 5, 7, 9, 11, 0]),
            torch.tensor([2, 4, 6, 8, 10, 12]),
        )
    return MeanFieldNormal(mean, log_scale)


def _covariance(posterior: VariationalPosterior) -> torch.Tensor:
    """``[M, P, P]`` by the definition in the class's docstring."""
    scale = torch.diag_embed(posterior.log_scale.exp())
    identity = torch.eye(scale.shape[1], dtype=DOUBLE)
    if isinstance(posterior, LowRankNormal):
        loadings = posterior.loadings
        return scale @ (identity + loadings.mT @ loadings / loadings.shape[1]) @ scale
    if isinstance(posterior, FullNormal):
        factor = identity + posterior.loadings / math.sqrt(scale.shape[1])
        return scale @ factor.mT @ factor @ scale
    return scale @ scale


def _parameterisation(posterior: VariationalPosterior, n_draws: int):
    state = posterior.state()
    return posterior.parameterise(state, torch.zeros_like(state), n_draws)


@pytest.mark.parametrize("family", WITH_WIDTH)
def test_draws_have_the_moments_of_the_posterior(family: str) -> None:
    posterior = _posterior(family, 4)
    n_draws = 40_000
    covariance = _covariance(posterior)
    torch.testing.assert_close(posterior.scale.square(), covariance.diagonal(dim1=1, dim2=2))
    sampled = posterior.sample(n_draws, torch.Generator().manual_seed(3))
    drawn = torch.empty(N_MODELS, n_draws, 4, dtype=DOUBLE)
    _parameterisation(posterior, n_draws).draw(torch.Generator().manual_seed(4), drawn)
    for draws in (sampled, drawn):
        # Pairs cancel exactly in the mean, up to the rounding of the sum.
        torch.testing.assert_close(draws.mean(1), posterior.mean)
        deviation = (draws - posterior.mean.unsqueeze(1)) / posterior.scale.unsqueeze(1)
        correlation = deviation.mT @ deviation / n_draws
        expected = covariance / posterior.scale.unsqueeze(1) / posterior.scale.unsqueeze(2)
        # 20,000 independent products: standard error at most sqrt(2 / 20,000) = 1 %.
        torch.testing.assert_close(correlation, expected, rtol=0, atol=0.04)


@pytest.mark.parametrize("family", FAMILIES)
def test_draws_come_in_antithetic_pairs_and_differ_between_models(family: str) -> None:
    posterior = _posterior(family)
    draws = posterior.sample(4, torch.Generator().manual_seed(0))
    assert draws.shape == (N_MODELS, 4, N_ENTRIES)
    pair_means = 0.5 * (draws[:, :2] + draws[:, 2:])
    torch.testing.assert_close(pair_means, posterior.mean.unsqueeze(1).expand_as(pair_means))
    if family != "deterministic":
        has_width = posterior.scale[0] > 0
        deviation = (draws - posterior.mean.unsqueeze(1))[..., has_width]
        first, second = deviation / posterior.scale[:, has_width].unsqueeze(1)
        assert not torch.allclose(first, second)


@pytest.mark.parametrize("family", WITH_WIDTH)
def test_entropy_is_that_of_a_multivariate_normal(family: str) -> None:
    posterior = _posterior(family, 5)
    parameterisation = _parameterisation(posterior, 2)
    parameterisation.draw(torch.Generator(), torch.empty(N_MODELS, 2, 5, dtype=DOUBLE))
    expected = torch.distributions.MultivariateNormal(posterior.mean, _covariance(posterior))
    torch.testing.assert_close(parameterisation.entropy(), expected.entropy())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_parameterisation_starts_at_the_posterior(family: str) -> None:
    posterior = _posterior(family)
    parameterisation = _parameterisation(posterior, 2)
    parameterisation.draw(torch.Generator(), torch.empty(N_MODELS, 2, N_ENTRIES, dtype=DOUBLE))
    again = parameterisation.posterior()
    torch.testing.assert_close(again.mean, posterior.mean)
    torch.testing.assert_close(again.scale, posterior.scale)
    torch.testing.assert_close(again.state(), posterior.state())
    mean, scale = parameterisation.marginals()
    torch.testing.assert_close(mean, posterior.mean)
    torch.testing.assert_close(scale, posterior.scale)


def test_moving_the_state_does_not_move_the_start() -> None:
    for family in FAMILIES:
        posterior = _posterior(family)
        before = posterior.mean.clone()
        posterior.state().zero_()
        assert torch.equal(posterior.mean, before)


def _model(prior_family: str) -> tuple[BayesianModel, Data]:
    network = Perceptron(2, (3,), 1, "tanh")  # 13 weights and the noise
    prior: Prior
    if prior_family == "learned":
        prior = LearnedScalePrior(network.fan_in(), network.groups("unit"))
    else:
        prior = fan_in_prior(network.fan_in(), 1.0, PRIORS[prior_family]())
    data = Data(_random(7, 2, seed=5), _random(7, 1, seed=6))
    return BayesianModel(network, NormalLikelihood(), prior), data


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("prior_family", ["normal", "laplace", "student_t", "learned"])
@pytest.mark.parametrize("kl_weight", [1.0, 0.3])
def test_gradient_of_the_bound_agrees_with_finite_differences(
    family: str, prior_family: str, kl_weight: float
) -> None:
    # With the noise of the draws fixed the bound is a smooth function of the free parameters.
    model, data = _model(prior_family)
    elbo = ELBO(model, _posterior(family), n_draws=3, kl_weight=kl_weight)

    def evaluate() -> torch.Tensor:
        return elbo(data, torch.Generator().manual_seed(7), data_scale=2.0)

    evaluate()
    gradient = elbo.gradient.clone()
    flat = elbo.state.view(N_MODELS, -1)
    is_free = flat[0] != 0  # all but the lower triangle of a full posterior
    assert torch.all(gradient.view(N_MODELS, -1)[:, ~is_free] == 0)
    step = 1e-5
    for entry in is_free.nonzero().squeeze(1)[::5].tolist():
        values = []
        for sign in (1, -1):
            flat[:, entry] += sign * step
            values.append(evaluate().clone())
            flat[:, entry] -= sign * step
        expected = -(values[0] - values[1]) / (2 * step)
        torch.testing.assert_close(
            gradient.view(N_MODELS, -1)[:, entry], expected, rtol=1e-6, atol=1e-7
        )


@pytest.mark.parametrize("family", WITH_WIDTH)
@pytest.mark.parametrize("prior_family", ["normal", "laplace"])
def test_kl_divergence_agrees_with_monte_carlo(family: str, prior_family: str) -> None:
    model, _ = _model(prior_family)
    posterior = _posterior(family)
    # Without rows the bound is minus the divergence.
    no_rows = Data(torch.zeros(0, 2, dtype=DOUBLE), torch.zeros(0, 1, dtype=DOUBLE))
    bound = ELBO(model, posterior, n_draws=1)(no_rows, torch.Generator().manual_seed(0))
    draws = posterior.sample(20_000, torch.Generator().manual_seed(1)).transpose(0, 1)
    density = torch.distributions.MultivariateNormal(posterior.mean, _covariance(posterior))
    differences = density.log_prob(draws) - model.prior.log_prob(draws)
    standard_error = differences.std(0) / math.sqrt(10_000)
    assert torch.all((differences.mean(0) + bound).abs() < 4 * standard_error)
