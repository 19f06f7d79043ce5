"""Likelihoods, one a file."""

from skbayes.choice import table_of
from skbayes.model.likelihoods.base import Likelihood, LogLikelihoodGradient
from skbayes.model.likelihoods.bernoulli import Bernoulli, BernoulliLikelihood
from skbayes.model.likelihoods.bounded import SoftBound
from skbayes.model.likelihoods.categorical import Categorical, CategoricalLikelihood
from skbayes.model.likelihoods.censored import Censored, CensoredLikelihood
from skbayes.model.likelihoods.classes import ClassFamily, ClassLikelihood
from skbayes.model.likelihoods.gamma import Gamma
from skbayes.model.likelihoods.heteroscedastic import Heteroscedastic
from skbayes.model.likelihoods.heteroscedastic_student_t import HeteroscedasticStudentT
from skbayes.model.likelihoods.hurdle import Hurdle, HurdleLikelihood
from skbayes.model.likelihoods.laplace import Laplace
from skbayes.model.likelihoods.logit_normal import LogitNormal
from skbayes.model.likelihoods.lognormal import LogNormal
from skbayes.model.likelihoods.negative_binomial import NegativeBinomial
from skbayes.model.likelihoods.normal import Normal, NormalLikelihood
from skbayes.model.likelihoods.poisson import Poisson
from skbayes.model.likelihoods.regression import (
    LikelihoodFamily,
    PlainFamily,
    RegressionLikelihood,
    UnitRule,
)
from skbayes.model.likelihoods.student_t import StudentT
from skbayes.model.likelihoods.target_bounds import Bounds
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.model.likelihoods.wrapping import WrappingFamily

__all__ = [
    "LIKELIHOODS",
    "Bernoulli",
    "BernoulliLikelihood",
    "Bounds",
    "Categorical",
    "CategoricalLikelihood",
    "Censored",
    "CensoredLikelihood",
    "ClassFamily",
    "ClassLikelihood",
    "Gamma",
    "Heteroscedastic",
    "HeteroscedasticStudentT",
    "Hurdle",
    "HurdleLikelihood",
    "Laplace",
    "Likelihood",
    "LikelihoodFamily",
    "LogLikelihoodGradient",
    "LogNormal",
    "LogitNormal",
    "NegativeBinomial",
    "Normal",
    "NormalLikelihood",
    "PlainFamily",
    "Poisson",
    "RegressionLikelihood",
    "SoftBound",
    "StudentT",
    "TargetUnits",
    "UnitRule",
    "WrappingFamily",
]

#: Likelihoods of a regression by name; `Censored` and `Hurdle` wrap one of them.
LIKELIHOODS: dict[str, type[LikelihoodFamily]] = table_of(
    Normal,
    Heteroscedastic,
    HeteroscedasticStudentT,
    StudentT,
    Laplace,
    LogNormal,
    LogitNormal,
    Gamma,
    Poisson,
    NegativeBinomial,
)
