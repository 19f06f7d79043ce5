"""What is reported: predictive distributions and what is read off them."""

from skbayes.predictive.classes import BernoulliMixture, CategoricalMixture, ClassDistribution
from skbayes.predictive.distribution import IntervalKind, PredictiveDistribution
from skbayes.predictive.gamma import GammaMixture
from skbayes.predictive.laplace import LaplaceMixture
from skbayes.predictive.lognormal import LogNormalMixture
from skbayes.predictive.mixture import PredictiveMixture, RandomState, check_coverages
from skbayes.predictive.negative_binomial import NegativeBinomialMixture
from skbayes.predictive.normal import NormalMixture
from skbayes.predictive.poisson import PoissonMixture
from skbayes.predictive.student_t import StudentTMixture

__all__ = [
    "BernoulliMixture",
    "CategoricalMixture",
    "ClassDistribution",
    "GammaMixture",
    "IntervalKind",
    "LaplaceMixture",
    "LogNormalMixture",
    "NegativeBinomialMixture",
    "NormalMixture",
    "PoissonMixture",
    "PredictiveDistribution",
    "PredictiveMixture",
    "RandomState",
    "StudentTMixture",
    "check_coverages",
]
