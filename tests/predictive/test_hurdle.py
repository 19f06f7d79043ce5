"""Hurdle mixtures: SciPy's distributions with one value set apart; all methods consistent."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, special

from skbayes.predictive import (
    HurdleMixture,
    LocationScaleMixture,
    NormalMixture,
    StudentTMixture,
)

CENTRES = [-2.0, 0.0, 0.5, 3.0]
D, N = 5, len(CENTRES)
VALUES = {"middle": 0.25, "far below": -40.0, "far above": 40.0}


def _log_odds() -> torch.Tensor:
    """Of rows where the value is rare, even, frequent and nearly sure."""
    rng = np.random.RandomState(1)
    centre = np.array([-3.0, 0.0, 2.0, 8.0])[:, None]
    return torch.from_numpy(rng.normal(size=(D, N, 1)) + centre)


PROBABILITY = special.expit(_log_odds().numpy())


@pytest.fixture(params=sorted(VALUES))
def at(request: pytest.FixtureRequest) -> float:
    return VALUES[request.param]


def _hurdle(elsewhere: LocationScaleMixture, at: float) -> HurdleMixture:
    return HurdleMixture(elsewhere, _log_odds(), torch.tensor([at], dtype=torch.float64))


def _cdf(components: Any, at: float, y: np.ndarray) -> np.ndarray:
    """``P(Y <= y)`` of the mixture, for ``y (n, k)``."""
    inside = (1 - PROBABILITY) * components.cdf(y) + PROBABILITY * (y >= at)
    return inside.mean(axis=0)


def test_cdf_density_and_mass_are_those_of_the_parts(
    name: str, spread_components: Any, at: float
) -> None:
    elsewhere, components = spread_components(name, CENTRES)
    dist = _hurdle(elsewhere, at)
    grid = np.append(np.linspace(-49, 51, 41), at)[None]
    np.testing.assert_allclose(dist.cdf(grid), _cdf(components, at, grid), rtol=1e-9)
    np.testing.assert_allclose(dist.cdf(grid) + dist.sf(grid), 1.0, rtol=1e-12)
    density = ((1 - PROBABILITY) * components.pdf(grid)).mean(axis=0)
    np.testing.assert_allclose(dist.pdf(grid)[:, :-1], density[:, :-1], rtol=1e-8)
    mass = PROBABILITY.mean(axis=0)[:, 0]
    np.testing.assert_allclose(dist.pdf(at), mass, rtol=1e-12)
    below, at_most = dist.pit(np.full(N, at)).T
    np.testing.assert_allclose(at_most - below, mass, rtol=1e-9)


@pytest.mark.parametrize("q", [1e-7, 0.01, 0.05, 0.3, 0.5, 0.7, 0.95, 0.999, 1 - 1e-7])
def test_a_quantile_is_the_smallest_value_of_its_probability(
    name: str, spread_components: Any, at: float, q: float
) -> None:
    elsewhere, components = spread_components(name, CENTRES)
    found = _hurdle(elsewhere, at).quantile(q)
    reached = _cdf(components, at, found[:, None])[:, 0]
    just_below = _cdf(components, at, (found - 1e-7 * np.maximum(1, np.abs(found)))[:, None])[:, 0]
    tail = min(q, 1 - q)
    assert np.all(reached >= q - 1e-8 * tail)
    assert np.all(just_below < q + 1e-8 * tail)
    is_there = found == at
    np.testing.assert_allclose(reached[~is_there], q, rtol=1e-8 * tail / q + 1e-15)


def test_moments_agree_with_integrals(name: str, spread_components: Any, at: float) -> None:
    elsewhere, components = spread_components(name, CENTRES)
    dist = _hurdle(elsewhere, at)
    mean = PROBABILITY * at + (1 - PROBABILITY) * components.mean()
    square = PROBABILITY * at**2 + (1 - PROBABILITY) * (components.var() + components.mean() ** 2)
    np.testing.assert_allclose(dist.function_values(), mean, rtol=1e-10)
    noise = (square - mean**2).mean(axis=0)[:, 0]
    np.testing.assert_allclose(dist.aleatoric_std() ** 2, noise, rtol=1e-8)
    np.testing.assert_allclose(dist.epistemic_std(), mean.std(axis=0)[:, 0], rtol=1e-8)
    np.testing.assert_allclose(dist.mean(), mean.mean(axis=0)[:, 0], rtol=1e-10)


def test_crps_agrees_with_its_integral(name: str, spread_components: Any, at: float) -> None:
    elsewhere, components = spread_components(name, CENTRES)
    dist = _hurdle(elsewhere, at)
    for y in (-0.3, 0.6, at):
        scores = dist.crps(np.full(N, y))
        for row in range(N):

            def square(x: float, row: int, is_below: bool) -> float:
                below = float(_cdf(components, at, np.array([[x]]))[row, 0])
                return below**2 if is_below else (1 - below) ** 2

            edges = components.ppf([[[[1e-7]]], [[[0.01]]], [[[0.5]]], [[[0.99]]], [[[1 - 1e-7]]]])
            edges = np.unique([*edges[:, :, row, 0].ravel(), y, at])
            expected = sum(
                # Within, not at the ends, where the cdf may jump.
                integrate.quad(square, *ends, args=(row, ends[1] <= y), epsabs=1e-10)[0]
                for ends in itertools.pairwise(edges)
            )
            # The corner of a Laplace density, and a skewed one whose curvature jumps, cost the
            # quadrature some of its digits.
            error = {"laplace": 1e-6, "skewed_student_t": 3e-5}.get(name, 1e-8)
            assert scores[row] == pytest.approx(expected, rel=1e-6, abs=error)


def test_samples_have_the_moments_the_mass_and_the_score(
    name: str, spread_components: Any, at: float
) -> None:
    elsewhere, _ = spread_components(name, CENTRES)
    dist = _hurdle(elsewhere, at)
    samples = dist.sample(10_000, random_state=0)
    # Standard errors: 1 / sqrt(10,000) = 0.01 standard deviations, and 0.005 of a probability.
    np.testing.assert_allclose((samples == at).mean(axis=1), dist.pdf(at), atol=0.02)
    assert np.all(np.abs(samples.mean(axis=1) - dist.mean()) < 0.05 * dist.std())
    y = np.array([-2.0, 0.2, at, 3.0])
    first, second = samples[:, ::2], samples[:, 1::2]
    score = np.abs(samples - y[:, None]).mean(axis=1) - 0.5 * np.abs(first - second).mean(axis=1)
    assert np.all(np.abs(dist.crps(y) - score) < 0.05 * dist.std())


def test_pit_of_random_observations_is_uniform(many_rows: Any, check_pit: Any) -> None:
    elsewhere, loc = many_rows
    check_pit(HurdleMixture(elsewhere, 0.5 * loc, torch.zeros(1)))


def test_several_targets_of_which_one_has_no_value() -> None:
    rng = np.random.RandomState(0)
    loc = torch.from_numpy(rng.normal(size=(4, 3, 2)))
    scale = torch.from_numpy(rng.uniform(0.5, 1.0, size=(4, 1, 2)))
    log_odds = torch.from_numpy(rng.normal(size=(4, 3, 2)))
    both = HurdleMixture(NormalMixture(loc, scale), log_odds, torch.tensor([0.5, torch.nan]))
    alone = HurdleMixture(
        NormalMixture(loc[..., :1], scale[..., :1]), log_odds[..., :1], torch.tensor([0.5])
    )
    plain = NormalMixture(loc[..., 1:], scale[..., 1:])
    y = np.array([[0.5, 0.0], [-1.0, 0.5], [0.1, 2.0]])
    for t, one in enumerate((alone, plain)):
        for method in ("log_prob", "cdf", "sf", "crps"):
            expected = getattr(one, method)(y[:, t])
            np.testing.assert_allclose(getattr(both, method)(y)[:, t], expected, rtol=1e-7)
        for method in ("mean", "std", "median"):
            expected = getattr(one, method)()
            np.testing.assert_allclose(getattr(both, method)()[:, t], expected, rtol=1e-9)
        np.testing.assert_allclose(both.interval(0.9)[:, t], one.interval(0.9), rtol=1e-9)
        np.testing.assert_allclose(both.pit(y)[:, t], one.pit(y[:, t]), rtol=1e-9, atol=1e-15)
    assert np.all(both.pdf(np.zeros((3, 2)))[:, 1] > 0)
    np.testing.assert_array_equal(both[1:].mean(), both.mean()[1:])


@pytest.mark.parametrize("log_odds", [-1e3, 1e3])
def test_what_is_sure(log_odds: float) -> None:
    one = torch.ones(1, 3, 1, dtype=torch.float64)
    heavy = StudentTMixture(2 * one, one, 1.5 * one)
    dist = HurdleMixture(heavy, log_odds * one, torch.tensor([0.5]))
    if log_odds > 0:
        np.testing.assert_array_equal(dist.quantile([1e-9, 0.5, 1 - 1e-9]), 0.5)
        np.testing.assert_array_equal(dist.std(), 0.0)
        np.testing.assert_allclose(dist.crps([0.5, 1.5, -1.0]), [0.0, 1.0, 1.5])
        assert dist.log_prob(1.0)[0] == pytest.approx(heavy.log_prob(1.0)[0] - 1e3)
    else:
        np.testing.assert_allclose(
            dist.quantile([1e-9, 0.5, 0.9]), heavy.quantile([1e-9, 0.5, 0.9]), rtol=1e-9
        )
        np.testing.assert_array_equal(dist.std(), np.inf)
        np.testing.assert_allclose(dist.crps([0.5, 1.5, -1.0]), heavy.crps([0.5, 1.5, -1.0]))
        assert dist.log_prob(0.5)[0] == -1e3


def test_many_rows_are_the_same_as_few() -> None:
    rng = np.random.RandomState(0)
    loc = torch.from_numpy(rng.normal(size=(200, 700, 1)))
    one = torch.ones(200, 1, 1, dtype=torch.float64)
    dist = HurdleMixture(StudentTMixture(loc, one, 4 * one), loc, torch.zeros(1))
    levels = [0.05, 0.5, 0.95]
    # A table of tails serves many rows, to ten digits.
    np.testing.assert_allclose(
        dist.quantile(levels)[:3], dist[:3].quantile(levels), rtol=1e-6, atol=1e-8
    )
