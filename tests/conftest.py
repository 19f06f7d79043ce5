"""Data and estimators that several tests share."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.variational import Variational


@pytest.fixture(scope="session")
def diabetes() -> tuple[np.ndarray, np.ndarray]:
    return load_diabetes(return_X_y=True)


@pytest.fixture(scope="session")
def fitted(diabetes: tuple[np.ndarray, np.ndarray]) -> BayesianMLPRegressor:
    """Default estimator on the first 300 rows of the diabetes data; not to be changed."""
    X, y = diabetes
    return BayesianMLPRegressor(random_state=0).fit(X[:300], y[:300])


@pytest.fixture
def quick() -> BayesianMLPRegressor:
    """An estimator for tests of behaviour, where the quality of the fit does not matter."""
    return BayesianMLPRegressor(
        (8,),
        activation="relu",
        likelihood="normal",
        inference=Variational(n_members=2),
        max_iter=60,
        random_state=0,
    )


@pytest.fixture
def quick_classifier() -> BayesianMLPClassifier:
    """A classifier for tests of behaviour, where the quality of the fit does not matter."""
    return BayesianMLPClassifier(
        (8,), activation="relu", inference=Variational(n_members=2), max_iter=60, random_state=0
    )
