"""The package's trainer and chains on a module."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from skbayes import TrainingStatus
from skbayes.likelihoods import Censored
from skbayes.model import NormalLikelihood
from skbayes.samplers import HMC, MCLMC
from skbayes.torch import BayesianModule, fit, kl_warmup, minibatch_kl_weight, sample

DOUBLE = torch.float64
CHAINS = MCLMC(n_chains=2, n_warmup=60, n_samples=5, thin=2)


def _rows(n_rows: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n_rows, 3, generator=generator)
    noise = 0.1 * torch.randn(n_rows, generator=generator)
    return x, torch.sin(x[:, 0]) + 0.3 * x[:, 1] + noise


def _network() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 1))


def test_rows_and_a_loader_of_them_find_the_function() -> None:
    x, y = _rows(400)
    loader = DataLoader(TensorDataset(x, y), batch_size=100, shuffle=False)
    for data in ((x, y), loader):
        bayesian = BayesianModule(_network(), likelihood="normal")
        result = fit(bayesian, data, max_iter=800, batch_size=100, learning_rate=0.02)
        assert result.bounds.shape[1] == 1
        assert result.bounds[-50:].mean() > result.bounds[:50].mean() + 0.5
        error = bayesian.eval().predict(x, 50).mean() - y.numpy()
        assert np.sqrt(np.mean(error**2)) < 0.2  # noise of 0.1, a deviation of y of 0.7


def test_the_seed_fixes_the_fit_and_the_global_generator_is_left_alone() -> None:
    x, y = _rows()
    before = torch.get_rng_state()
    states = []
    for seed in (0, 0, 1):
        bayesian = BayesianModule(nn.Sequential(_network(), nn.Dropout(0.0)), likelihood="normal")
        fit(bayesian, (x, y), max_iter=20, batch_size=16, random_state=seed)
        states.append(bayesian.posterior_state.detach())
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


def test_fit_and_a_loop_of_ones_own_maximise_the_same_bound() -> None:
    x, y = (part.double() for part in _rows())
    bayesian = BayesianModule(_network().double(), likelihood="normal", prior_sigma=2.0)
    result = fit(bayesian, (x, y), max_iter=600, learning_rate=0.01)
    with torch.no_grad():
        bound = float(bayesian.elbo(x, y, dataset_size=60, n_draws=2000))
    # The mean of 100 noisy steps at a learning rate that falls to zero.
    assert bound == pytest.approx(float(result.last_bounds()[0]), abs=0.05)


def test_chains_sample_the_posterior_of_a_linear_model() -> None:
    # With noise that is known the posterior is normal, in closed form.
    x, y = (part.double() for part in _rows(30))
    y = x @ torch.tensor([1.0, -2.0, 0.5], dtype=DOUBLE) + 0.5 * torch.cos(9 * x[:, 0])
    likelihood = NormalLikelihood(noise_std=torch.tensor([0.5]))
    bayesian = BayesianModule(
        nn.Linear(3, 1, bias=False).double(), likelihood=likelihood, prior_sigma=1.0
    )
    fit(bayesian, (x, y), max_iter=500, learning_rate=0.02)
    sampled, result = sample(bayesian, (x, y), HMC(n_chains=4, n_warmup=200, n_samples=500, thin=2))
    precision = x.T @ x / 0.25 + 3.0 * torch.eye(3, dtype=DOUBLE)  # fan-in of 3
    covariance = torch.linalg.inv(precision)
    mean = covariance @ x.T @ y / 0.25
    draws = sampled.stored_draws
    # 2,000 nearly independent draws: 2 % of a standard deviation.
    assert torch.all((draws.mean(0) - mean).abs() < 0.12 * covariance.diagonal().sqrt())
    torch.testing.assert_close(
        draws.T.cov(), covariance, rtol=0.25, atol=0.1 * float(covariance.max())
    )
    assert result.posterior.draws.shape == (4, 500, 3)
    assert bayesian.stored_draws is None


def test_a_module_learns_from_censored_targets() -> None:
    x, y = _rows(200)
    capped = y.clamp(max=0.5)
    bayesian = BayesianModule(_network(), likelihood=Censored("normal", upper=0.5))
    fit(bayesian, (x, capped), max_iter=600)
    dist = bayesian.predict(x, generator=torch.Generator().manual_seed(0))
    assert dist.interval(0.9).max() == 0.5
    # Noise of 0.1; without the cap the largest is 1.7.
    error = dist.uncensored.mean() - y.numpy()
    assert np.sqrt(np.mean(error**2)) < 0.3


def test_a_sampled_module_predicts_with_its_draws() -> None:
    x, y = _rows()
    loader = DataLoader(TensorDataset(x, y), batch_size=25)
    bayesian = BayesianModule(_network(), likelihood="normal")
    fit(bayesian, loader, max_iter=60)
    sampled, _ = sample(bayesian, loader, CHAINS)
    assert sampled.eval()(x, n_draws=10).shape == (10, 60, 1)
    assert sampled.predict(x, 100).mean().shape == (60,)
    assert sampled.freeze()(x).shape == (60, 1)
    fresh = BayesianModule(_network(), likelihood="normal")
    fresh.load_state_dict(sampled.state_dict())
    assert torch.equal(fresh.stored_draws, sampled.stored_draws)
    with pytest.raises(ValueError, match="has been sampled"):
        fit(sampled, loader)


def test_chains_of_a_module_have_one_weight() -> None:
    x, y = _rows()
    bayesian = BayesianModule(_network(), likelihood="normal")
    with pytest.raises(ValueError, match="kl_weight must be a number here"):
        sample(bayesian, (x, y), MCLMC(kl_weight="auto"))


def test_points_stay_where_they_are_in_chains() -> None:
    x, y = _rows()
    bayesian = BayesianModule(_network(), likelihood="normal", bayesian="last_layer")
    fit(bayesian, (x, y), max_iter=60)
    sampled, _ = sample(bayesian, (x, y), CHAINS)
    spread = sampled.stored_draws.std(0)
    is_point = bayesian.posterior.scale[0] == 0
    assert int(is_point.sum()) == 64
    assert bool((spread[is_point] == 0).all())
    assert bool((spread[~is_point] > 0).all())
    torch.testing.assert_close(
        sampled.stored_draws[:, is_point], bayesian.posterior.mean[:, is_point].expand(10, -1)
    )


def test_inputs_of_any_structure() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.head = nn.Embedding(5, 3), nn.Linear(6, 1)

        def forward(self, token: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
            return self.head(torch.cat([self.table(token), x], 1))

    x, y = _rows()
    token = torch.randint(5, (60,), generator=torch.Generator().manual_seed(1))
    for inputs in ((token, x), {"x": x, "token": token}):
        bayesian = BayesianModule(Two(), likelihood="normal")
        fit(bayesian, (inputs, y), max_iter=30, batch_size=20)
        sampled, _ = sample(bayesian, (inputs, y), CHAINS)
        assert sampled.predict(inputs, 8).mean().shape == (60,)


def test_batch_normalisation_is_trained_by_the_batch() -> None:
    x, y = _rows(200)
    network = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1))
    bayesian = BayesianModule(network, likelihood="normal")
    fit(bayesian, (x, y), max_iter=600, batch_size=50, learning_rate=0.02)
    statistics = bayesian.state_dict()["module_state.1/num_batches_tracked"]
    assert int(statistics) > 100
    error = bayesian.eval().predict(x, 50).mean() - y.numpy()
    # Half of what is left of y, 0.7, if nothing is learned; statistics that were not kept, or not
    # used, give more than that.
    assert np.sqrt(np.mean(error**2)) < 0.35


def test_callbacks_see_the_bound_and_may_end_training() -> None:
    seen: list[TrainingStatus] = []

    def stop(status: TrainingStatus) -> bool:
        seen.append(status)
        return len(seen) == 2

    bayesian = BayesianModule(_network(), likelihood="normal")
    result = fit(bayesian, _rows(), max_iter=500, callbacks=[stop])
    assert result.ending == "callback"
    assert [status.step for status in seen] == [50, 100]


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (torch.zeros(5, 3), "pair"),
        ((torch.zeros(5, 3), torch.zeros(4)), "as many rows"),
        ((torch.zeros(5, 3), torch.zeros(5, 2)), r"shape \(n_rows, 1\)"),
    ],
)
def test_data_that_cannot_be_are_refused(data: object, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        fit(BayesianModule(_network(), likelihood="normal"), data, max_iter=5)


def test_a_failed_fit_leaves_the_posterior_as_it_was() -> None:
    x, y = _rows()
    bayesian = BayesianModule(_network(), likelihood="normal")
    before = bayesian.posterior_state.detach().clone()
    with pytest.raises(FloatingPointError, match="non-finite"):
        fit(bayesian, (x, y * float("nan")), max_iter=60)
    assert torch.equal(bayesian.posterior_state, before)


def test_schedules() -> None:
    assert kl_warmup(3, 0) == 1.0
    # Blundell et al. 2015, section 3.4: 2^(M - i) / (2^M - 1), here times M.
    expected = [4 * 2 ** (4 - i) / 15 for i in range(1, 5)]
    assert [minibatch_kl_weight(i, 4) for i in range(4)] == pytest.approx(expected)
    assert minibatch_kl_weight(5000, 10_000) == 0.0
