"""Logit-normal mixtures: a normal of the log odds, by SciPy and by integration."""

import itertools

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats

from skbayes.predictive import LogitNormalMixture

LOWER, UPPER = -2.0, 3.0


def _mixture(scale: float = 1.0) -> tuple[LogitNormalMixture, np.ndarray, np.ndarray]:
    rng = np.random.RandomState(0)
    loc = rng.normal(size=(4, 3, 1)) + np.array([-8.0, 0.0, 2.0])[:, None]
    scales = scale * rng.uniform(0.3, 1.5, size=(4, 1, 1))
    ends = (torch.tensor([end], dtype=torch.float64) for end in (LOWER, UPPER))
    return LogitNormalMixture(torch.from_numpy(loc), torch.from_numpy(scales), *ends), loc, scales


def _moment(loc: float, scale: float, power: int) -> float:
    def integrand(z: float) -> float:
        share = special.expit(loc + scale * z)
        return float((LOWER + (UPPER - LOWER) * share) ** power * stats.norm.pdf(z))

    return integrate.quad(integrand, -12, 12, points=[-loc / scale], epsabs=1e-13, limit=400)[0]


@pytest.mark.parametrize("scale", [0.01, 1.0, 5.0])
def test_moments_agree_with_integrals(scale: float) -> None:
    dist, loc, scales = _mixture(scale)
    pairs = np.broadcast(loc, scales)
    first, second = (
        np.reshape([_moment(m, s, power) for m, s in np.broadcast(loc, scales)], pairs.shape)
        for power in (1, 2)
    )
    np.testing.assert_allclose(dist.function_values(), first, rtol=1e-8)
    aleatoric = (second - first**2).mean(axis=0)[:, 0]
    np.testing.assert_allclose(dist.aleatoric_std() ** 2, aleatoric, rtol=1e-6, atol=1e-11)
    total = aleatoric + first.var(axis=0)[:, 0]
    np.testing.assert_allclose(dist.var(), total, rtol=1e-6, atol=1e-11)


def test_density_distribution_and_quantiles_are_those_of_the_log_odds() -> None:
    dist, loc, scales = _mixture()
    odds = stats.norm(loc, scales)
    y = np.linspace(LOWER, UPPER, 12)[1:-1]
    log_odds = np.log((y - LOWER) / (UPPER - y))
    slope = (UPPER - LOWER) / ((y - LOWER) * (UPPER - y))
    np.testing.assert_allclose(dist.pdf(y[None]), odds.pdf(log_odds).mean(axis=0) * slope)
    np.testing.assert_allclose(dist.cdf(y[None]), odds.cdf(log_odds).mean(axis=0))
    np.testing.assert_allclose(dist.sf(y[None]), odds.sf(log_odds).mean(axis=0))
    for q in (1e-6, 0.3, 0.95):
        np.testing.assert_allclose(dist.cdf(dist.quantile(q)), q, rtol=1e-8)
    mass = integrate.quad(lambda y: dist.pdf(y)[1], LOWER, UPPER)[0]
    assert mass == pytest.approx(1.0)


@pytest.mark.parametrize("y", [LOWER, UPPER, -7.0, 9.0])
def test_what_lies_outside_cannot_occur(y: float) -> None:
    dist, _, _ = _mixture()
    assert np.all(dist.log_prob(y) == -np.inf)
    np.testing.assert_allclose(dist.cdf(y), float(y >= UPPER))
    # The score of an impossible observation is finite: as far away as it is, and the rest.
    end = np.clip(y, LOWER, UPPER)
    np.testing.assert_allclose(dist.crps([y] * 3), dist.crps([end] * 3) + abs(y - end))


@pytest.mark.parametrize("scale", [0.01, 1.0, 5.0])
def test_crps_agrees_with_its_integral(scale: float) -> None:
    dist, loc, scales = _mixture(scale)
    odds = stats.norm(loc, scales)
    for y in (LOWER, -1.9, 0.4, 2.9):
        at = np.log(max(y - LOWER, 1e-20)) - np.log(UPPER - y)
        for row in range(3):

            def square(x: float, row: int, is_below: bool) -> float:
                side = (odds.cdf(x) if is_below else odds.sf(x)).mean(axis=0)[row, 0]
                return float(side**2 * special.expit(x) * special.expit(-x))

            # About each component, so that no narrow one is missed.
            near = (loc + scales * [-6.0, -2.0, 2.0, 6.0])[:, row].ravel()
            edges = np.unique(np.r_[np.clip([-40, *near, 0, 40], -40, 40), at])
            expected = sum(
                integrate.quad(square, *ends, args=(row, ends[1] <= at), epsabs=1e-13)[0]
                for ends in itertools.pairwise(edges)
            )
            expected *= UPPER - LOWER
            assert dist.crps([y] * 3)[row] == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_samples_follow_the_distribution() -> None:
    dist, _, _ = _mixture()
    samples = dist.sample(10_000, random_state=0)
    assert samples.min() > LOWER
    assert samples.max() < UPPER
    # Standard error: 1 / sqrt(10,000) = 0.01 standard deviations.
    np.testing.assert_allclose(samples.mean(axis=1), dist.mean(), atol=0.04 * dist.std().max())
    np.testing.assert_allclose(samples.std(axis=1), dist.std(), rtol=0.05, atol=1e-3)


def test_rows_and_targets() -> None:
    rng = np.random.RandomState(0)
    loc, scale = (
        torch.from_numpy(x) for x in (rng.normal(size=(4, 3, 2)), np.full((4, 1, 2), 1.3))
    )
    lower, upper = torch.tensor([0.0, 5.0]), torch.tensor([1.0, 9.0])
    both = LogitNormalMixture(loc, scale, lower, upper)
    y = np.array([[0.3, 6.0], [0.5, 8.0], [0.9, 5.5]])
    for t in range(2):
        part = slice(t, t + 1)
        one = LogitNormalMixture(loc[..., part], scale[..., part], lower[part], upper[part])
        for method in ("log_prob", "cdf", "crps"):
            np.testing.assert_allclose(
                getattr(both, method)(y)[:, t], getattr(one, method)(y[:, t]), rtol=1e-9
            )
        np.testing.assert_allclose(both.interval(0.9)[:, t], one.interval(0.9), rtol=1e-9)
    np.testing.assert_array_equal(both[[2, 0]].mean(), both.mean()[[2, 0]])
