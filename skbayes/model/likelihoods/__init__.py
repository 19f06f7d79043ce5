"""Likelihoods, one a file."""

from skbayes.model.likelihoods.base import InitialOutputs, Likelihood, LogLikelihoodGradient
from skbayes.model.likelihoods.bernoulli import BernoulliLikelihood
from skbayes.model.likelihoods.categorical import CategoricalLikelihood
from skbayes.model.likelihoods.heteroscedastic import HeteroscedasticLikelihood
from skbayes.model.likelihoods.normal import NormalLikelihood
from skbayes.model.likelihoods.regression import RegressionLikelihood
from skbayes.model.likelihoods.units import TargetUnits

#: Likelihoods of a regression by name.
LIKELIHOODS: dict[str, type[RegressionLikelihood]] = {
    "heteroscedastic": HeteroscedasticLikelihood,
    "normal": NormalLikelihood,
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
