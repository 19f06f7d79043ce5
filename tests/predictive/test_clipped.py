"""Clipped mixtures: SciPy's distributions, clipped; every method consistent with the others."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats
from two_pieces import TwoPieceStudentT

from skbayes.predictive import (
    ClippedMixture,
    LaplaceMixture,
    LocationScaleMixture,
    NormalMixture,
    SkewedStudentTMixture,
    StudentTMixture,
)

CENTRES = [-2.0, 0.0, 3.0]
D, N = 5, len(CENTRES)
BOUNDS = {"both": (-1.0, 1.5), "lower": (-0.5, np.inf), "upper": (-np.inf, 0.7)}


@pytest.fixture(params=sorted(BOUNDS))
def bounds(request: pytest.FixtureRequest) -> tuple[float, float]:
    return BOUNDS[request.param]


def _clip(inner: LocationScaleMixture, bounds: tuple[float, float]) -> ClippedMixture:
    lower, upper = (torch.tensor([bound], dtype=torch.float64) for bound in bounds)
    return ClippedMixture(inner, lower, upper)


def _moment(components: Any, bounds: tuple[float, float], power: int) -> np.ndarray:
    """``E C^power`` of each component, ``(D, n)``: masses at the bounds, and an integral."""
    lower, upper = bounds
    moment = np.zeros((D, N))
    for bound, mass in ((lower, components.cdf(lower)), (upper, components.sf(upper))):
        if np.isfinite(bound):
            moment += bound**power * mass[..., 0]
    for index in np.ndindex(D, N):
        # At the quantiles of the component, so that its peak is not missed.
        inside = components.ppf([[[[1e-4]]], [[[0.5]]], [[[1 - 1e-4]]]])[(slice(None), *index, 0)]
        edges = np.unique(np.clip([lower, *inside, upper], lower, upper))
        for ends in itertools.pairwise(edges):
            moment[index] += integrate.quad(
                lambda y, index=index: y**power * components.pdf(y)[(*index, 0)],
                *ends,
                epsabs=1e-12,
            )[0]
    return moment


def test_moments_agree_with_integrals(
    name: str, spread_components: Any, bounds: tuple[float, float]
) -> None:
    inner, components = spread_components(name, CENTRES)
    dist = _clip(inner, bounds)
    mean = _moment(components, bounds, 1)
    var = _moment(components, bounds, 2) - mean**2
    np.testing.assert_allclose(dist.function_values()[..., 0], mean, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(dist.aleatoric_std() ** 2, var.mean(axis=0), rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(dist.mean(), mean.mean(axis=0), rtol=1e-7, atol=1e-8)
    total = dist.aleatoric_std() ** 2 + dist.epistemic_std() ** 2
    np.testing.assert_allclose(dist.var(), total, rtol=1e-12)
    np.testing.assert_allclose(dist.epistemic_std(), mean.std(axis=0), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("df", [1.1, 1.7, 2 - 1e-7, 2.0, 2 + 1e-5, 3.0])
def test_student_t_moments_between_bounds_at_any_degrees_of_freedom(df: float) -> None:
    one = torch.ones(1, 1, 1, dtype=torch.float64)
    dist = _clip(StudentTMixture(0.3 * one, 0.5 * one, df * one), (-1.0, 2.0))
    t = stats.t(df, 0.3, 0.5)
    mean = -t.cdf(-1.0) + 2 * t.sf(2.0) + integrate.quad(lambda y: y * t.pdf(y), -1, 2)[0]
    var = (
        (1 + mean) ** 2 * t.cdf(-1.0)
        + (2 - mean) ** 2 * t.sf(2.0)
        + integrate.quad(lambda y: (y - mean) ** 2 * t.pdf(y), -1, 2)[0]
    )
    # Two degrees of freedom are taken to be a millionth more.
    assert dist.mean()[0] == pytest.approx(mean, rel=1e-6)
    assert dist.var()[0] == pytest.approx(var, rel=1e-6)


def test_one_bound_leaves_a_heavy_tail_without_a_variance() -> None:
    one = torch.ones(1, 1, 1, dtype=torch.float64)
    heavy = StudentTMixture(0 * one, one, 1.5 * one)
    assert _clip(heavy, (0.0, np.inf)).std()[0] == np.inf
    assert np.isfinite(_clip(heavy, (0.0, 10.0)).std()[0])


def test_density_inside_and_mass_at_the_bounds(
    name: str, spread_components: Any, bounds: tuple[float, float]
) -> None:
    inner, components = spread_components(name, CENTRES)
    dist, (lower, upper) = _clip(inner, bounds), bounds
    grid = np.linspace(-3, 3, 41)[None]
    is_inside = (lower < grid[0]) & (grid[0] < upper)
    np.testing.assert_allclose(dist.pdf(grid)[:, is_inside], inner.pdf(grid)[:, is_inside])
    mass = np.zeros(N)
    for bound, tail in ((lower, components.cdf(lower)), (upper, components.sf(upper))):
        if np.isfinite(bound):
            expected = tail.mean(axis=0)[:, 0]
            np.testing.assert_allclose(dist.pdf(bound), expected, rtol=1e-9)
            mass += expected
    inside = dist.cdf(np.nextafter(upper, -np.inf)) - dist.cdf(lower)
    at_lower = dist.pdf(lower) if np.isfinite(lower) else 0.0
    np.testing.assert_allclose(inside + mass, 1.0, rtol=1e-12)
    np.testing.assert_allclose(dist.cdf(grid) + dist.sf(grid), 1.0)
    np.testing.assert_allclose(dist.cdf(lower) if np.isfinite(lower) else 0.0, at_lower)
    assert np.all(dist.cdf(grid)[:, grid[0] < lower] == 0)
    assert np.all(dist.sf(grid)[:, grid[0] >= upper] == 0)


def test_the_mass_of_a_bound_far_out_has_a_logarithm(name: str) -> None:
    one = torch.ones(1, 1, 1, dtype=torch.float64)
    others = {"student_t": (50 * one,), "skewed_student_t": (50 * one, 0.7 * one)}.get(name, ())
    inner = {
        "normal": NormalMixture,
        "laplace": LaplaceMixture,
        "student_t": StudentTMixture,
        "skewed_student_t": SkewedStudentTMixture,
    }[name]
    dist = _clip(inner(0 * one, one, *others), (-np.inf, 1000.0))
    expected = {
        "skewed_student_t": TwoPieceStudentT(*map(np.array, (50.0, 0.0, 1.0, 0.7))).logsf(1000.0),
        "normal": special.log_ndtr(-1000.0),
        "laplace": -1000 - np.log(2),
        # The leading term of the tail: density times z / df.
        "student_t": stats.t(50).logpdf(1000.0) + np.log(1000.0 / 50),
    }
    assert dist.log_prob(1000.0)[0] == pytest.approx(expected[name], rel=1e-4)


def test_quantiles_are_those_of_the_mixture_clipped(
    name: str, spread_components: Any, bounds: tuple[float, float]
) -> None:
    inner, _ = spread_components(name, CENTRES)
    dist = _clip(inner, bounds)
    q = [1e-6, 0.05, 0.5, 0.95, 1 - 1e-6]
    np.testing.assert_array_equal(dist.quantile(q), np.clip(inner.quantile(q), *bounds))
    # The smallest value with at least the probability.
    values = dist.quantile(q)
    assert np.all(dist.cdf(values) >= np.array(q) - 1e-9)
    lower, upper = dist.interval(0.8, kind="mean").T
    assert np.all((bounds[0] <= lower) & (lower <= upper) & (upper <= bounds[1]))


def test_crps_agrees_with_its_integral(
    name: str, spread_components: Any, bounds: tuple[float, float]
) -> None:
    inner, components = spread_components(name, CENTRES)
    dist, (lower, upper) = _clip(inner, bounds), bounds
    for y in (-0.3, 0.6, *(bound for bound in bounds if np.isfinite(bound))):
        for row in range(N):

            def square(x: float, row: int, is_below: bool) -> float:
                side = components.cdf(x) if is_below else components.sf(x)
                return float(side.mean(axis=0)[row, 0] ** 2)

            edges = components.ppf([[[[0.001]]], [[[0.5]]], [[[0.999]]]])[:, :, row, 0]
            edges = np.unique(np.clip([*edges.ravel(), y, lower, upper], lower, upper))
            expected = sum(
                integrate.quad(square, *ends, args=(row, ends[1] <= y), epsabs=1e-11)[0]
                for ends in itertools.pairwise(edges)
            )
            # The corner of a Laplace density, and a skewed one whose curvature jumps, cost the
            # quadrature some of its digits.
            error = {"laplace": 1e-6, "skewed_student_t": 3e-5}.get(name, 1e-8)
            assert dist.crps(np.full(N, y))[row] == pytest.approx(expected, rel=1e-7, abs=error)


def test_samples_have_the_moments_the_masses_and_the_score(
    name: str, spread_components: Any, bounds: tuple[float, float]
) -> None:
    inner, _ = spread_components(name, CENTRES)
    dist = _clip(inner, bounds)
    samples = dist.sample(10_000, random_state=0)
    assert samples.min() >= bounds[0]
    assert samples.max() <= bounds[1]
    # Standard errors: 1 / sqrt(10,000) = 0.01 standard deviations, and 0.005 of a probability.
    np.testing.assert_allclose(samples.mean(axis=1), dist.mean(), atol=0.04 * dist.std().max())
    for bound in filter(np.isfinite, bounds):
        np.testing.assert_allclose((samples == bound).mean(axis=1), dist.pdf(bound), atol=0.02)
    y = np.clip([-2.0, 0.2, 3.0], *bounds)
    first, second = samples[:, ::2], samples[:, 1::2]
    score = np.abs(samples - y[:, None]).mean(axis=1) - 0.5 * np.abs(first - second).mean(axis=1)
    np.testing.assert_allclose(dist.crps(y), score, atol=0.05 * dist.std().max())


def test_pit_of_random_observations_is_uniform(many_rows: Any, check_pit: Any) -> None:
    inner, _ = many_rows
    check_pit(_clip(inner, (-0.5, 0.5)))


def test_observations_beyond_a_bound_count_as_at_it(name: str, spread_components: Any) -> None:
    inner, _ = spread_components(name, CENTRES)
    dist = _clip(inner, (-1.0, 1.5))
    beyond, at = np.array([-7.0, 9.0, 1.6]), np.array([-1.0, 1.5, 1.5])
    for score in (dist.log_prob, dist.crps, dist.pit):
        np.testing.assert_array_equal(score(beyond), score(at))


def test_bounds_of_each_target_and_rows() -> None:
    rng = np.random.RandomState(0)
    loc = torch.from_numpy(rng.normal(size=(4, 3, 2)))
    scale = torch.from_numpy(rng.uniform(0.5, 1.0, size=(4, 1, 2)))
    bounds = torch.tensor([-0.2, -torch.inf]), torch.tensor([torch.inf, 0.4])
    both = ClippedMixture(NormalMixture(loc, scale), *bounds)
    y = np.array([[0.3, -1.0], [-0.2, 0.4], [1.0, 0.1]])
    for t in range(2):
        inner = NormalMixture(loc[..., t, None], scale[..., t, None])
        one = ClippedMixture(inner, bounds[0][t : t + 1], bounds[1][t : t + 1])
        for method in ("log_prob", "cdf", "crps"):
            expected = getattr(one, method)(y[:, t])
            np.testing.assert_allclose(getattr(both, method)(y)[:, t], expected, rtol=1e-9)
        np.testing.assert_allclose(both.interval(0.9)[:, t], one.interval(0.9), rtol=1e-9)
        np.testing.assert_allclose(both.std()[:, t], one.std(), rtol=1e-9)
        np.testing.assert_allclose(both.pit(y)[:, t], one.pit(y[:, t]), rtol=1e-9)
    np.testing.assert_array_equal(both[1:].mean(), both.mean()[1:])
    np.testing.assert_array_equal(both.uncensored.mean(), loc.mean(0).numpy())
