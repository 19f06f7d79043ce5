"""Prior distributions over the flat vector, one family a file."""

from skbayes.choice import table_of
from skbayes.model.priors.base import (
    CrossEntropy,
    LocationScalePrior,
    LogProbGradient,
    Prior,
    PriorFamily,
)
from skbayes.model.priors.concatenated import ConcatenatedPrior, concatenated
from skbayes.model.priors.distribution import DistributionPrior
from skbayes.model.priors.flat import FlatPrior
from skbayes.model.priors.laplace import Laplace, LaplacePrior
from skbayes.model.priors.learned_scale import LearnedScalePrior
from skbayes.model.priors.normal import Normal, NormalPrior
from skbayes.model.priors.scale_mixture import ScaleMixture, ScaleMixturePrior
from skbayes.model.priors.student_t import StudentT, StudentTPrior
from skbayes.model.priors.weights import fan_in_prior, weight_prior

__all__ = [
    "PRIORS",
    "ConcatenatedPrior",
    "CrossEntropy",
    "DistributionPrior",
    "FlatPrior",
    "Laplace",
    "LaplacePrior",
    "LearnedScalePrior",
    "LocationScalePrior",
    "LogProbGradient",
    "Normal",
    "NormalPrior",
    "Prior",
    "PriorFamily",
    "ScaleMixture",
    "ScaleMixturePrior",
    "StudentT",
    "StudentTPrior",
    "concatenated",
    "fan_in_prior",
    "weight_prior",
]

#: Families of priors by name.
PRIORS: dict[str, type[PriorFamily]] = table_of(Normal, Laplace, StudentT, ScaleMixture)
