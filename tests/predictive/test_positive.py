"""Mixtures over positive numbers: many orders of magnitude, and nothing below zero."""

import numpy as np
import pytest
import torch
from scipy import stats

from skbayes.predictive import GammaMixture, LogNormalMixture, PredictiveDistribution


def _column(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)[:, None, None]


MIXTURES = [
    LogNormalMixture(_column(0.0, 1.0), _column(0.5, 2.0)),
    GammaMixture(_column(1.0, 3.0), _column(0.5, 20.0)),
]


@pytest.mark.parametrize("dist", MIXTURES, ids=lambda dist: type(dist).__name__)
@pytest.mark.parametrize("y", [0.0, -1.0])
def test_what_is_not_positive_cannot_occur(dist: PredictiveDistribution, y: float) -> None:
    assert dist.log_prob([y])[0] == -np.inf
    assert dist.cdf([y])[0] == 0.0
    # The score of an impossible observation is finite: as far away as it is, and the rest.
    assert dist.crps([y])[0] == pytest.approx(dist.crps([0.0])[0] - y)


@pytest.mark.parametrize("dist", MIXTURES, ids=lambda dist: type(dist).__name__)
def test_quantiles_over_many_orders_of_magnitude(dist: PredictiveDistribution) -> None:
    for q in (1e-100, 1e-30, 1e-9):
        np.testing.assert_allclose(dist.cdf(dist.quantile(q)), q, rtol=1e-8)


def test_quantiles_of_a_gamma_of_tiny_shape() -> None:
    dist = GammaMixture(_column(1.0), _column(0.01))
    expected = stats.gamma(0.01, scale=100).ppf([0.2, 0.5, 0.99])
    np.testing.assert_allclose(dist.quantile([0.2, 0.5, 0.99])[0], expected, rtol=1e-9)


def test_quantiles_and_density_of_a_gamma_of_large_shape() -> None:
    dist, exact = GammaMixture(_column(1e3), _column(1e8)), stats.gamma(1e8, scale=1e-5)
    np.testing.assert_allclose(dist.quantile([0.1, 0.9])[0], exact.ppf([0.1, 0.9]), rtol=1e-10)
    # SciPy's own density loses nine digits of a shape of 1e8.
    assert dist.log_prob([1e3])[0] == pytest.approx(exact.logpdf(1e3), abs=1e-6)


def test_moments_beyond_the_largest_double_are_infinite() -> None:
    dist = LogNormalMixture(_column(0.0, 800.0), _column(1.0, 1.0))
    assert dist.mean()[0] == dist.std()[0] == dist.epistemic_std()[0] == np.inf
    assert np.isfinite(dist.quantile(0.25))


def test_crps_of_one_lognormal_is_the_textbook_formula() -> None:
    # Jordan, Krüger & Lerch 2019: y (2 F - 1) - 2 m (Phi(z - s) + Phi(s / sqrt 2) - 1).
    y, s = 2.0, 0.7
    z = np.log(y) / s
    expected = y * (2 * stats.norm.cdf(z) - 1) - 2 * np.exp(s**2 / 2) * (
        stats.norm.cdf(z - s) + stats.norm.cdf(s / np.sqrt(2)) - 1
    )
    assert LogNormalMixture(_column(0.0), _column(s)).crps([y])[0] == pytest.approx(expected)


def test_crps_of_an_exponential_is_the_textbook_formula() -> None:
    y = 0.8
    expected = y - 2 * (1 - np.exp(-y)) + 0.5
    assert GammaMixture(_column(1.0), _column(1.0)).crps([y])[0] == pytest.approx(expected)
