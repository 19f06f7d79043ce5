"""Samplers against posteriors known in closed form, one another, and simulation."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.base import clone

from skbayes import BayesianMLPRegressor
from skbayes.inference import (
    chain_starts,
    effective_sample_size,
    initial_posterior,
    sample_posterior,
    split_r_hat,
)
from skbayes.model import BayesianModel, Data, NormalLikelihood, Perceptron, fan_in_prior
from skbayes.samplers import HMC, MCLMC

DOUBLE = torch.float64
NOISE = 0.5
OPTIONS = {
    "hmc": HMC(n_warmup=200, n_samples=150, thin=1),
    "mclmc": MCLMC(n_warmup=700, n_samples=150, thin=10, batch_size=1000),
}


def _sample(model: BayesianModel, data: Data, algorithm: str, n_chains: int = 32, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        start, scale = chain_starts(
            initial_posterior(model, n_chains, generator), model, n_chains, generator
        )
        return sample_posterior(model, data, start, scale, OPTIONS[algorithm], generator)


@pytest.mark.parametrize("algorithm", ["hmc", "mclmc"])
@pytest.mark.parametrize("likelihood_weight", [1.0, 0.25])
def test_bayesian_linear_regression(algorithm: str, likelihood_weight: float, monkeypatch) -> None:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(60, 3, dtype=DOUBLE, generator=generator)
    inputs[:, 1] += 0.6 * inputs[:, 0]
    weights = torch.tensor([[1.0], [-2.0], [0.5]], dtype=DOUBLE)
    noise = NOISE * torch.randn(60, 1, dtype=DOUBLE, generator=generator)
    data = Data(inputs, inputs @ weights + 0.3 + noise)
    network = Perceptron(3, (), 1, "identity")
    model = BayesianModel(
        network,
        NormalLikelihood(noise_std=torch.tensor([NOISE], dtype=DOUBLE)),
        fan_in_prior(network.fan_in(), 2.0),
    )
    sampler = clone(OPTIONS[algorithm]).set_params(kl_weight=1 / likelihood_weight)
    monkeypatch.setitem(OPTIONS, algorithm, sampler)
    draws = _sample(model, data, algorithm).posterior.draws
    design = torch.cat([inputs, torch.ones(60, 1, dtype=DOUBLE)], 1)
    weight = likelihood_weight / NOISE**2
    precision = weight * design.T @ design + torch.diag(model.prior.scale**-2)
    mean = torch.linalg.solve(precision, weight * design.T @ data.targets[:, 0])
    standardised = ((draws - mean) @ torch.linalg.cholesky(precision)).numpy()
    n_effective = effective_sample_size(standardised).min()
    assert n_effective > 500
    n_effective = float(n_effective)
    pooled = standardised.reshape(-1, 4)
    assert np.all(np.abs(pooled.mean(0)) < 4 / np.sqrt(n_effective))
    # MCLMC is not adjusted: with four entries, where its bias is largest, the variance comes out
    # some hundredths too large. Four standard errors of a variance for HMC.
    tolerance = 4 * np.sqrt(2 / n_effective) + (0.04 if algorithm == "mclmc" else 0.0)
    np.testing.assert_allclose(np.cov(pooled.T), np.eye(4), atol=tolerance)


def test_hmc_and_mclmc_agree_on_predictive_moments() -> None:
    generator = torch.Generator().manual_seed(0)
    network = Perceptron(1, (4,), 1, "tanh")
    model = BayesianModel(network, NormalLikelihood(), fan_in_prior(network.fan_in(), 1.5))
    inputs = torch.linspace(-2, 2, 40, dtype=DOUBLE)[:, None]
    noise = 0.2 * torch.randn(40, 1, dtype=DOUBLE, generator=generator)
    data = Data(inputs, torch.sin(2 * inputs) + noise)
    probes = torch.linspace(-3, 3, 13, dtype=DOUBLE)[:, None]
    moments = {}
    for algorithm in OPTIONS:
        draws = _sample(model, data, algorithm).posterior.draws
        weights, parameters = model.split(draws.flatten(0, 1))
        values = network.forward(weights, probes).squeeze(-1).unflatten(0, draws.shape[:2]).numpy()
        noise_std = model.likelihood.noise_scale(parameters).unflatten(0, draws.shape[:2]).numpy()
        values = np.concatenate([values, noise_std], axis=-1)
        assert np.all(split_r_hat(values) < 1.15)
        size = effective_sample_size(values)
        moments[algorithm] = values.mean((0, 1)), values.std((0, 1)), size
    (mean_h, std_h, size_h), (mean_m, std_m, size_m) = moments["hmc"], moments["mclmc"]
    standard_error = np.sqrt(std_h**2 / size_h + std_m**2 / size_m)
    assert np.all(np.abs(mean_h - mean_m) < 4 * standard_error)
    np.testing.assert_allclose(std_m / std_h, 1.0, atol=0.25)


@pytest.mark.parametrize("algorithm", ["hmc", "mclmc"])
def test_simulation_based_calibration(algorithm: str) -> None:
    """Ranks of the truth among posterior draws are uniform (Talts et al. 2018, theorem 1).

    Truth from the prior, data from the truth: 200 data sets at once, one chain each.
    """
    n_data_sets, n_rows = 200, 12
    network = Perceptron(1, (3,), 1, "tanh")
    model = BayesianModel(network, NormalLikelihood(), fan_in_prior(network.fan_in(), 1.0))
    rng = np.random.RandomState(0)
    prior_std = np.append(1 / network.fan_in().sqrt().numpy(), 2.0)
    prior_loc = np.append(np.zeros(network.n_weights), -1.0)
    truth = torch.from_numpy(
        prior_loc + prior_std * rng.standard_normal((n_data_sets, len(prior_std)))
    )
    inputs = torch.from_numpy(rng.uniform(-2, 2, (n_data_sets, n_rows, 1)))
    weights, parameters = model.split(truth)
    noise = model.likelihood.noise_scale(parameters).unsqueeze(1)
    normals = torch.from_numpy(rng.standard_normal((n_data_sets, n_rows, 1)))
    targets = network.forward(weights, inputs) + noise * normals
    data = Data(inputs, targets)
    result = _sample(model, data, algorithm, n_chains=n_data_sets)
    probes = torch.linspace(-2, 2, 3, dtype=DOUBLE)[:, None]

    def quantities(vectors: torch.Tensor) -> np.ndarray:
        weights, parameters = model.split(vectors)
        values = network.forward(weights, probes).squeeze(-1)
        return torch.cat([values, parameters], -1).numpy()

    draws = result.posterior.draws[:, 7::8]  # nearly independent
    values = quantities(draws.flatten(0, 1)).reshape(n_data_sets, draws.shape[1], -1)
    ranks = (values < quantities(truth)[:, None]).sum(1)
    n_bins = draws.shape[1] + 1
    for column in ranks.T:
        counts = np.bincount(column, minlength=n_bins)
        # One test in ten thousand fails by chance; there are four for each sampler.
        assert stats.chisquare(counts).pvalue > 1e-4
        # Too narrow or too wide a posterior shows in the variance of the ranks first.
        expected = (n_bins**2 - 1) / 12
        assert column.var() == pytest.approx(expected, rel=4 * np.sqrt(0.8 / n_data_sets))


def test_intervals_of_few_rows_are_as_wide_as_those_of_hmc() -> None:
    # With steps as long as many rows allow they were a quarter wider. Two runs of HMC differ by
    # 3 %, four chains of the default by 2.
    rng = np.random.RandomState(0)
    X = rng.normal(size=(30, 2))
    y = X[:, 0] + 0.5 * np.sin(2 * X[:, 1]) + 0.3 * rng.normal(size=30)
    grid = rng.normal(size=(200, 2))
    widths = {}
    for inference in ("auto", HMC(n_warmup=200, n_samples=100, thin=1)):
        model = BayesianMLPRegressor(
            (16,), activation="tanh", n_bins=1, inference=inference, random_state=0
        )
        intervals = model.set_params(n_posterior_samples=400).fit(X, y).predict_interval(grid)
        widths[str(inference)] = np.median(np.diff(intervals))
    of_auto, of_hmc = widths.values()
    assert of_auto == pytest.approx(of_hmc, rel=0.06)
