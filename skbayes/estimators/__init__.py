"""scikit-learn's face of the package."""

from skbayes.estimators.regressor import BayesianMLPRegressor

__all__ = ["BayesianMLPRegressor"]
