"""What is assumed: the network, the prior and the likelihood."""

from skbayes.model.bayesian_model import BayesianModel, LogLikelihoodEvaluator
from skbayes.model.data import Data
from skbayes.model.likelihoods import (
    LIKELIHOODS,
    Bernoulli,
    BernoulliLikelihood,
    Categorical,
    CategoricalLikelihood,
    ClassFamily,
    ClassLikelihood,
    Likelihood,
    LikelihoodFamily,
    NormalLikelihood,
    RegressionLikelihood,
    TargetUnits,
    UnitRule,
)
from skbayes.model.networks import (
    ACTIVATIONS,
    GROUPINGS,
    InputColumns,
    MultilayerPerceptron,
    Network,
    NetworkFamily,
    Perceptron,
    count_layers,
)
from skbayes.model.prediction import predictive_mixture
from skbayes.model.priors import (
    PRIORS,
    CrossEntropy,
    LearnedScalePrior,
    NormalPrior,
    Prior,
    PriorFamily,
    fan_in_prior,
    weight_prior,
)
from skbayes.model.sparse_rows import SparseRows

__all__ = [
    "ACTIVATIONS",
    "GROUPINGS",
    "LIKELIHOODS",
    "PRIORS",
    "BayesianModel",
    "Bernoulli",
    "BernoulliLikelihood",
    "Categorical",
    "CategoricalLikelihood",
    "ClassFamily",
    "ClassLikelihood",
    "CrossEntropy",
    "Data",
    "InputColumns",
    "LearnedScalePrior",
    "Likelihood",
    "LikelihoodFamily",
    "LogLikelihoodEvaluator",
    "MultilayerPerceptron",
    "Network",
    "NetworkFamily",
    "NormalLikelihood",
    "NormalPrior",
    "Perceptron",
    "Prior",
    "PriorFamily",
    "RegressionLikelihood",
    "SparseRows",
    "TargetUnits",
    "UnitRule",
    "count_layers",
    "fan_in_prior",
    "predictive_mixture",
    "weight_prior",
]
