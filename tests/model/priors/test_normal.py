"""The normal prior's divergence from a normal posterior, against torch.distributions."""

import math

import torch

from skbayes.model import NormalPrior, Perceptron, fan_in_prior

LOC = torch.tensor([0.0, 1.0, -2.0], dtype=torch.float64)
SCALE = torch.tensor([1.0, 0.5, 3.0], dtype=torch.float64)
MEAN = torch.tensor([[0.3, -1.0, 2.0], [0.0, 1.0, -2.0]], dtype=torch.float64)
WIDTH = torch.tensor([[1.1, 0.1, 2.0], [1.0, 0.5, 3.0]], dtype=torch.float64)


def _kl_divergence(prior: NormalPrior, mean: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    entropy = scale.log().sum(-1) + 0.5 * mean.shape[-1] * math.log(2 * math.pi * math.e)
    return prior.cross_entropy(mean, scale).value - entropy


def test_kl_agrees_with_torch_distributions() -> None:
    posterior = torch.distributions.Normal(MEAN, WIDTH)
    prior = torch.distributions.Normal(LOC, SCALE)
    expected = torch.distributions.kl_divergence(posterior, prior).sum(-1)
    torch.testing.assert_close(_kl_divergence(NormalPrior(LOC, SCALE), MEAN, WIDTH), expected)


def test_kl_is_summed_over_weights_and_zero_at_the_prior() -> None:
    prior = NormalPrior(LOC, SCALE)
    wide = NormalPrior(LOC.repeat(10), SCALE.repeat(10))
    torch.testing.assert_close(
        _kl_divergence(wide, MEAN.repeat(1, 10), WIDTH.repeat(1, 10)),
        10 * _kl_divergence(prior, MEAN, WIDTH),
    )
    assert abs(float(_kl_divergence(prior, LOC[None], SCALE[None]))) < 1e-14


def test_prior_sigma_is_a_standard_deviation_divided_by_the_root_of_the_fan_in() -> None:
    prior = fan_in_prior(Perceptron(16, (4,), 1, "relu").fan_in(), 2.0)
    assert set(prior.scale[:64].tolist()) == {2.0 / 4.0}  # weights with 16 inputs
    assert set(prior.scale[64:68].tolist()) == {2.0}  # biases
    assert set(prior.scale[68:72].tolist()) == {2.0 / 2.0}  # weights with 4 inputs


def test_each_model_may_have_its_own_cross_entropy() -> None:
    both = NormalPrior(LOC.expand(2, 3), torch.stack([SCALE, 2 * SCALE]))
    expected = [
        NormalPrior(LOC, factor * SCALE).cross_entropy(MEAN[i : i + 1], WIDTH[i : i + 1]).value
        for i, factor in enumerate((1, 2))
    ]
    torch.testing.assert_close(both.cross_entropy(MEAN, WIDTH).value, torch.cat(expected))
