"""Likelihoods, one a file."""

from skbayes.model.likelihoods.base import InitialOutputs, Likelihood, LogLikelihoodGradient
from skbayes.model.likelihoods.bernoulli import BernoulliLikelihood
from skbayes.model.likelihoods.categorical import CategoricalLikelihood
from skbayes.model.likelihoods.gamma import GammaLikelihood
from skbayes.model.likelihoods.heteroscedastic import HeteroscedasticLikelihood
from skbayes.model.likelihoods.heteroscedastic_student_t import (
    HeteroscedasticStudentTLikelihood,
)
from skbayes.model.likelihoods.laplace import LaplaceLikelihood
from skbayes.model.likelihoods.lognormal import LogNormalLikelihood
from skbayes.model.likelihoods.negative_binomial import NegativeBinomialLikelihood
from skbayes.model.likelihoods.normal import NormalLikelihood
from skbayes.model.likelihoods.poisson import PoissonLikelihood
from skbayes.model.likelihoods.regression import RegressionLikelihood
from skbayes.model.likelihoods.student_t import StudentTLikelihood
from skbayes.model.likelihoods.units import TargetUnits

#: Likelihoods of a regression by name.
LIKELIHOODS: dict[str, type[RegressionLikelihood]] = {
    "normal": NormalLikelihood,
    "heteroscedastic": HeteroscedasticLikelihood,
    "heteroscedastic_student_t": HeteroscedasticStudentTLikelihood,
    "student_t": StudentTLikelihood,
    "laplace": LaplaceLikelihood,
    "lognormal": LogNormalLikelihood,
    "gamma": GammaLikelihood,
    "poisson": PoissonLikelihood,
    "negative_binomial": NegativeBinomialLikelihood,
}

__all__ = [
    "LIKELIHOODS",
    "BernoulliLikelihood",
    "CategoricalLikelihood",
    "HeteroscedasticLikelihood",
    "InitialOutputs",
    "Likelihood",
    "LogLikelihoodGradient",
    "NormalLikelihood",
    "RegressionLikelihood",
    "TargetUnits",
]
