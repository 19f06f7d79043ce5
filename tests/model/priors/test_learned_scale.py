"""The prior with learned scales, against SciPy, quadrature and autograd."""

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from skbayes.model import LearnedScalePrior, NormalPrior
from skbayes.model.networks import WeightGroups

DOUBLE = torch.float64
FAN_IN = torch.tensor([4.0, 4.0, 1.0, 2.0], dtype=DOUBLE)
GROUPS = WeightGroups(torch.tensor([0, 0, 0, 1]), {"first": 1, "second": 1})


def _random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def _kl_divergence(
    prior: LearnedScalePrior, mean: torch.Tensor, log_scale: torch.Tensor
) -> torch.Tensor:
    entropy = log_scale.sum(-1) + 0.5 * mean.shape[-1] * np.log(2 * np.pi * np.e)
    return prior.cross_entropy(mean, log_scale.exp()).value - entropy


def test_log_prob_is_a_multivariate_t_for_each_group() -> None:
    prior = LearnedScalePrior(FAN_IN, GROUPS, shape=1.5, rate=0.6)
    vectors = _random(3, 4)
    # A gamma-distributed precision makes weights jointly t with 2 * shape degrees of freedom.
    scale = 0.6 / 1.5
    expected = stats.multivariate_t.logpdf(
        vectors[:, :3].numpy(), np.zeros(3), np.diag(scale / FAN_IN[:3].numpy()), df=3
    ) + stats.t.logpdf(vectors[:, 3].numpy(), df=3, scale=np.sqrt(scale / 2))
    np.testing.assert_allclose(prior.log_prob(vectors).numpy(), expected, rtol=1e-12)


def test_kl_is_that_of_weight_and_precision_at_the_optimum() -> None:
    # One weight: integrate E_q[log q(w) + log q(t) - log p(w | t) - log p(t)] over the precision t.
    shape, rate, fan_in, mean, scale = 0.7, 0.2, 3.0, 0.4, 0.3
    prior = LearnedScalePrior(
        torch.tensor([fan_in]).double(),
        WeightGroups(torch.tensor([0]), {"one": 1}),
        shape=shape,
        rate=rate,
    )
    second_moment = fan_in * (mean**2 + scale**2)
    posterior = stats.gamma(shape + 0.5, scale=1 / (rate + second_moment / 2))
    hyperprior = stats.gamma(shape, scale=1 / rate)

    def integrand(t: float) -> float:
        log_weight_density = 0.5 * np.log(t * fan_in / (2 * np.pi)) - 0.5 * t * second_moment
        return posterior.pdf(t) * (posterior.logpdf(t) - hyperprior.logpdf(t) - log_weight_density)

    expected = integrate.quad(integrand, 0, 1, limit=300)[0]
    expected += integrate.quad(integrand, 1, np.inf, limit=300)[0]
    expected -= stats.norm(mean, scale).entropy()
    actual = _kl_divergence(
        prior, torch.tensor([[mean]]).double(), torch.tensor([[scale]]).double().log()
    )
    assert float(actual) == pytest.approx(float(expected), rel=1e-7)


def test_kl_bounds_the_divergence_to_the_marginal_prior() -> None:
    # Holding a distribution over precisions as well can only add to the divergence.
    prior = LearnedScalePrior(FAN_IN, GROUPS)
    mean, log_scale = 0.5 * _random(1, 4), 0.3 * _random(1, 4, seed=1) - 1
    posterior = torch.distributions.Normal(mean, log_scale.exp())
    draws = mean + log_scale.exp() * _random(200_000, 4, seed=2)
    monte_carlo = (posterior.log_prob(draws).sum(-1) - prior.log_prob(draws)).mean()
    # Standard error below 0.01 nats.
    assert float(_kl_divergence(prior, mean, log_scale)) > float(monte_carlo) - 0.03


def test_an_unused_group_costs_less_than_under_a_fixed_prior() -> None:
    # Narrow around zero: the learned scale follows the weights down.
    prior = LearnedScalePrior(
        torch.ones(20).double(), WeightGroups(torch.zeros(20, dtype=torch.int64), {"all": 1})
    )
    mean = torch.zeros(1, 20).double()
    costs = [
        float(_kl_divergence(prior, mean, torch.full((1, 20), log_scale).double()))
        for log_scale in (-1.0, -2.0)
    ]
    assert costs[1] - costs[0] < 2  # a fixed normal prior would charge 20 nats


def test_group_sigmas_are_the_fixed_ones_that_pull_alike() -> None:
    prior = LearnedScalePrior(FAN_IN, GROUPS)
    mean, scale = _random(2, 4), 0.3 * _random(2, 4, seed=1).abs()
    blocks = prior.group_sigmas(mean, scale)
    assert list(blocks) == ["first", "second"]
    sigmas = torch.cat(list(blocks.values()), -1)
    for model in range(2):
        fixed = NormalPrior(torch.zeros(4).double(), sigmas[model, GROUPS.of_entry] / FAN_IN.sqrt())
        expected = fixed.cross_entropy(mean[model, None], scale[model, None])
        actual = prior.cross_entropy(mean[model, None], scale[model, None])
        torch.testing.assert_close(actual.mean, expected.mean)
        torch.testing.assert_close(actual.log_scale, expected.log_scale)
