"""Quantiles at several levels at once."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy import special

from skbayes.predictive import (
    ClippedMixture,
    HurdleMixture,
    LogitNormalMixture,
    NormalMixture,
    continuous,
)
from skbayes.predictive.levels import Levels

# Both tails, unordered, and one of them twice.
LEVELS = [0.95, 1e-10, 0.5, 0.05, 1 - 1e-9, 0.3, 0.95]


def test_the_excess_is_told_from_the_nearer_tail() -> None:
    levels = Levels.of(np.array([1e-12, 0.5, 1 - 1e-12]))
    np.testing.assert_array_equal(levels.is_upper, [False, False, True])
    np.testing.assert_allclose(levels.tail, [1e-12, 0.5, 1e-12], rtol=1e-4)
    np.testing.assert_allclose(levels.excess(2 * levels.tail), [1e-12, 0.5, -1e-12], rtol=1e-4)
    some = levels.select(np.array([2, 0]))
    np.testing.assert_array_equal(some.is_upper, [True, False])


def test_the_log_odds_and_their_slope() -> None:
    q = np.array([0.01, 0.4, 0.8])
    lower = np.array([0.3, 0.41, 0.999])
    levels = Levels.of(q)
    tail = np.where(levels.is_upper, 1 - lower, lower)
    value, slope = levels.log_odds_excess(tail, np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(value, special.logit(lower) - special.logit(q), rtol=1e-12)
    np.testing.assert_allclose(slope, [1.0, 2.0, 3.0] / (lower * (1 - lower)), rtol=1e-12)


def test_log_odds_where_a_tail_is_nothing_or_everything() -> None:
    levels = Levels.of(np.array([0.1, 0.1, 0.9, 0.9]))
    tail = np.array([0.0, 1 + 1e-15, 0.0, 1 + 1e-15])
    value, _ = levels.log_odds_excess(tail, np.zeros(4))
    np.testing.assert_array_equal(value, [-np.inf, np.inf, np.inf, -np.inf])


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_several_levels_are_those_of_one_at_a_time(family: Any, n_outputs: int) -> None:
    dist, _ = family.random(n_outputs=n_outputs)
    alone = np.stack([dist.quantile(q) for q in LEVELS], axis=-1)
    np.testing.assert_allclose(dist.quantile(LEVELS), alone, rtol=1e-13)
    for row in range(len(dist)):
        np.testing.assert_allclose(dist[row].quantile(LEVELS)[0], alone[row], rtol=1e-13)


def test_blocks_of_rows_and_of_levels_change_nothing(
    family: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n_rows in (5, 20):  # several levels together, and one
        dist, _ = family.random(n_rows=n_rows)
        whole = dist.quantile(LEVELS)
        with monkeypatch.context() as patched:
            patched.setattr(continuous, "_BLOCK_SIZE", 1)
            np.testing.assert_allclose(dist.quantile(LEVELS), whole, rtol=1e-13)


def test_quantiles_are_where_bisection_finds_them(family: Any) -> None:
    dist, components = family.random()
    q = np.array([1e-6, 0.05, 0.5, 0.95, 1 - 1e-6])
    lower, upper = np.full((5, 5), -1e4), np.full((5, 5), 1e4)  # rows, levels
    for _ in range(70):
        middle = 0.5 * (lower + upper)
        is_enough = np.where(
            q <= 0.5,
            components.cdf(middle).mean(axis=0) >= q,
            components.sf(middle).mean(axis=0) <= 1 - q,
        )
        lower, upper = np.where(is_enough, lower, middle), np.where(is_enough, middle, upper)
    expected = np.ceil(lower) if family.is_count else upper
    np.testing.assert_allclose(dist.quantile(q), expected, rtol=1e-10)


@pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0")  # bounds of counts
def test_levels_of_no_rows(family: Any) -> None:
    dist, _ = family.random()
    assert dist[[]].quantile(LEVELS).shape == (0, len(LEVELS))


def test_levels_of_clipped_and_bounded_targets() -> None:
    generator = torch.Generator().manual_seed(0)
    loc = torch.randn(7, 4, 2, dtype=torch.float64, generator=generator)
    lower, upper = torch.tensor([-0.5, 0.0]), torch.tensor([0.5, 1.0])
    for dist in (
        ClippedMixture(NormalMixture(loc, torch.ones(7, 1, 1)), lower, upper),
        LogitNormalMixture(loc, torch.ones(7, 1, 1), lower, upper),
        HurdleMixture(NormalMixture(loc, torch.ones(7, 1, 1)), loc, lower),
    ):
        alone = np.stack([dist.quantile(q) for q in LEVELS], axis=-1)
        assert alone.shape == (4, 2, len(LEVELS))
        np.testing.assert_allclose(dist.quantile(LEVELS), alone, rtol=1e-13)
