"""Prior distributions over the flat vector, one family a file."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from skbayes.model.priors.base import CrossEntropy, LocationScalePrior, LogProbGradient, Prior
from skbayes.model.priors.concatenated import ConcatenatedPrior
from skbayes.model.priors.groups import (
    GROUPINGS,
    WeightGroups,
    feature_groups,
    layer_groups,
    unit_groups,
)
from skbayes.model.priors.laplace import LaplacePrior
from skbayes.model.priors.learned_scale import LearnedScalePrior
from skbayes.model.priors.normal import NormalPrior
from skbayes.model.priors.scale_mixture import ScaleMixturePrior
from skbayes.model.priors.student_t import StudentTPrior

__all__ = [
    "GROUPINGS",
    "PRIORS",
    "ConcatenatedPrior",
    "CrossEntropy",
    "LaplacePrior",
    "LearnedScalePrior",
    "LocationScalePrior",
    "LogProbGradient",
    "NormalPrior",
    "Prior",
    "ScaleMixturePrior",
    "StudentTPrior",
    "WeightGroups",
    "fan_in_prior",
    "feature_groups",
    "layer_groups",
    "unit_groups",
]

PRIORS: dict[str, Callable[..., LocationScalePrior]] = {
    "normal": NormalPrior,
    "laplace": LaplacePrior,
    "student_t": StudentTPrior,
    "scale_mixture": ScaleMixturePrior,
}


def fan_in_prior(
    fan_in: Tensor, prior_sigma: float | Tensor, family: str = "normal", **parameters: float
) -> LocationScalePrior:
    """Centred at zero with the scale ``prior_sigma / sqrt(fan_in)``.

    One sigma means the same at every width (Neal 1996, section 2.1.1).

    Parameters
    ----------
    fan_in : Tensor of shape (P,)
        1 for a bias.
    prior_sigma : float or Tensor of shape (P,) or (M, P)
        Scale at a fan-in of 1.
    family : str, default="normal"
        A key of `PRIORS`.
    **parameters : float
        Further parameters of the family.
    """
    return PRIORS[family](torch.zeros_like(fan_in), prior_sigma / fan_in.sqrt(), **parameters)
