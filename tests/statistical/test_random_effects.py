"""Effects of categories are shrunk as in a model of random effects; unknown ones keep the prior."""

import pytest
import torch

from skbayes.inference import TrainingOptions, fit_variational, initial_posterior
from skbayes.model import (
    BayesianModel,
    Data,
    InputColumns,
    LearnedScalePrior,
    NormalLikelihood,
    Perceptron,
    fan_in_prior,
)

DOUBLE = torch.float64
NOISE = 0.5
SIGMA = 1.5
OPTIONS = TrainingOptions(
    max_iter=4000,
    batch_size=200,
    n_draws=8,
    learning_rate=0.05,
    kl_weight=1.0,
    kl_warmup=0.0,
    tol=0.0,
    n_iter_no_change=10_000,
)


def _rows() -> tuple[torch.Tensor, torch.Tensor]:
    """Six categories with 1, 2, 4, 8, 16 and 32 rows each, and targets around their effects."""
    codes = torch.repeat_interleave(torch.arange(6), 2 ** torch.arange(6))
    generator = torch.Generator().manual_seed(0)
    effects = torch.randn(6, dtype=DOUBLE, generator=generator)
    noise = NOISE * torch.randn(len(codes), dtype=DOUBLE, generator=generator)
    return codes, effects[codes] + noise


def _fit(model: BayesianModel, data: Data):
    generator = torch.Generator().manual_seed(1)
    start = initial_posterior(model, 1, generator)
    with torch.no_grad():
        return fit_variational(model, data, start, OPTIONS, generator).posterior


def test_effects_have_their_conjugate_posterior_and_the_unknown_one_its_prior() -> None:
    codes, targets = _rows()
    network = Perceptron(InputColumns(0, (6,)), (), 1, "identity")
    likelihood = NormalLikelihood(noise_std=torch.tensor([NOISE], dtype=DOUBLE))
    model = BayesianModel(network, likelihood, fan_in_prior(network.fan_in(), SIGMA))
    posterior = _fit(model, Data(codes[:, None].to(DOUBLE), targets[:, None]))

    # Bias, six effects and the unknown one, all N(0, SIGMA^2): a linear model in one-hot rows.
    design = torch.cat([torch.ones(len(codes), 1), torch.eye(7)[codes]], 1).to(DOUBLE)
    precision = design.T @ design / NOISE**2 + torch.eye(8, dtype=DOUBLE) / SIGMA**2
    mean = torch.linalg.solve(precision, design.T @ targets / NOISE**2)
    # The mean-field optimum of a normal posterior has its mean and, for each entry, the
    # standard deviation given all others. The tolerance is the noise of the last steps.
    torch.testing.assert_close(posterior.mean[0], mean, rtol=0, atol=0.02)
    scale = precision.diagonal().rsqrt()
    torch.testing.assert_close(posterior.log_scale[0], scale.log(), rtol=0, atol=0.05)
    assert float(posterior.mean[0, -1]) == pytest.approx(0, abs=1e-3)
    assert float(posterior.log_scale[0, -1].exp()) == pytest.approx(SIGMA, rel=1e-3)


@pytest.mark.parametrize("hidden", [(), (4,)])
def test_an_unknown_category_has_the_learned_scale_of_its_group(hidden: tuple[int, ...]) -> None:
    codes, targets = _rows()
    network = Perceptron(InputColumns(0, (6,)), hidden, 1, "tanh", linear_skip=True)
    prior = LearnedScalePrior(network.fan_in(), network.groups("unit"))
    model = BayesianModel(network, NormalLikelihood(), prior)
    posterior = _fit(model, Data(codes[:, None].to(DOUBLE), targets[:, None]))

    mean, log_scale = (x[:, : network.n_weights] for x in (posterior.mean, posterior.log_scale))
    sigmas = torch.cat(list(prior.group_sigmas(mean, log_scale.exp()).values()), -1)
    prior_scale = sigmas[:, network.groups("unit").of_entry] / network.fan_in().sqrt()
    unknown = network.embeddings.unknown
    # The data never pull at these weights, so Adam brings them as close as its last steps.
    torch.testing.assert_close(
        posterior.log_scale[:, unknown].exp(), prior_scale[:, unknown], rtol=0.02, atol=0
    )
    assert posterior.mean[:, unknown].abs().max() < 0.01
