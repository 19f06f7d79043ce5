"""Posteriors over the flat vector, one family a file."""

from __future__ import annotations

from collections.abc import Callable

import torch

from skbayes.inference.posteriors.base import (
    Parameterisation,
    Posterior,
    VariationalPosterior,
    antithetic_normals,
)
from skbayes.inference.posteriors.deterministic import PointMass
from skbayes.inference.posteriors.full import FullNormal
from skbayes.inference.posteriors.last_layer import LastLayerPosterior
from skbayes.inference.posteriors.low_rank import LowRankNormal
from skbayes.inference.posteriors.mean_field import MeanFieldNormal
from skbayes.inference.posteriors.stored_draws import StoredDraws

__all__ = [
    "POSTERIORS",
    "FullNormal",
    "LastLayerPosterior",
    "LowRankNormal",
    "MeanFieldNormal",
    "Parameterisation",
    "PointMass",
    "Posterior",
    "StoredDraws",
    "VariationalPosterior",
    "antithetic_normals",
]

# Each makes a posterior of its family, of some rank, from independent normals.
POSTERIORS: dict[str, Callable[[MeanFieldNormal, torch.Generator, int], VariationalPosterior]] = {
    "mean_field": MeanFieldNormal.around,
    "low_rank": LowRankNormal.around,
    "full": FullNormal.around,
    "deterministic": PointMass.around,
}
