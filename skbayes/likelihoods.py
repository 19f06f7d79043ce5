"""Likelihoods with parameters of their own, for the regressor's `likelihood`."""

from skbayes.model.likelihoods import (
    Censored,
    Gamma,
    Heteroscedastic,
    HeteroscedasticStudentT,
    Hurdle,
    Laplace,
    LogitNormal,
    LogNormal,
    NegativeBinomial,
    Normal,
    Poisson,
    StudentT,
)

__all__ = [
    "Censored",
    "Gamma",
    "Heteroscedastic",
    "HeteroscedasticStudentT",
    "Hurdle",
    "Laplace",
    "LogNormal",
    "LogitNormal",
    "NegativeBinomial",
    "Normal",
    "Poisson",
    "StudentT",
]
