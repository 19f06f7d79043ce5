"""Families of variational posteriors with parameters of their own, for `posterior`."""

from skbayes.inference.posteriors import Deterministic, Full, LastLayer, LowRank, MeanField, Radial

__all__ = ["Deterministic", "Full", "LastLayer", "LowRank", "MeanField", "Radial"]
