"""The prior's densities and divergences, against SciPy and torch.distributions."""

import torch
from scipy import stats

from skbayes.model import Network, NormalPrior, fan_in_normal_prior

LOC = torch.tensor([0.0, 1.0, -2.0], dtype=torch.float64)
SCALE = torch.tensor([1.0, 0.5, 3.0], dtype=torch.float64)
MEAN = torch.tensor([[0.3, -1.0, 2.0], [0.0, 1.0, -2.0]], dtype=torch.float64)
LOG_SCALE = torch.tensor([[0.1, -2.0, 0.7], [0.0, -0.6931471805599453, 1.0986122886681098]])


def test_log_prob_agrees_with_scipy() -> None:
    expected = stats.norm.logpdf(MEAN.numpy(), LOC.numpy(), SCALE.numpy()).sum(axis=1)
    torch.testing.assert_close(NormalPrior(LOC, SCALE).log_prob(MEAN), torch.from_numpy(expected))


def test_kl_agrees_with_torch_distributions() -> None:
    log_scale = LOG_SCALE.double()
    posterior = torch.distributions.Normal(MEAN, log_scale.exp())
    prior = torch.distributions.Normal(LOC, SCALE)
    expected = torch.distributions.kl_divergence(posterior, prior).sum(-1)
    actual = NormalPrior(LOC, SCALE).kl_divergence(MEAN, log_scale)
    torch.testing.assert_close(actual, expected)


def test_kl_is_summed_over_weights_and_zero_at_the_prior() -> None:
    prior = NormalPrior(LOC, SCALE)
    wide = NormalPrior(LOC.repeat(10), SCALE.repeat(10))
    mean, log_scale = MEAN[:1], LOG_SCALE[:1].double()
    torch.testing.assert_close(
        wide.kl_divergence(mean.repeat(1, 10), log_scale.repeat(1, 10)),
        10 * prior.kl_divergence(mean, log_scale),
    )
    assert abs(float(prior.kl_divergence(LOC[None], SCALE.log()[None]))) < 1e-14


def test_kl_gradient_agrees_with_autograd() -> None:
    mean = MEAN.clone().requires_grad_()
    log_scale = LOG_SCALE.double().requires_grad_()
    prior = NormalPrior(LOC, SCALE)
    expected = torch.autograd.grad(prior.kl_divergence(mean, log_scale).sum(), (mean, log_scale))
    actual = prior.kl_gradient(mean.detach(), log_scale.detach(), log_scale.detach().exp())
    torch.testing.assert_close(actual.mean, expected[0])
    torch.testing.assert_close(actual.log_scale, expected[1])


def test_prior_sigma_is_a_standard_deviation_divided_by_the_root_of_the_fan_in() -> None:
    prior = fan_in_normal_prior(Network(16, (4,), 1, "relu").fan_in(), 2.0)
    assert set(prior.scale[:64].tolist()) == {2.0 / 4.0}  # weights with 16 inputs
    assert set(prior.scale[64:68].tolist()) == {2.0}  # biases
    assert set(prior.scale[68:72].tolist()) == {2.0 / 2.0}  # weights with 4 inputs


def test_each_model_may_have_its_own_prior() -> None:
    both = NormalPrior(LOC.expand(2, 3), torch.stack([SCALE, 2 * SCALE]))
    log_scale = LOG_SCALE.double()
    expected = [
        NormalPrior(LOC, factor * SCALE).kl_divergence(MEAN[i : i + 1], log_scale[i : i + 1])
        for i, factor in enumerate((1, 2))
    ]
    torch.testing.assert_close(both.kl_divergence(MEAN, log_scale), torch.cat(expected))
