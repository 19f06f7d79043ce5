"""What is assumed: the network, the prior and the likelihood."""

from skbayes.model.activations import ACTIVATIONS
from skbayes.model.bayesian_model import BayesianModel, Data, LogLikelihoodEvaluator
from skbayes.model.likelihoods import Likelihood, NormalLikelihood
from skbayes.model.network import Network
from skbayes.model.prior import NormalPrior, fan_in_normal_prior

__all__ = [
    "ACTIVATIONS",
    "BayesianModel",
    "Data",
    "Likelihood",
    "LogLikelihoodEvaluator",
    "Network",
    "NormalLikelihood",
    "NormalPrior",
    "fan_in_normal_prior",
]
