"""Mixtures over counts: whole quantiles, exact sums, any size."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from skbayes.predictive import NegativeBinomialMixture, PoissonMixture
from skbayes.predictive.counts import CountMixture


def _column(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)[:, None, None]


def _spread(distributions: list, n_terms: int) -> float:
    """E|Y - Y'| of a mixture of SciPy's distributions, by brute force."""
    k = np.arange(n_terms)
    lower = np.mean([d.cdf(k) for d in distributions], axis=0)
    upper = np.mean([d.sf(k) for d in distributions], axis=0)
    return float(2 * (lower * upper).sum())


@pytest.mark.parametrize(
    "dist", [PoissonMixture(_column(2.0)), NegativeBinomialMixture(_column(2.0), _column(3.0))]
)
def test_what_is_no_count_cannot_occur(dist: CountMixture) -> None:
    for y in (-1.0, 0.5, np.inf):
        assert dist.log_prob([y])[0] == -np.inf
    assert dist.cdf([-1.0])[0] == dist.cdf([-0.5])[0] == 0.0
    assert dist.cdf([1.5])[0] == dist.cdf([1.0])[0]
    # E|Y - y| is linear between counts, and below zero.
    for first, second in ((-2.0, -1.0), (2.0, 3.0)):
        middle = 0.5 * (dist.crps([first])[0] + dist.crps([second])[0])
        assert dist.crps([0.5 * (first + second)])[0] == pytest.approx(middle)


def test_an_interval_holds_at_least_its_coverage() -> None:
    dist = PoissonMixture(_column(0.01, 3.0, 50.0))
    for coverage in (0.1, 0.5, 0.9, 0.99):
        lower, upper = dist.interval(coverage)[0]
        assert dist.cdf([upper])[0] - dist.cdf([lower - 1])[0] >= coverage


@given(
    log_rates=st.lists(st.floats(-9, 18), min_size=1, max_size=4),
    log_size=st.floats(-3, 9),
    q=st.floats(1e-6, 1 - 1e-6),
)
@settings(max_examples=25, deadline=None)
def test_quantiles_of_any_mixture(log_rates: list[float], log_size: float, q: float) -> None:
    rates = np.exp(log_rates)
    size = np.full(len(rates), np.exp(log_size))
    for dist in (
        PoissonMixture(_column(*rates)),
        NegativeBinomialMixture(_column(*rates), _column(*size)),
    ):
        k = dist.quantile(q)
        assert k[0] == np.round(k[0]) >= 0
        assert dist.cdf(k)[0] >= q * (1 - 1e-12)
        assert k[0] == 0 or dist.cdf(k - 1)[0] < q * (1 + 1e-12)


@pytest.mark.parametrize(
    "rates", [(0.001,), (0.5, 3.0), (2.0, 2000.0), (1e4, 1.2e4), (10.0, 1e6), (1e6, 1.001e6)]
)
def test_spread_of_poisson_mixtures_of_any_rate(rates: tuple[float, ...]) -> None:
    n_terms = int(max(rates) + 20 * np.sqrt(max(rates)) + 50)
    expected = _spread([stats.poisson(rate) for rate in rates], n_terms)
    actual = float(PoissonMixture(_column(*rates))._mean_pair_distance())
    assert actual == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("means", "sizes"),
    [((0.5, 3.0), (1.0, 2.0)), ((30.0, 31.0), (0.3, 5.0)), ((10.0, 1e4), (1e4, 2.0))],
)
def test_spread_of_negative_binomial_mixtures(
    means: tuple[float, ...], sizes: tuple[float, ...]
) -> None:
    distributions = [
        stats.nbinom(size, size / (size + mean)) for mean, size in zip(means, sizes, strict=True)
    ]
    expected = _spread(distributions, int(200 * max(means) + 200))
    actual = float(NegativeBinomialMixture(_column(*means), _column(*sizes))._mean_pair_distance())
    assert actual == pytest.approx(expected, rel=1e-9)


def test_sum_and_quadrature_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    mean = 50 * torch.rand(5, 4, 2, dtype=torch.float64, generator=generator)
    dist = NegativeBinomialMixture(mean, 1 + torch.rand(5, 1, 2, dtype=torch.float64))
    summed = dist._mean_pair_distance()
    monkeypatch.setattr("skbayes.predictive.counts._MAX_TERMS", 0)
    torch.testing.assert_close(dist._mean_pair_distance(), summed, rtol=1e-9, atol=0)


def test_a_negative_binomial_of_large_size_is_a_poisson() -> None:
    rates = _column(0.3, 20.0)
    poisson, limit = PoissonMixture(rates), NegativeBinomialMixture(rates, _column(1e12, 1e12))
    for y in (0.0, 5.0, 40.0):
        assert limit.log_prob([y])[0] == pytest.approx(poisson.log_prob([y])[0], rel=1e-9)
        assert limit.cdf([y])[0] == pytest.approx(poisson.cdf([y])[0], rel=1e-9)
        assert limit.crps([y])[0] == pytest.approx(poisson.crps([y])[0], rel=1e-9)


def test_quantiles_beyond_what_doubles_count() -> None:
    dist = PoissonMixture(_column(1.0, 1e17, 3e17))
    np.testing.assert_allclose(dist.quantile([0.2, 0.5, 0.9])[0], [1, 1e17, 3e17], rtol=1e-7)


def test_samples_of_enormous_rates() -> None:
    dist = PoissonMixture(_column(1e20))
    np.testing.assert_allclose(dist.sample(3, random_state=0), 1e20, rtol=1e-6)
