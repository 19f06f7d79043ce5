"""What every predictive distribution shares: shapes, errors, and agreement with SciPy."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats

from skbayes.predictive import NormalMixture


def _mixture(n_outputs: int) -> NormalMixture:
    generator = torch.Generator().manual_seed(0)
    loc = torch.randn(7, 4, n_outputs, dtype=torch.float64, generator=generator)
    return NormalMixture(loc, torch.ones(7, 1, 1))


@pytest.mark.parametrize(("n_outputs", "shape"), [(1, (4,)), (3, (4, 3))])
def test_one_shape_rule(n_outputs: int, shape: tuple[int, ...]) -> None:
    dist = _mixture(n_outputs)
    y = np.zeros(shape)
    for values in (
        dist.mean(),
        dist.var(),
        dist.std(),
        dist.aleatoric_std(),
        dist.epistemic_std(),
        dist.quantile(0.5),
        dist.log_prob(y),
        dist.cdf(y),
        dist.crps(y),
    ):
        assert type(values) is np.ndarray
        assert values.dtype == np.float64
        assert values.shape == shape
    for kind in ("predictive", "mean"):
        assert dist.interval(0.8, kind=kind).shape == (*shape, 2)
        assert dist.quantile([0.1, 0.5, 0.9], kind=kind).shape == (*shape, 3)
    assert dist.sample(5, random_state=0).shape == (*shape, 5)
    assert (dist.n_samples, dist.n_outputs, dist.n_components) == (4, n_outputs, 7)


def test_samples_follow_their_seed_alone() -> None:
    dist = _mixture(1)
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    first, second = dist.sample(3, random_state=1), dist.sample(3, random_state=1)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, dist.sample(3, random_state=2))
    assert np.array_equal(before, np.random.get_state()[1])


def test_a_sample_is_one_function_over_all_rows() -> None:
    loc = torch.tensor([-100.0, 100.0])[:, None, None].expand(2, 5, 1)
    samples = NormalMixture(loc, torch.ones(1, 1, 1)).sample(20, random_state=0)
    assert np.all(np.abs(samples.sum(axis=0)) > 400)  # never some rows high and others low


@pytest.mark.parametrize("q", [0.0, 1.0, -0.1, [0.5, 2.0], np.nan, [[0.5]]])
def test_probabilities_outside_their_domain(q: object) -> None:
    with pytest.raises(ValueError, match=r"q must be one or more probabilities in \(0, 1\)"):
        _mixture(1).quantile(q)


@pytest.mark.parametrize("coverage", [0, 1, -1, 1.5, np.nan, "0.9", None])
def test_coverage_outside_its_domain(coverage: object) -> None:
    with pytest.raises(ValueError, match=r"coverage must be a number in \(0, 1\). Got"):
        _mixture(1).interval(coverage)


def test_unknown_kind() -> None:
    with pytest.raises(ValueError, match=r"kind must be 'predictive' or 'mean'\. Got 'noise'"):
        _mixture(1).interval(0.9, kind="noise")


def test_observations_of_the_wrong_shape() -> None:
    with pytest.raises(ValueError, match=r"y must have shape \(4,\). Got \(3,\)"):
        _mixture(1).log_prob(np.zeros(3))


# Against SciPy, for every family (the fixture in conftest.py).


def _log_density(family: Any, components: Any, y: np.ndarray) -> np.ndarray:
    log_density = components.logpmf(y) if family.is_count else components.logpdf(y)
    return special.logsumexp(log_density, axis=0) - np.log(len(log_density))


def test_density_and_distribution_agree_with_scipy(family: Any) -> None:
    dist, components = family.random()
    for q in (1e-6, 0.1, 0.5, 0.9, 1 - 1e-6):
        y = components.ppf(q).mean(axis=0)
        y = np.floor(y) if family.is_count else y
        np.testing.assert_allclose(
            dist.log_prob(y), _log_density(family, components, y)[:, 0], rtol=1e-11, atol=1e-12
        )
        np.testing.assert_allclose(dist.cdf(y), components.cdf(y).mean(axis=0)[:, 0], rtol=1e-11)
        upper = dist._component_cdf(torch.from_numpy(y), upper_tail=True).mean(0).numpy()
        np.testing.assert_allclose(upper, components.sf(y).mean(axis=0), rtol=1e-11)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_moments_agree_with_scipy(family: Any, n_outputs: int) -> None:
    dist, components = family.random(n_outputs=n_outputs)
    mean, var = components.mean(), components.var()
    expected = mean.mean(axis=0), var.mean(axis=0), mean.var(axis=0)
    expected = tuple(x[:, 0] if n_outputs == 1 else x for x in expected)
    np.testing.assert_allclose(dist.mean(), expected[0], rtol=1e-12)
    np.testing.assert_allclose(dist.aleatoric_std() ** 2, expected[1], rtol=1e-12)
    np.testing.assert_allclose(dist.epistemic_std() ** 2, expected[2], rtol=1e-11)
    np.testing.assert_allclose(dist.var(), expected[1] + expected[2], rtol=1e-12)
    np.testing.assert_allclose(dist.std() ** 2, dist.var(), rtol=1e-12)


def test_quantiles_invert_scipys_distribution(family: Any) -> None:
    dist, components = family.random(n_outputs=2)
    for q in (1e-9, 0.01, 0.3, 0.5, 0.9, 1 - 1e-9):
        y = dist.quantile(q)
        if family.is_count:
            assert np.array_equal(y, np.round(y))
            # The smallest whole number with at least this probability.
            assert np.all(components.cdf(y).mean(axis=0) >= q - 1e-15)
            assert np.all(components.cdf(y - 1).mean(axis=0) < q)
        elif q <= 0.5:
            np.testing.assert_allclose(components.cdf(y).mean(axis=0), q, rtol=1e-9)
        else:
            np.testing.assert_allclose(components.sf(y).mean(axis=0), 1 - q, rtol=1e-6)


def test_crps_agrees_with_its_integral(family: Any) -> None:
    dist, components = family.random(n_rows=2)
    for y in (components.ppf(0.2).mean(axis=0), components.ppf(0.99).mean(axis=0)):
        y = np.floor(y) if family.is_count else y
        # The integral over (F(x) - 1[x >= y])^2 (Gneiting & Raftery 2007, eq. 20).
        for row in range(2):

            def tail(x: float, row: int, is_below: bool) -> float:
                side = components.cdf(x) if is_below else components.sf(x)
                return float(side.mean(axis=0)[row, 0] ** 2)

            if family.is_count:
                k = np.arange(2000)[:, None, None, None]
                below = components.cdf(k).mean(axis=1)[:, row, 0] ** 2
                above = components.sf(k).mean(axis=1)[:, row, 0] ** 2
                expected = np.where(k.ravel() < y[row, 0], below, above).sum()
            else:
                # At the quantiles of the components, so that no feature is missed.
                edges = components.ppf([[[[0.001]]], [[[0.5]]], [[[0.999]]]])[:, :, row, 0]
                edges = np.unique(np.append(edges, y[row, 0]))
                expected = sum(
                    integrate.quad(tail, *ends, args=(row, ends[1] <= y[row, 0]))[0]
                    for ends in itertools.pairwise(edges)
                )
                start = 0.0 if components.support()[0].min() == 0 else -np.inf
                expected += integrate.quad(tail, start, edges[0], args=(row, True))[0]
                expected += integrate.quad(tail, edges[-1], np.inf, args=(row, False))[0]
            assert dist.crps(y)[row] == pytest.approx(expected, rel=family.crps_error)


def test_crps_agrees_with_monte_carlo(family: Any) -> None:
    dist, _ = family.random(n_rows=3)
    y = dist.quantile(0.8)
    first, second = dist.sample(16_000, random_state=0).reshape(3, 2, -1).swapaxes(0, 1)
    expected = np.abs(first - y[:, None]).mean(axis=1) - 0.5 * np.abs(first - second).mean(axis=1)
    # Standard error about std / sqrt(8,000): 0.011 standard deviations.
    np.testing.assert_allclose(dist.crps(y), expected, atol=0.05 * dist.std().max())


def test_samples_follow_the_distribution(family: Any) -> None:
    dist, _ = family.random(n_rows=3)
    samples = dist.sample(10_000, random_state=0)
    assert samples.dtype == np.float64
    for q in (0.1, 0.5, 0.9):
        y = dist.quantile(q)
        # Binomial standard error: at most 0.5 / sqrt(10,000) = 0.005.
        np.testing.assert_allclose((samples <= y[:, None]).mean(axis=1), dist.cdf(y), atol=0.02)


def test_pit_of_random_observations_is_uniform(family: Any) -> None:
    # One component: a sample of several rows is from one component, and not independent.
    dist, _ = family.random(n_components=1, n_rows=1500)
    lower, upper = dist.pit(dist.sample(1, random_state=0)[:, 0]).T
    if family.is_count:
        assert np.all(lower < upper)
    else:
        assert np.array_equal(lower, upper)
    transform = lower + np.random.RandomState(1).uniform(size=1500) * (upper - lower)
    # The mean distance of 1500 uniform numbers from uniformity is 0.87 / sqrt(1500) = 0.022; twice
    # that is exceeded once in a hundred times.
    assert stats.kstest(transform, "uniform").statistic < 0.045


def test_percentages_get_a_hint() -> None:
    dist = _mixture(1)
    with pytest.raises(ValueError, match=r"coverage must be .* Got 95 .* Perhaps 0.95 is meant"):
        dist.interval(95)
    with pytest.raises(ValueError, match=r"q must be .* Perhaps 0.05, 0.95 is meant"):
        dist.quantile([5, 95])
    for other in (1.0, 100.0, -3.0, "95"):
        with pytest.raises(ValueError, match=r"coverage must be .* instead\.$"):
            dist.interval(other)
