"""Draws from the mean-field posterior."""

import pytest
import torch

from skbayes.inference import MeanFieldNormal
from skbayes.inference.posteriors import antithetic_normals


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("n_draws", [1, 2, 5, 6])
def test_draws_come_in_antithetic_pairs(n_draws: int) -> None:
    noise = antithetic_normals((2, n_draws, 3), _generator())
    half = (n_draws + 1) // 2
    assert torch.equal(noise[:, half:], -noise[:, : n_draws - half])


def test_mean_and_scale_of_draws_are_those_of_the_posterior() -> None:
    mean = torch.tensor([[0.0, 10.0], [-3.0, 2.0]], dtype=torch.float64)
    log_scale = torch.tensor([[0.0, -2.0], [1.0, 0.5]], dtype=torch.float64)
    n_draws = 20_000
    draws = MeanFieldNormal(mean, log_scale).sample(n_draws, _generator())
    # Pairs cancel exactly in the mean, up to the rounding of the sum.
    torch.testing.assert_close(draws.mean(1), mean)
    # n/2 independent squares: relative standard error of the scale is sqrt(1/n) = 0.7 %.
    torch.testing.assert_close(draws.std(1), log_scale.exp(), rtol=0.03, atol=0)


def test_draws_of_different_models_are_independent() -> None:
    same = MeanFieldNormal(torch.zeros(2, 4), torch.zeros(2, 4)).sample(2, _generator())
    assert not torch.equal(same[0], same[1])
