"""What is assumed: the network, the prior and the likelihood."""

from skbayes.model.activations import ACTIVATIONS
from skbayes.model.bayesian_model import BayesianModel, Data, LogLikelihoodEvaluator
from skbayes.model.learned_scale_prior import LearnedScalePrior, unit_groups
from skbayes.model.likelihoods import (
    LIKELIHOODS,
    BernoulliLikelihood,
    CategoricalLikelihood,
    HeteroscedasticLikelihood,
    Likelihood,
    NormalLikelihood,
)
from skbayes.model.network import Network
from skbayes.model.prior import NormalPrior, Prior, fan_in_normal_prior

__all__ = [
    "ACTIVATIONS",
    "LIKELIHOODS",
    "BayesianModel",
    "BernoulliLikelihood",
    "CategoricalLikelihood",
    "Data",
    "HeteroscedasticLikelihood",
    "LearnedScalePrior",
    "Likelihood",
    "LogLikelihoodEvaluator",
    "Network",
    "NormalLikelihood",
    "NormalPrior",
    "Prior",
    "fan_in_normal_prior",
    "unit_groups",
]
