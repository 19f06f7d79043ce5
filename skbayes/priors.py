"""Priors of the weights with parameters of their own, for the estimators' `prior`."""

from skbayes.model.priors import Laplace, Normal, ScaleMixture, StudentT

__all__ = ["Laplace", "Normal", "ScaleMixture", "StudentT"]
