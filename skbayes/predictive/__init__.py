"""What is reported: predictive distributions and what is read off them."""

from skbayes.predictive.classes import BernoulliMixture, CategoricalMixture, ClassDistribution
from skbayes.predictive.distribution import IntervalKind, PredictiveDistribution
from skbayes.predictive.mixture import PredictiveMixture, RandomState
from skbayes.predictive.normal import NormalMixture

__all__ = [
    "BernoulliMixture",
    "CategoricalMixture",
    "ClassDistribution",
    "IntervalKind",
    "NormalMixture",
    "PredictiveDistribution",
    "PredictiveMixture",
    "RandomState",
]
