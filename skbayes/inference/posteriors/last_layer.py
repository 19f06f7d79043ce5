"""A distribution over the last layer alone."""

from __future__ import annotations

from typing import Any, ClassVar

from skbayes.choice import StrOptions, resolve, table_of
from skbayes.inference.posteriors.base import PosteriorFamily
from skbayes.inference.posteriors.full import Full
from skbayes.inference.posteriors.low_rank import LowRank
from skbayes.inference.posteriors.mean_field import MeanField, MeanFieldNormal
from skbayes.inference.posteriors.partial import PartialPosterior
from skbayes.lazy_torch import Tensor, torch

# Families that a head may have.
_HEADS: dict[str, type[PosteriorFamily]] = table_of(MeanField, LowRank, Full)


class LastLayer(PosteriorFamily):
    """A distribution over the last layer only, the same as ``posterior="last_layer"``.

    The weights that enter the outputs linearly (last layer, linear skip, direct effects of
    categories) and the likelihood's parameters have a posterior; the others are a point: a Bayesian
    linear model on features that are learned with it (Snoek et al. 2015 fit the two in turn).

    Parameters
    ----------
    family : {"mean_field", "low_rank", "full"} or an instance of such a class of \
`skbayes.posteriors`, default="mean_field"
        Family of that posterior.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.posteriors import LastLayer
    >>> BayesianMLPRegressor(posterior=LastLayer("full"))
    BayesianMLPRegressor(posterior=LastLayer(family='full'))
    """

    name = "last_layer"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "family": [StrOptions(set(_HEADS)), *_HEADS.values()]
    }

    def __init__(self, family: str | PosteriorFamily = "mean_field") -> None:
        self.family = family

    def are_points(self, layers: Tensor) -> Tensor:
        return layers < layers.max()

    def around(
        self, start: MeanFieldNormal, layers: Tensor, generator: torch.Generator
    ) -> PartialPosterior:
        family = resolve(self.family, _HEADS)
        return PartialPosterior.around(start, layers == layers.max(), layers, family, generator)
