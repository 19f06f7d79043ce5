"""scikit-learn's face of the package."""

from skbayes.estimators.classifier import BayesianMLPClassifier
from skbayes.estimators.conformal import ConformalClassifier, ConformalRegressor
from skbayes.estimators.net import (
    BayesianNetClassifier,
    BayesianNetClassifierCV,
    BayesianNetRegressor,
    BayesianNetRegressorCV,
)
from skbayes.estimators.regressor import BayesianMLPRegressor
from skbayes.estimators.relevance import feature_dependence
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
    "ConformalClassifier",
    "ConformalRegressor",
    "feature_dependence",
]
