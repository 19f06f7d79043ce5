"""scikit-learn's face of the package."""

from skbayes.estimators.classifier import BayesianMLPClassifier
from skbayes.estimators.regressor import BayesianMLPRegressor

__all__ = ["BayesianMLPClassifier", "BayesianMLPRegressor"]
