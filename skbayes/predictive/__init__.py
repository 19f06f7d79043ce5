"""What is reported: predictive distributions and what is read off them."""

from skbayes.predictive.distribution import IntervalKind, PredictiveDistribution, RandomState
from skbayes.predictive.normal import NormalMixture

__all__ = ["IntervalKind", "NormalMixture", "PredictiveDistribution", "RandomState"]
