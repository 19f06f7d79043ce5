"""What is reported: predictive distributions and what is read off them."""

from skbayes.predictive.classes import BernoulliMixture, CategoricalMixture, ClassDistribution
from skbayes.predictive.clipped import ClippedMixture
from skbayes.predictive.distribution import IntervalKind, PredictiveDistribution
from skbayes.predictive.gamma import GammaMixture
from skbayes.predictive.hurdle import HurdleMixture
from skbayes.predictive.laplace import LaplaceMixture
from skbayes.predictive.location_scale import LocationScaleMixture
from skbayes.predictive.log_tails import (
    laplace_log_tail,
    log_complement,
    log_mills_ratio,
    normal_log_tail,
    student_t_log_tail,
)
from skbayes.predictive.logit_normal import LogitNormalMixture
from skbayes.predictive.lognormal import LogNormalMixture
from skbayes.predictive.mixture import PredictiveMixture, RandomState, check_coverages
from skbayes.predictive.negative_binomial import NegativeBinomialMixture
from skbayes.predictive.normal import NormalMixture
from skbayes.predictive.poisson import PoissonMixture
from skbayes.predictive.skewed_student_t import SkewedStudentTMixture
from skbayes.predictive.student_t import StudentTMixture

__all__ = [
    "BernoulliMixture",
    "CategoricalMixture",
    "ClassDistribution",
    "ClippedMixture",
    "GammaMixture",
    "HurdleMixture",
    "IntervalKind",
    "LaplaceMixture",
    "LocationScaleMixture",
    "LogNormalMixture",
    "LogitNormalMixture",
    "NegativeBinomialMixture",
    "NormalMixture",
    "PoissonMixture",
    "PredictiveDistribution",
    "PredictiveMixture",
    "RandomState",
    "SkewedStudentTMixture",
    "StudentTMixture",
    "check_coverages",
    "laplace_log_tail",
    "log_complement",
    "log_mills_ratio",
    "normal_log_tail",
    "student_t_log_tail",
]
