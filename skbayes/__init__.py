"""Neural networks that know what they do not know, with scikit-learn's habits."""

from skbayes._version import __version__
from skbayes.estimators import BayesianMLPRegressor
from skbayes.predictive import PredictiveDistribution

__all__ = ["BayesianMLPRegressor", "PredictiveDistribution", "__version__"]
