"""Samplers with parameters of their own, for the estimators' `inference`."""

from skbayes.inference.sampling import HMC, MCLMC

__all__ = ["HMC", "MCLMC"]
