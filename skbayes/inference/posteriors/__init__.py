"""Posteriors over the flat vector, one family a file."""

from skbayes.choice import table_of
from skbayes.inference.posteriors.base import (
    Parameterisation,
    Posterior,
    PosteriorFamily,
    VariationalPosterior,
    antithetic_normals,
)
from skbayes.inference.posteriors.deterministic import Deterministic, PointMass
from skbayes.inference.posteriors.full import Full, FullNormal
from skbayes.inference.posteriors.last_layer import LastLayer
from skbayes.inference.posteriors.low_rank import LowRank, LowRankNormal
from skbayes.inference.posteriors.mean_field import MeanField, MeanFieldNormal
from skbayes.inference.posteriors.partial import PartialPosterior
from skbayes.inference.posteriors.radial import Radial, RadialPosterior
from skbayes.inference.posteriors.stored_draws import StoredDraws

__all__ = [
    "POSTERIORS",
    "Deterministic",
    "Full",
    "FullNormal",
    "LastLayer",
    "LowRank",
    "LowRankNormal",
    "MeanField",
    "MeanFieldNormal",
    "Parameterisation",
    "PartialPosterior",
    "PointMass",
    "Posterior",
    "PosteriorFamily",
    "Radial",
    "RadialPosterior",
    "StoredDraws",
    "VariationalPosterior",
    "antithetic_normals",
]

#: Families of variational posteriors by name.
POSTERIORS: dict[str, type[PosteriorFamily]] = table_of(
    MeanField, LowRank, Full, Radial, LastLayer, Deterministic
)
