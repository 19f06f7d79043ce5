"""The variational fit with its parameters, for `inference` and for the `start` of a sampler."""

from skbayes.inference.variational import Variational

__all__ = ["Variational"]
