"""A prediction beside the best constant."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.metrics.baseline import worse_than_constant
from skbayes.predictive import CategoricalMixture, NormalMixture


def _normal(mean: np.ndarray) -> NormalMixture:
    loc = torch.from_numpy(mean.reshape(1, len(mean), -1))
    return NormalMixture(loc, torch.ones_like(loc))


def test_squared_errors_are_held_against_those_of_the_mean() -> None:
    y = np.array([0.0, 1.0, 2.0, 5.0])
    assert worse_than_constant(_normal(y), y, None) == 0.0
    assert worse_than_constant(_normal(np.full(4, 2.0)), y, None) == pytest.approx(1.0)
    off = worse_than_constant(_normal(y + 3), y, None)
    assert off == pytest.approx(9 / y.var())
    weights = np.array([1.0, 1.0, 0.0, 2.0])
    repeated = np.array([0.0, 1.0, 5.0, 5.0])
    assert worse_than_constant(_normal(y + 3), y, weights) == pytest.approx(9 / repeated.var())
    two = np.column_stack([y, y])
    worst = worse_than_constant(_normal(np.column_stack([y, y + 3])), two, None)
    assert worst == pytest.approx(off)
    assert worse_than_constant(_normal(np.ones(4)), np.ones(4), None) == 0.0


@pytest.mark.parametrize("unit", [1e-300, 1e-160, 1e160, 1e300])
def test_any_unit_will_do(unit: float) -> None:
    y = np.array([0.0, 1.0, 2.0, 5.0])
    off = worse_than_constant(_normal(y + 3), y, None)
    assert worse_than_constant(_normal(unit * (y + 3)), unit * y, None) == pytest.approx(off)


def test_brier_scores_are_held_against_those_of_the_shares() -> None:
    y = np.array(["a", "a", "b", "a"])
    shares = torch.tensor([[[0.75, 0.25]]]).expand(1, 4, 2).log()
    classes = np.array(["a", "b"])
    assert worse_than_constant(CategoricalMixture(shares, classes), y, None) == pytest.approx(1.0)
    wrong = torch.tensor([[[0.0, 9.0], [0.0, 9.0], [9.0, 0.0], [0.0, 9.0]]])
    assert worse_than_constant(CategoricalMixture(wrong, classes), y, None) > 2


def _data() -> tuple[np.ndarray, np.ndarray]:
    X = np.random.RandomState(0).normal(size=(100, 5))
    return X, X[:, 0] > 0


def test_a_fit_that_has_hardly_begun_says_so() -> None:
    X, y = _data()
    model = BayesianMLPRegressor(
        inference="variational", max_iter=3, learning_rate_init=3.0, random_state=0
    )
    with pytest.warns(ConvergenceWarning, match="worse than a constant"):
        model.fit(X, y + 0.0)


@pytest.mark.parametrize("estimator", [BayesianMLPRegressor, BayesianMLPClassifier])
def test_good_fits_and_those_of_noise_say_nothing(estimator: type) -> None:
    X, y = _data()
    model = estimator(budget=0.1, random_state=0)
    targets = y if estimator is BayesianMLPClassifier else y + 0.0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, targets)
        model.fit(X, np.random.RandomState(1).permutation(targets))  # nothing to learn
    assert not [x for x in caught if "worse than a constant" in str(x.message)]
