"""Scores of a predictive distribution."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import brier_score_loss, log_loss

from skbayes.metrics import (
    brier,
    crps,
    neg_log_predictive_density,
)
from skbayes.predictive import BernoulliMixture, CategoricalMixture, NormalMixture


def _normal(mean: np.ndarray, std: float) -> NormalMixture:
    return NormalMixture(torch.from_numpy(mean)[None, :, None], torch.full((1, 1, 1), std).double())


def test_of_one_normal_against_scipy() -> None:
    rng = np.random.RandomState(0)
    mean, y = rng.normal(size=50), rng.normal(size=50)
    dist = _normal(mean, 2.0)
    expected = -stats.norm.logpdf(y, mean, 2.0).mean()
    assert neg_log_predictive_density(dist, y) == pytest.approx(expected)
    assert crps(dist, y) == pytest.approx(dist.crps(y).mean())


def test_whole_weights_are_copies_of_rows() -> None:
    mean, y, counts = np.arange(4.0), np.zeros(4), np.array([1, 0, 3, 2])
    dist, repeated = _normal(mean, 1.0), _normal(np.repeat(mean, counts), 1.0)
    copies = np.repeat(y, counts)
    for score in (neg_log_predictive_density, crps):
        assert score(dist, y, sample_weight=counts) == pytest.approx(score(repeated, copies))


def test_the_true_distribution_scores_best() -> None:
    y = np.random.RandomState(0).normal(size=4000)
    for score in (neg_log_predictive_density, crps):
        scores = {std: score(_normal(np.zeros(4000), std), y) for std in (0.7, 1.0, 1.4)}
        assert min(scores, key=scores.get) == 1.0


def test_several_targets_are_averaged() -> None:
    loc = torch.zeros(1, 3, 2).double()
    dist = NormalMixture(loc, torch.tensor([1.0, 3.0]).double())
    y = np.zeros((3, 2))
    expected = -stats.norm.logpdf(0, 0, [1.0, 3.0]).mean()
    assert neg_log_predictive_density(dist, y) == pytest.approx(expected)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_of_classes_against_scikit_learn(n_classes: int) -> None:
    rng = np.random.RandomState(0)
    classes = np.array(["a", "b", "c", "d"])[:n_classes]
    dist = CategoricalMixture(torch.from_numpy(rng.normal(size=(3, 50, n_classes))), classes)
    y, weights = rng.choice(classes, size=50), rng.uniform(size=50)
    for weight in (None, weights):
        expected = log_loss(y, dist.probabilities(), sample_weight=weight)
        actual = neg_log_predictive_density(dist, y, sample_weight=weight)
        assert actual == pytest.approx(expected)
        arguments = {"pos_label": "b"} if n_classes == 2 else {"labels": classes}
        proba = dist.probabilities()[:, 1] if n_classes == 2 else dist.probabilities()
        expected = brier_score_loss(y, proba, sample_weight=weight, **arguments)
        assert brier(dist, y, sample_weight=weight) == pytest.approx(expected)


def test_of_several_labels_is_the_mean_over_labels() -> None:
    rng = np.random.RandomState(0)
    dist = BernoulliMixture(torch.from_numpy(rng.normal(size=(3, 50, 2))))
    Y, proba = rng.randint(2, size=(50, 2)), dist.probabilities()
    losses = [log_loss(Y[:, label], proba[:, label]) for label in range(2)]
    assert neg_log_predictive_density(dist, Y) == pytest.approx(np.mean(losses))
    assert brier(dist, Y) == pytest.approx(np.mean((proba - Y) ** 2))
