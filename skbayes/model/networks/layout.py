"""Where the weights of a multilayer perceptron lie in the flat vector."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, NamedTuple

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.networks.base import InputColumns
from skbayes.model.networks.embedding import Embeddings, embedding_dim


@dataclass(frozen=True)
class LayerSlice:
    """Where one layer's weights and biases lie in the flat vector."""

    start: int
    n_inputs: int
    n_outputs: int

    @property
    def bias_start(self) -> int:
        return self.start + self.n_inputs * self.n_outputs

    @property
    def stop(self) -> int:
        return self.bias_start + self.n_outputs


class LayerViews(NamedTuple):
    """Views of one layer in a batch of flat vectors: no data is copied."""

    weight: Any  # [K, n_inputs, n_outputs]
    bias: Any  # [K, 1, n_outputs]
    both: Any  # [K, n_inputs + 1, n_outputs]: the bias below the weights


class NetworkViews(NamedTuple):
    """Views of the whole network in a batch of flat vectors, tensors or arrays as those are."""

    layers: list[LayerViews]
    skip: Any  # [K, n_inputs, o] or None
    tables: Any  # [K, stretch of the embeddings] or None


class PerceptronLayout:
    """Layers, linear skip and lookup tables in one vector.

    Parameters
    ----------
    columns : InputColumns
    hidden_layer_sizes : tuple of int
        Width of each hidden layer; an empty tuple gives a linear model.
    n_outputs : int
        Number of output columns ``o``.
    linear_skip : bool
        Whether the inputs also feed the outputs directly, so that the hidden layers add to
        a linear model. Without hidden layers there is nothing to add, and no skip.

    Attributes
    ----------
    n_inputs : int
        Number of numeric inputs.
    n_weights : int
        Length ``P`` of the flat vector: for each layer its weight matrix
        (inputs x outputs, row-major), then its biases; then the weights of the skip; last
        the tables of the embeddings.
    n_points : int
        0: there is doubt about all of them.
    layers : tuple of LayerSlice
        Where each layer lies in the vector. The first layer reads the numeric inputs, then
        the embedded values.
    skip : slice
        Where the weights of the skip lie; empty where there are none.
    embeddings : Embeddings or None
        What the categorical inputs look up. Their direct effects on the outputs belong to
        the linear model, as the skip does.
    input_features : tuple of int
        Feature that each input belongs to, the numeric ones first.
    input_sources : tuple of int, or None
        Column of the user's table that each is read from; None where each is one.
    """

    def __init__(
        self,
        columns: InputColumns,
        hidden_layer_sizes: tuple[int, ...],
        n_outputs: int,
        *,
        linear_skip: bool,
    ) -> None:
        n_inputs, n_categories, features, self.input_sources = columns
        is_deep = len(hidden_layer_sizes) > 0
        dims = tuple(embedding_dim(n) if is_deep else 0 for n in n_categories)
        sizes = (n_inputs + sum(dims), *hidden_layer_sizes, n_outputs)
        layers: list[LayerSlice] = []
        start = 0
        for fan_in, fan_out in itertools.pairwise(sizes):
            layers.append(LayerSlice(start, fan_in, fan_out))
            start = layers[-1].stop
        self.layers = tuple(layers)
        self.width = max(max(layer.n_inputs, layer.n_outputs) for layer in layers)
        self.n_points = 0
        self.n_inputs = n_inputs
        self.n_outputs = n_outputs
        self.input_features = (
            tuple(range(n_inputs + len(n_categories))) if features is None else features
        )
        self.skip = slice(start, start + n_inputs * n_outputs * (linear_skip and is_deep))
        self.n_weights = self.skip.stop
        self.embeddings: Embeddings | None = None
        if n_categories:
            self.embeddings = Embeddings(
                n_categories,
                dims,
                n_effects=n_outputs if linear_skip or not is_deep else 0,
                start=self.skip.stop,
            )
            self.n_weights = self.embeddings.stop

    @property
    def has_skip(self) -> bool:
        """Whether there is a linear skip with weights."""
        return self.skip.start < self.skip.stop

    def fan_in(self) -> Tensor:
        """Fan-in of each entry of the vector, ``[P]``; a bias counts as 1.

        A categorical input counts as one input of the linear model, whatever the number of
        its categories: a row has one of them. For the same reason an embedded value, a linear
        function of one active category, has a fan-in of 1.
        """
        fan_in = torch.ones(self.n_weights, dtype=torch.float64)
        for layer in self.layers:
            fan_in[layer.start : layer.bias_start] = layer.n_inputs
        n_linear = self.n_inputs
        if self.embeddings is not None:
            n_linear += self.embeddings.n_features
            for column in self.embeddings.effect_columns:
                fan_in[column] = n_linear
        if len(self.layers) == 1:
            fan_in[: self.layers[0].bias_start] = n_linear
        fan_in[self.skip] = n_linear
        return fan_in

    def layer_index(self) -> Tensor:
        """Layer of each entry of the vector, ``[P]``.

        What feeds the outputs directly, the skip and the effects of categories, belongs to the
        output layer; embedded values belong to the first layer, which reads them.
        """
        index = torch.full((self.n_weights,), len(self.layers) - 1)
        for number, layer in enumerate(self.layers):
            index[layer.start : layer.stop] = number
        if self.embeddings is not None:
            for column in self.embeddings.embedded_columns:
                index[column] = 0
        return index

    def unpack(self, weights: Any) -> NetworkViews:
        """View ``weights [K, P]``, a tensor or an array, as matrices and biases of each layer."""
        n_vectors = weights.shape[0]
        skip = tables = None
        if self.has_skip:
            skip = weights[:, self.skip].reshape(n_vectors, self.n_inputs, self.n_outputs)
        if self.embeddings is not None:
            tables = weights[:, self.embeddings.start : self.embeddings.stop]
        layers: list[LayerViews] = []
        for layer in self.layers:
            both = weights[:, layer.start : layer.stop].reshape(
                n_vectors, layer.n_inputs + 1, layer.n_outputs
            )
            layers.append(LayerViews(both[:, :-1], both[:, -1:], both))
        return NetworkViews(layers, skip, tables)
