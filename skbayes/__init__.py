"""Neural networks that know what they do not know, with scikit-learn's habits."""

from skbayes._version import __version__
from skbayes.estimators import (
    BayesianMLPClassifier,
    BayesianMLPClassifierCV,
    BayesianMLPRegressor,
    BayesianMLPRegressorCV,
    BayesianNetClassifier,
    BayesianNetClassifierCV,
    BayesianNetRegressor,
    BayesianNetRegressorCV,
    ConformalClassifier,
    ConformalRegressor,
    feature_dependence,
)
from skbayes.inference import TrainingStatus
from skbayes.predictive import ClassDistribution, PredictiveDistribution
from skbayes.trusted_types import TRUSTED_TYPES

__all__ = [
    "TRUSTED_TYPES",
    "BayesianMLPClassifier",
    "BayesianMLPClassifierCV",
    "BayesianMLPRegressor",
    "BayesianMLPRegressorCV",
    "BayesianNetClassifier",
    "BayesianNetClassifierCV",
    "BayesianNetRegressor",
    "BayesianNetRegressorCV",
    "ClassDistribution",
    "ConformalClassifier",
    "ConformalRegressor",
    "PredictiveDistribution",
    "TrainingStatus",
    "__version__",
    "feature_dependence",
]
