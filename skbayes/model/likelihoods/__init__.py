"""Likelihoods, one a file."""

from skbayes.choice import table_of
from skbayes.model.likelihoods.base import Likelihood, LogLikelihoodGradient
from skbayes.model.likelihoods.bernoulli import Bernoulli, BernoulliLikelihood
from skbayes.model.likelihoods.bounded import SoftBound
from skbayes.model.likelihoods.categorical import Categorical, CategoricalLikelihood
from skbayes.model.likelihoods.classes import ClassFamily, ClassLikelihood
from skbayes.model.likelihoods.gamma import Gamma
from skbayes.model.likelihoods.heteroscedastic import Heteroscedastic
from skbayes.model.likelihoods.heteroscedastic_student_t import HeteroscedasticStudentT
from skbayes.model.likelihoods.laplace import Laplace
from skbayes.model.likelihoods.lognormal import LogNormal
from skbayes.model.likelihoods.negative_binomial import NegativeBinomial
from skbayes.model.likelihoods.normal import Normal, NormalLikelihood
from skbayes.model.likelihoods.poisson import Poisson
from skbayes.model.likelihoods.regression import (
    LikelihoodFamily,
    RegressionLikelihood,
    UnitRule,
)
from skbayes.model.likelihoods.student_t import StudentT
from skbayes.model.likelihoods.units import TargetUnits

__all__ = [
    "LIKELIHOODS",
    "Bernoulli",
    "BernoulliLikelihood",
    "Categorical",
    "CategoricalLikelihood",
    "ClassFamily",
    "ClassLikelihood",
    "Gamma",
    "Heteroscedastic",
    "HeteroscedasticStudentT",
    "Laplace",
    "Likelihood",
    "LikelihoodFamily",
    "LogLikelihoodGradient",
    "LogNormal",
    "NegativeBinomial",
    "Normal",
    "NormalLikelihood",
    "Poisson",
    "RegressionLikelihood",
    "SoftBound",
    "StudentT",
    "TargetUnits",
    "UnitRule",
]

#: Likelihoods of a regression by name.
LIKELIHOODS: dict[str, type[LikelihoodFamily]] = table_of(
    Normal,
    Heteroscedastic,
    HeteroscedasticStudentT,
    StudentT,
    Laplace,
    LogNormal,
    Gamma,
    Poisson,
    NegativeBinomial,
)
