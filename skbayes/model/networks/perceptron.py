"""The multilayer perceptron as a pure function of one flat weight vector."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from skbayes.arrays import FloatArray
from skbayes.choice import StrOptions
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.networks.activations import ACTIVATIONS
from skbayes.model.networks.base import (
    InitialOutputs,
    InitialWeights,
    InputColumns,
    NetworkFamily,
    WeightGroups,
)
from skbayes.model.networks.layout import PerceptronLayout
from skbayes.model.networks.passes import (
    PerceptronEvaluator,
    Reading,
    Wiring,
    forward_pass,
    predict,
)
from skbayes.model.networks.perceptron_groups import perceptron_groups

# Of the biases of hidden layers at the start.
_BIAS_SPREAD = 0.5


class Perceptron(PerceptronLayout):
    """Multilayer perceptron ``(weights [K, P], inputs) -> outputs [K, B, o]``.

    The network holds no weights. `K` weight vectors are evaluated in one batched
    matrix product per layer, whether they are draws, ensemble members or both.

    Parameters
    ----------
    columns : InputColumns or int
        Columns of the inputs; a number means so many numeric ones.
    hidden_layer_sizes : tuple of int
        Width of each hidden layer; an empty tuple gives a linear model.
    n_outputs : int
        Number of output columns ``o``.
    activation : str
        A key of `skbayes.model.networks.ACTIVATIONS`.
    linear_skip : bool, default=False
        Whether the inputs also feed the outputs directly.

    Examples
    --------
    >>> import torch
    >>> network = Perceptron(2, (3,), 1, "relu")
    >>> network.n_weights
    13
    >>> network.forward(torch.zeros(5, 13), torch.ones(4, 2)).shape
    torch.Size([5, 4, 1])
    """

    uses_threads = False
    can_be_recorded = True

    def __init__(
        self,
        columns: InputColumns | int,
        hidden_layer_sizes: tuple[int, ...],
        n_outputs: int,
        activation: str,
        *,
        linear_skip: bool = False,
    ) -> None:
        columns = InputColumns(columns) if isinstance(columns, int) else columns
        super().__init__(columns, hidden_layer_sizes, n_outputs, linear_skip=linear_skip)
        self._wiring = Wiring(self.n_inputs, ACTIVATIONS[activation], self.embeddings)

    def forward(self, weights: Tensor, inputs: Tensor) -> Tensor:
        reading = Reading.of(self._wiring, inputs, len(weights))
        return forward_pass(self._wiring, self.unpack(weights), reading).outputs.mT

    def predict(
        self, weights: FloatArray, inputs: FloatArray, precision: DTypeLike = np.float64
    ) -> FloatArray:
        return predict(self._wiring, self.unpack(weights), inputs, precision)

    def evaluator(self, weights: Tensor, gradient: Tensor) -> PerceptronEvaluator:
        return PerceptronEvaluator(self._wiring, self.unpack(weights), self.unpack(gradient))

    def groups(self, grouping: str, n_noise_outputs: int = 0) -> WeightGroups:
        return perceptron_groups(self, grouping, n_noise_outputs)

    def initial_weights(
        self, n_models: int, generator: torch.Generator, outputs: InitialOutputs, like: Tensor
    ) -> InitialWeights:
        """Weights with variance ``1 / fan_in``, biases of hidden layers with a spread of 0.5.

        The linear skip and the direct effects of categories start at zero, and so do the weights
        of unknown categories, which no row reads.
        """
        noise = torch.randn((n_models, self.n_weights), generator=generator).to(like)
        weights = noise / self.fan_in().to(like).sqrt()
        for layer in self.layers[:-1]:
            weights[:, layer.bias_start : layer.stop] *= _BIAS_SPREAD
        output_layer = self.unpack(weights).layers[-1]
        output_layer.weight.mul_(outputs.weight_factor.to(like))
        output_layer.bias.copy_(outputs.bias.to(like))
        weights[:, self.skip] = 0.0
        is_unread = torch.zeros(self.n_weights, dtype=torch.bool, device=like.device)
        if self.embeddings is not None:
            for column in self.embeddings.effect_columns:
                weights[:, column] = 0.0
            weights[:, self.embeddings.unknown] = 0.0
            is_unread[self.embeddings.unknown] = True
        return InitialWeights(weights, is_unread)


class MultilayerPerceptron(NetworkFamily):
    """The multilayer perceptron that an estimator's parameters describe.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int
        Width of each hidden layer; an empty tuple gives a linear model.
    activation : str, default="relu"
        Activation function of the hidden layers.
    linear_skip : bool, default=True
        Whether the inputs also feed the outputs directly.

    Examples
    --------
    >>> from skbayes.model import InputColumns
    >>> MultilayerPerceptron((3,)).build(InputColumns(n_numeric=2), n_outputs=1).n_weights
    15
    """

    name = "perceptron"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": [tuple],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "linear_skip": ["boolean"],
    }

    def __init__(
        self,
        hidden_layer_sizes: tuple[int, ...],
        activation: str = "relu",
        linear_skip: bool = True,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.linear_skip = linear_skip

    @property
    def widest_layer(self) -> int:
        return max(self.hidden_layer_sizes, default=1)

    def build(self, columns: InputColumns, n_outputs: int) -> Perceptron:
        return _perceptron(
            columns, tuple(self.hidden_layer_sizes), n_outputs, self.activation, self.linear_skip
        )


@lru_cache(maxsize=32)
def _perceptron(
    columns: InputColumns,
    hidden_layer_sizes: tuple[int, ...],
    n_outputs: int,
    activation: str,
    linear_skip: bool,
) -> Perceptron:
    """Made once: it holds no weights, and a prediction of one row would wait for it."""
    return Perceptron(columns, hidden_layer_sizes, n_outputs, activation, linear_skip=linear_skip)
