"""scikit-learn's face of the package."""

from skbayes.estimators.classifier import BayesianMLPClassifier
from skbayes.estimators.net import (
    BayesianNetClassifier,
    BayesianNetClassifierCV,
    BayesianNetRegressor,
    BayesianNetRegressorCV,
)
from skbayes.estimators.regressor import BayesianMLPRegressor
from skbayes.estimators.search import BayesianMLPClassifierCV, BayesianMLPRegressorCV

__all__ = [
    "BayesianMLPClassifier",
    "BayesianMLPClassifierCV",
    "BayesianMLPRegressor",
    "BayesianMLPRegressorCV",
    "BayesianNetClassifier",
    "BayesianNetClassifierCV",
    "BayesianNetRegressor",
    "BayesianNetRegressorCV",
]
