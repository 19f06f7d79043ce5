"""Calibration error of classes and of numbers."""

import numpy as np
import pytest
import torch
from scipy import stats

from skbayes.metrics import calibration_error, interval_coverage
from skbayes.predictive import (
    BernoulliMixture,
    CategoricalMixture,
    NormalMixture,
    PoissonMixture,
)


def _dist(probability_of_one: np.ndarray) -> CategoricalMixture:
    proba = np.column_stack([1 - probability_of_one, probability_of_one])
    return CategoricalMixture(torch.from_numpy(np.log(proba))[None], np.array([0, 1]))


def test_bins_hold_equal_numbers_of_rows() -> None:
    rng = np.random.RandomState(0)
    proba, y = rng.uniform(0.5, 1, size=60), rng.randint(2, size=60)
    order = np.argsort(proba).reshape(4, 15)
    expected = np.mean([abs(np.mean((y == 1)[rows] - proba[rows])) for rows in order])
    assert calibration_error(_dist(proba), y, n_bins=4) == pytest.approx(expected)


def test_rows_of_equal_confidence_share_a_bin() -> None:
    # 70 % of the rows with 0.7 and 90 % of those with 0.9 come true, in any order.
    proba = np.repeat([0.7, 0.9], 10)
    y = np.repeat([1, 0, 1, 0], [7, 3, 9, 1])
    for n_bins in (1, 2, 15, 1000):
        assert calibration_error(_dist(proba), y, n_bins=n_bins) == pytest.approx(0, abs=1e-12)
    # Overconfident: 0.9 is claimed and 0.7 comes true.
    assert calibration_error(_dist(np.full(10, 0.9)), y[:10]) == pytest.approx(0.2)


def test_a_perfect_model_errs_by_binomial_noise_alone() -> None:
    rng = np.random.RandomState(0)
    proba = rng.uniform(size=20_000)
    y = (rng.uniform(size=20_000) < proba).astype(int)
    # A bin of 1,333 rows has a standard error of at most 0.014, and a mean distance of 0.8 of it.
    assert calibration_error(_dist(proba), y) < 0.014
    too_sure = np.where(proba > 0.5, proba**0.2, 1 - (1 - proba) ** 0.2)
    assert calibration_error(_dist(too_sure), y) > 0.1


def test_whole_weights_are_copies_of_rows() -> None:
    rng = np.random.RandomState(0)
    proba, y, counts = rng.uniform(size=50), rng.randint(2, size=50), rng.randint(4, size=50)
    weighted = calibration_error(_dist(proba), y, sample_weight=counts)
    repeated = calibration_error(_dist(np.repeat(proba, counts)), np.repeat(y, counts))
    assert weighted == pytest.approx(repeated)


def test_labels_of_a_row_are_classes_of_their_own() -> None:
    logits = torch.randn(3, 40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    dist = BernoulliMixture(logits)
    Y = np.random.RandomState(0).randint(2, size=(40, 2))
    columns = [_dist(dist.probabilities()[:, label]) for label in range(2)]
    expected = np.mean([calibration_error(columns[label], Y[:, label]) for label in range(2)])
    assert calibration_error(dist, Y) == pytest.approx(expected)


def test_unknown_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="labels that the model does not know"):
        calibration_error(_dist(np.array([0.3, 0.6])), ["no", "yes"])


def _normal(mean: np.ndarray, std: float) -> NormalMixture:
    return NormalMixture(torch.from_numpy(mean)[None, :, None], torch.full((1, 1, 1), std).double())


def test_of_numbers_by_hand() -> None:
    # At the levels 1/4, 1/2 and 3/4 none, three and three of four transforms lie below.
    y = stats.norm.ppf([0.3, 0.4, 0.49, 0.9])
    expected = np.mean([abs(0 - 0.25), abs(0.75 - 0.5), abs(0.75 - 0.75)])
    assert calibration_error(_normal(np.zeros(4), 1.0), y, n_bins=4) == pytest.approx(expected)


@pytest.mark.parametrize("std", [0.5, 1.0, 2.0])
def test_of_numbers_is_least_for_the_truth(std: float) -> None:
    y = np.random.RandomState(0).normal(size=20_000)
    error = calibration_error(_normal(np.zeros(20_000), std), y)
    # The mean over levels of |P(Y < x_q) - q|, less binomial noise of at most 0.0035 each.
    levels = np.arange(1, 15) / 15
    expected = np.abs(stats.norm.cdf(std * stats.norm.ppf(levels)) - levels).mean()
    assert error == pytest.approx(expected, abs=0.006)


def test_of_numbers_sees_a_biased_model_whose_intervals_cover() -> None:
    y = np.random.RandomState(0).normal(size=5000)
    shifted = _normal(np.full(5000, 0.5), 1.12)
    assert interval_coverage(shifted, y) == pytest.approx(0.9, abs=0.02)
    assert calibration_error(shifted, y) > 0.1


def test_of_counts_is_what_randomised_transforms_have_on_average() -> None:
    rates = np.random.RandomState(0).uniform(0.1, 3, size=4000)
    dist = PoissonMixture(torch.from_numpy(rates)[None, :, None])
    y = np.random.RandomState(1).poisson(rates)
    # Binomial standard error of a share: at most 0.008, and less for transforms in parts.
    assert calibration_error(dist, y) < 0.008
    assert calibration_error(dist, y + 1) > 0.1
    lower, upper = dist.pit(y).T
    rng, levels = np.random.RandomState(2), np.arange(1, 15) / 15
    transforms = lower + rng.uniform(size=(200, 4000)) * (upper - lower)
    shares = (transforms[:, :, None] <= levels).mean(axis=(0, 1))
    expected = np.abs(shares - levels).mean()
    assert calibration_error(dist, y) == pytest.approx(expected, abs=1e-3)


def test_of_numbers_counts_whole_weights_as_rows() -> None:
    rng = np.random.RandomState(0)
    mean, y, counts = rng.normal(size=30), rng.normal(size=30), rng.randint(4, size=30)
    weighted = calibration_error(_normal(mean, 1.0), y, sample_weight=counts)
    repeated = calibration_error(_normal(np.repeat(mean, counts), 1.0), np.repeat(y, counts))
    assert weighted == pytest.approx(repeated)


def test_of_several_targets_is_their_mean() -> None:
    rng = np.random.RandomState(0)
    loc, Y = rng.normal(size=(1, 30, 2)), rng.normal(size=(30, 2))
    both = calibration_error(NormalMixture(torch.from_numpy(loc), torch.ones(1)), Y)
    each = [calibration_error(_normal(loc[0, :, column], 1.0), Y[:, column]) for column in (0, 1)]
    assert both == pytest.approx(np.mean(each))


def test_one_bin_holds_any_numbers() -> None:
    with pytest.raises(ValueError, match="n_bins must be at least 2 for numeric targets"):
        calibration_error(_normal(np.zeros(2), 1.0), [0.0, 1.0], n_bins=1)


def test_what_is_no_distribution_is_refused() -> None:
    with pytest.raises(TypeError, match="Got str instead"):
        calibration_error("mean", [0.0])
