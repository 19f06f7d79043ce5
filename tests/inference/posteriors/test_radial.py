"""The radial posterior against its definition."""

import math

import pytest
import torch
from scipy import integrate, stats

from skbayes.inference.posteriors import MeanFieldNormal, RadialPosterior
from skbayes.posteriors import Radial

DOUBLE = torch.float64


def _posterior(n_entries: int, n_layers: int = 1) -> RadialPosterior:
    mean = torch.linspace(-1, 1, n_entries, dtype=DOUBLE).unsqueeze(0)
    log_size = torch.linspace(-1, 0.5, n_entries, dtype=DOUBLE).unsqueeze(0)
    return RadialPosterior(mean, log_size, torch.arange(n_entries) % n_layers)


def _entropy(posterior: RadialPosterior) -> float:
    state = posterior.state()
    parameterisation = posterior.parameterise(state, torch.zeros_like(state), 2)
    parameterisation.draw(torch.Generator(), torch.empty(1, 2, state.shape[2], dtype=DOUBLE))
    return float(parameterisation.entropy())


def test_distances_from_the_mean_are_those_of_a_normal_in_each_layer() -> None:
    posterior = _posterior(30, n_layers=2)
    draws = posterior.sample(4000, torch.Generator().manual_seed(0))[0]
    deviation = (draws - posterior.mean) / posterior.log_size.exp()
    for layer in (0, 1):
        radius = deviation[:2000, posterior.layer_index == layer].norm(dim=1).numpy()
        # 2,000 independent radii: the test rejects a true hypothesis once in a hundred seeds.
        assert stats.kstest(radius, stats.halfnorm.cdf).pvalue > 0.01


def test_scale_is_the_standard_deviation_of_the_draws() -> None:
    posterior = _posterior(5, n_layers=2)
    draws = posterior.sample(40_000, torch.Generator().manual_seed(0))[0]
    # Heavy tails: the standard error of a root mean square is about 1.5 % here.
    torch.testing.assert_close(draws.std(0), posterior.scale[0], rtol=0.05, atol=0)


def test_entropy_of_a_single_entry_is_that_of_a_normal() -> None:
    posterior = _posterior(1)
    expected = float(posterior.log_size) + 0.5 * math.log(2 * math.pi * math.e)
    assert _entropy(posterior) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n_entries", [2, 3, 6])
def test_entropy_agrees_with_quadrature(n_entries: int) -> None:
    # The density at the distance r is that of r over the area of the sphere of radius r.
    area = 2 * math.pi ** (n_entries / 2) / math.gamma(n_entries / 2)

    def integrand(r: float) -> float:
        log_density = stats.halfnorm.logpdf(r) - math.log(area) - (n_entries - 1) * math.log(r)
        return -stats.halfnorm.pdf(r) * log_density

    expected, _ = integrate.quad(integrand, 0, 12, points=[1e-3, 0.1, 1])
    posterior = _posterior(n_entries)
    assert _entropy(posterior) == pytest.approx(
        expected + float(posterior.log_size.sum()), abs=1e-6
    )


def test_a_start_reaches_as_far_as_the_normals_it_is_made_from() -> None:
    normals = MeanFieldNormal(torch.zeros(1, 7), torch.linspace(-2, 0, 7).unsqueeze(0))
    layers = torch.tensor([0, 0, 0, 3, 3, 5, 5])
    start = Radial().around(normals, layers, torch.Generator())
    torch.testing.assert_close(start.scale, normals.scale)
