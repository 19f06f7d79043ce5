"""Posteriors over the flat vector, one family a file."""

from skbayes.inference.posteriors.base import (
    Parameterisation,
    Posterior,
    VariationalPosterior,
    antithetic_normals,
)
from skbayes.inference.posteriors.mean_field import MeanFieldNormal

__all__ = [
    "MeanFieldNormal",
    "Parameterisation",
    "Posterior",
    "VariationalPosterior",
    "antithetic_normals",
]
