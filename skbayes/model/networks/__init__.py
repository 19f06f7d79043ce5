"""Networks as pure functions of one flat weight vector, one kind a file."""

from skbayes.model.networks.activations import ACTIVATIONS
from skbayes.model.networks.base import (
    GROUPINGS,
    InitialOutputs,
    InitialWeights,
    InputColumns,
    Network,
    NetworkEvaluator,
    NetworkFamily,
    WeightGroups,
    count_layers,
)
from skbayes.model.networks.module_family import Module
from skbayes.model.networks.perceptron import MultilayerPerceptron, Perceptron

__all__ = [
    "ACTIVATIONS",
    "GROUPINGS",
    "InitialOutputs",
    "InitialWeights",
    "InputColumns",
    "Module",
    "MultilayerPerceptron",
    "Network",
    "NetworkEvaluator",
    "NetworkFamily",
    "Perceptron",
    "WeightGroups",
    "count_layers",
]
