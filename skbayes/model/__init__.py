"""What is assumed: the network, the prior and the likelihood."""

from skbayes.model.activations import ACTIVATIONS
from skbayes.model.bayesian_model import BayesianModel, LogLikelihoodEvaluator
from skbayes.model.data import Data
from skbayes.model.likelihoods import (
    LIKELIHOODS,
    BernoulliLikelihood,
    CategoricalLikelihood,
    HeteroscedasticLikelihood,
    Likelihood,
    NormalLikelihood,
    RegressionLikelihood,
    TargetUnits,
)
from skbayes.model.moments import location_and_scale
from skbayes.model.network import Network
from skbayes.model.normal_scores import NormalScores
from skbayes.model.priors import (
    GROUPINGS,
    PRIORS,
    CrossEntropy,
    LearnedScalePrior,
    NormalPrior,
    Prior,
    fan_in_prior,
    unit_groups,
)
from skbayes.model.sparse_rows import SparseRows

__all__ = [
    "ACTIVATIONS",
    "GROUPINGS",
    "LIKELIHOODS",
    "PRIORS",
    "BayesianModel",
    "BernoulliLikelihood",
    "CategoricalLikelihood",
    "CrossEntropy",
    "Data",
    "HeteroscedasticLikelihood",
    "LearnedScalePrior",
    "Likelihood",
    "LogLikelihoodEvaluator",
    "Network",
    "NormalLikelihood",
    "NormalPrior",
    "NormalScores",
    "Prior",
    "RegressionLikelihood",
    "SparseRows",
    "TargetUnits",
    "fan_in_prior",
    "location_and_scale",
    "unit_groups",
]
