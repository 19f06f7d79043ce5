"""Inference against models whose posterior is known in closed form."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import BayesianRidge

from skbayes import BayesianMLPRegressor
from skbayes.inference import (
    ELBO,
    MeanFieldNormal,
    PosteriorFamily,
    TrainingOptions,
    fit_variational,
    initial_posterior,
    start_of_family,
)
from skbayes.model import BayesianModel, Data, NormalLikelihood, Perceptron, fan_in_prior
from skbayes.posteriors import Full, LowRank
from skbayes.variational import Variational

DOUBLE = torch.float64
NOISE = 0.5


@pytest.fixture(scope="module")
def linear_problem():
    """Correlated inputs, a linear network with known noise, and its exact posterior."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(60, 3, dtype=DOUBLE, generator=generator)
    inputs[:, 1] += 0.6 * inputs[:, 0]
    truth = torch.tensor([[1.0], [-2.0], [0.5]], dtype=DOUBLE)
    noise = NOISE * torch.randn(60, 1, dtype=DOUBLE, generator=generator)
    data = Data(inputs, inputs @ truth + 0.3 + noise)
    network = Perceptron(3, (), 1, "identity")
    model = BayesianModel(
        network,
        NormalLikelihood(noise_std=torch.tensor([NOISE], dtype=DOUBLE)),
        fan_in_prior(network.fan_in(), 2.0),
    )
    design = torch.cat([inputs, torch.ones(60, 1, dtype=DOUBLE)], 1)
    precision = design.T @ design / NOISE**2 + torch.diag(model.prior.scale**-2)
    mean = torch.linalg.solve(precision, design.T @ data.targets[:, 0] / NOISE**2)
    return model, data, mean, precision


def _options(**changes) -> TrainingOptions:
    settings = {
        "max_iter": 4000,
        "batch_size": 200,
        "n_draws": 8,
        "learning_rate": 0.02,
        "kl_weight": 1.0,
        "kl_warmup": 0.1,
        "tol": 0.0,
        "n_iter_no_change": 10_000,
    }
    return TrainingOptions(**{**settings, **changes})


@pytest.mark.parametrize("batch_size", [200, 20])
def test_mean_field_posterior_of_linear_regression(linear_problem, batch_size: int) -> None:
    model, data, exact_mean, precision = linear_problem
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        start = initial_posterior(model, 3, generator)
        options = _options(batch_size=batch_size)
        posterior = fit_variational(model, data, start, options, generator).posterior
    # The best independent normals have the exact mean and the reciprocal diagonal of the
    # precision as variances (Bishop 2006, section 10.1.2), from whatever start.
    exact_scale = precision.diagonal().rsqrt()
    for member in range(3):
        # Averaged by the decaying learning rate, stochastic gradients leave an error well under
        # a tenth of a posterior standard deviation; minibatches about three times more.
        tolerance = 0.1 if batch_size == 200 else 0.3
        error = (posterior.mean[member] - exact_mean) / exact_scale
        assert float(error.abs().max()) < tolerance
        ratio = posterior.log_scale[member].exp() / exact_scale
        assert float((ratio - 1).abs().max()) < tolerance


@pytest.mark.parametrize("family", [Full(), LowRank(4)])
@pytest.mark.parametrize("batch_size", [200, 20])
def test_correlated_posteriors_of_linear_regression_are_exact(
    linear_problem, family: PosteriorFamily, batch_size: int
) -> None:
    model, data, exact_mean, precision = linear_problem
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        # Diagonal plus rank 4 is any covariance of four weights.
        start = start_of_family(family, model, 3, generator)
        options = _options(batch_size=batch_size)
        posterior = fit_variational(model, data, start, options, generator).posterior
    covariance = torch.linalg.inv(precision)
    scale = covariance.diagonal().sqrt()
    assert float(((posterior.mean - exact_mean) / scale).abs().max()) < 0.05
    draws = posterior.sample(100_000, torch.Generator().manual_seed(2))
    deviation = (draws - posterior.mean.unsqueeze(1)) / scale
    correlation = deviation.mT @ deviation / draws.shape[1]
    expected = covariance / scale / scale.unsqueeze(1)
    # The largest correlation is -0.58. Stochastic gradients leave an error of about 0.05 (0.1 at
    # most over seeds), the draws one of 0.005.
    assert float((correlation - expected).abs().max()) < 0.15


def test_the_bound_at_the_optimum_is_the_evidence_less_the_known_gap(linear_problem) -> None:
    model, data, exact_mean, precision = linear_problem
    log_scale = -0.5 * precision.diagonal().log()
    generator = torch.Generator().manual_seed(0)
    elbo = ELBO(model, MeanFieldNormal(exact_mean[None], log_scale[None]), n_draws=8000)
    bound = float(elbo(data, generator))

    design = torch.cat([data.inputs, torch.ones(60, 1, dtype=DOUBLE)], 1)
    covariance = design * model.prior.scale.square() @ design.T + NOISE**2 * torch.eye(60)
    evidence = torch.distributions.MultivariateNormal(torch.zeros(60).double(), covariance)
    log_evidence = float(evidence.log_prob(data.targets[:, 0]))
    # KL between the mean-field and the exact normal, whose means agree.
    gap = 0.5 * float(precision.diagonal().log().sum() - precision.logdet())
    # 4,000 pairs whose odd part cancels: standard error about 0.03 nats.
    assert bound == pytest.approx(log_evidence - gap, abs=0.1)
    assert bound < log_evidence


def test_linear_network_agrees_with_bayesian_ridge(diabetes: tuple) -> None:
    X, y = diabetes
    train, test = slice(0, 300), slice(300, None)
    linear = BayesianMLPRegressor(
        (),
        likelihood="normal",
        prior_sigma=10.0,
        inference=Variational(n_members=1),
        random_state=0,
    )
    mean, std = linear.fit(X[train], y[train]).predict(X[test], return_std=True)
    ridge = BayesianRidge().fit(X[train], y[train])
    ridge_mean, ridge_std = ridge.predict(X[test], return_std=True)
    # Different priors and a learned noise: agreement to a few per cent of the noise.
    assert np.abs(mean - ridge_mean).mean() < 0.1 * ridge_std.mean()
    np.testing.assert_allclose(std, ridge_std, rtol=0.1)
    assert linear.noise_std_ == pytest.approx(ridge.alpha_**-0.5, rel=0.05)
