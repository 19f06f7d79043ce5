"""Expected calibration error of classes."""

import numpy as np
import pytest
import torch

from skbayes.metrics import calibration_error
from skbayes.predictive import BernoulliMixture, CategoricalMixture


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
