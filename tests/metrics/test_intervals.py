"""Scores of intervals and quantiles."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from sklearn.metrics import mean_pinball_loss

from skbayes.metrics import interval_coverage, interval_score, mean_interval_width, pinball
from skbayes.predictive import NormalMixture, PoissonMixture


def _normal(mean: np.ndarray, std: float) -> NormalMixture:
    return NormalMixture(torch.from_numpy(mean)[None, :, None], torch.full((1, 1, 1), std).double())


def test_interval_score_is_the_formula_of_gneiting_and_raftery() -> None:
    rng = np.random.RandomState(0)
    mean, y = rng.normal(size=50), 3 * rng.normal(size=50)
    alpha = 0.2
    lower, upper = stats.norm(mean, 2.0).ppf([[alpha / 2], [1 - alpha / 2]])
    expected = upper - lower
    expected = expected + 2 / alpha * (lower - y) * (y < lower)
    expected = expected + 2 / alpha * (y - upper) * (y > upper)
    assert interval_score(_normal(mean, 2.0), y, coverage=0.8) == pytest.approx(expected.mean())


def test_interval_score_is_width_plus_two_pinball_losses() -> None:
    rng = np.random.RandomState(0)
    dist, y = _normal(rng.normal(size=30), 1.0), rng.normal(size=30)
    # Each end is a quantile: the score is their pinball losses, times 2 / alpha.
    losses = pinball(dist, y, quantiles=[0.05, 0.95])
    assert interval_score(dist, y, coverage=0.9) == pytest.approx(2 * losses * 2 / 0.1)


def test_pinball_agrees_with_scikit_learn() -> None:
    rng = np.random.RandomState(0)
    dist, y, weights = _normal(rng.normal(size=30), 1.0), rng.normal(size=30), rng.uniform(size=30)
    quantiles = [0.1, 0.4, 0.8]
    expected = [
        mean_pinball_loss(y, dist.quantile(q), alpha=q, sample_weight=weights) for q in quantiles
    ]
    actual = pinball(dist, y, quantiles=quantiles, sample_weight=weights)
    assert actual == pytest.approx(np.mean(expected))
    assert pinball(dist, y, quantiles=0.4, sample_weight=weights) == pytest.approx(expected[1])


def test_pinball_of_all_quantiles_is_half_the_crps() -> None:
    dist, y = _normal(np.zeros(1), 1.0), np.array([0.7])
    integral = integrate.quad(lambda q: pinball(dist, y, quantiles=q), 0, 1)[0]
    assert 2 * integral == pytest.approx(dist.crps(y)[0], rel=1e-6)


@pytest.mark.parametrize("score", [interval_score, pinball, partial(interval_score, coverage=0.5)])
def test_the_true_distribution_scores_best(score: object) -> None:
    y = np.random.RandomState(0).normal(size=4000)
    scores = {std: score(_normal(np.zeros(4000), std), y) for std in (0.7, 1.0, 1.4)}
    assert min(scores, key=scores.get) == 1.0


def test_whole_weights_are_copies_of_rows() -> None:
    mean, y, counts = np.arange(4.0), np.zeros(4), np.array([1, 0, 3, 2])
    dist, repeated = _normal(mean, 1.0), _normal(np.repeat(mean, counts), 1.0)
    copies = np.repeat(y, counts)
    for score in (interval_score, pinball, interval_coverage):
        assert score(dist, y, sample_weight=counts) == pytest.approx(score(repeated, copies))
    assert mean_interval_width(dist, sample_weight=counts) == pytest.approx(
        mean_interval_width(repeated)
    )


def test_width_and_coverage_of_one_normal() -> None:
    rng = np.random.RandomState(0)
    mean, y = rng.normal(size=50), rng.normal(size=50)
    dist, half_width = _normal(mean, 2.0), 2.0 * stats.norm.ppf(0.9)
    assert mean_interval_width(dist, coverage=0.8) == pytest.approx(2 * half_width)
    inside = (np.abs(y - mean) <= half_width).mean()
    assert interval_coverage(dist, y, coverage=0.8) == pytest.approx(inside)


def test_several_targets_are_averaged() -> None:
    dist = NormalMixture(torch.zeros(1, 3, 2).double(), torch.tensor([1.0, 3.0]).double())
    y = np.zeros((3, 2))
    assert interval_score(dist, y) == pytest.approx(4 * stats.norm.ppf(0.95))
    assert pinball(dist, y, quantiles=0.05) == pytest.approx(0.05 * 2 * stats.norm.ppf(0.95))


def test_whole_ends_of_counts_are_inside() -> None:
    dist = PoissonMixture(torch.full((1, 1, 1), 3.0))
    lower, upper = dist.interval(0.9)[0]
    for y in (lower, upper):
        assert interval_coverage(dist, [y]) == 1.0
        assert interval_score(dist, [y]) == upper - lower
