"""Accuracy versus uncertainty against its definition, row by row."""

import numpy as np
import pytest
import torch

from skbayes.metrics import accuracy_versus_uncertainty
from skbayes.predictive import CategoricalMixture


def _dist(n_rows: int = 40) -> CategoricalMixture:
    logits = 2 * torch.randn(3, n_rows, 4, generator=torch.Generator().manual_seed(0))
    return CategoricalMixture(logits.double(), np.array(list("abcd")))


@pytest.mark.parametrize("threshold", [0.0, 0.7, 1.0, 2.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_every_row_is_right_and_sure_or_wrong_and_unsure(threshold: float, weighted: bool) -> None:
    dist = _dist()
    y = np.random.RandomState(0).choice(list("abcd"), 40)
    weights = np.random.RandomState(1).rand(40) if weighted else np.ones(40)
    probabilities = dist.probabilities()
    good = total = 0.0
    for row in range(40):
        p = probabilities[row]
        is_sure = -np.sum(p * np.log(p)) <= threshold
        is_right = "abcd"[int(np.argmax(p))] == y[row]
        good += weights[row] * (is_sure == is_right)
        total += weights[row]
    value = accuracy_versus_uncertainty(
        dist, y, threshold=threshold, sample_weight=weights if weighted else None
    )
    assert value == pytest.approx(good / total)


def test_the_area_is_the_mean_over_thresholds() -> None:
    dist = _dist()
    y = np.random.RandomState(0).choice(list("abcd"), 40)
    entropy = dist.entropy()
    thresholds = np.linspace(entropy.min(), entropy.max(), 20_001)
    shares = [accuracy_versus_uncertainty(dist, y, threshold=t) for t in thresholds]
    # 101 thresholds against 20,001, of a step function with 40 steps of 1/40.
    assert accuracy_versus_uncertainty(dist, y) == pytest.approx(np.mean(shares), abs=0.01)


def test_labels_of_several_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="one label a row"):
        accuracy_versus_uncertainty(_dist(2), np.zeros((2, 2)))
