"""Likelihoods, one a file."""

from skbayes.model.likelihoods.base import Likelihood, LogLikelihoodGradient
from skbayes.model.likelihoods.normal import NormalLikelihood

__all__ = ["Likelihood", "LogLikelihoodGradient", "NormalLikelihood"]
