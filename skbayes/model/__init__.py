"""What is assumed: the network, the prior and the likelihood."""

from skbayes.model.bayesian_model import BayesianModel, LogLikelihoodEvaluator
from skbayes.model.data import Data
from skbayes.model.likelihoods import (
    LIKELIHOODS,
    Bernoulli,
    BernoulliLikelihood,
    Bounds,
    Categorical,
    CategoricalLikelihood,
    Censored,
    ClassFamily,
    ClassLikelihood,
    Likelihood,
    LikelihoodFamily,
    NormalLikelihood,
    RegressionLikelihood,
    SoftBound,
    TargetUnits,
    UnitRule,
)
from skbayes.model.nested_rows import NestedRows
from skbayes.model.networks import (
    ACTIVATIONS,
    GROUPINGS,
    InputColumns,
    Module,
    MultilayerPerceptron,
    Network,
    NetworkFamily,
    Perceptron,
    count_layers,
)
from skbayes.model.peers import Peers
from skbayes.model.prediction import predict_outputs, predictive_mixture
from skbayes.model.priors import (
    PRIORS,
    CrossEntropy,
    DistributionPrior,
    LearnedScalePrior,
    LocationScalePrior,
    NormalPrior,
    Prior,
    PriorFamily,
    fan_in_prior,
    weight_prior,
)
from skbayes.model.recording import Recording
from skbayes.model.row_source import RowSource
from skbayes.model.sparse_rows import SparseRows

__all__ = [
    "ACTIVATIONS",
    "GROUPINGS",
    "LIKELIHOODS",
    "PRIORS",
    "BayesianModel",
    "Bernoulli",
    "BernoulliLikelihood",
    "Bounds",
    "Categorical",
    "CategoricalLikelihood",
    "Censored",
    "ClassFamily",
    "ClassLikelihood",
    "CrossEntropy",
    "Data",
    "DistributionPrior",
    "InputColumns",
    "LearnedScalePrior",
    "Likelihood",
    "LikelihoodFamily",
    "LocationScalePrior",
    "LogLikelihoodEvaluator",
    "Module",
    "MultilayerPerceptron",
    "NestedRows",
    "Network",
    "NetworkFamily",
    "NormalLikelihood",
    "NormalPrior",
    "Peers",
    "Perceptron",
    "Prior",
    "PriorFamily",
    "Recording",
    "RegressionLikelihood",
    "RowSource",
    "SoftBound",
    "SparseRows",
    "TargetUnits",
    "UnitRule",
    "count_layers",
    "fan_in_prior",
    "predict_outputs",
    "predictive_mixture",
    "weight_prior",
]
