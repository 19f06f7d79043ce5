"""Likelihoods with parameters of their own, for the regressor's `likelihood`."""

from skbayes.model.likelihoods import (
    Gamma,
    Heteroscedastic,
    HeteroscedasticStudentT,
    Laplace,
    LogNormal,
    NegativeBinomial,
    Normal,
    Poisson,
    StudentT,
)

__all__ = [
    "Gamma",
    "Heteroscedastic",
    "HeteroscedasticStudentT",
    "Laplace",
    "LogNormal",
    "NegativeBinomial",
    "Normal",
    "Poisson",
    "StudentT",
]
