"""The multilayer perceptron as a pure function of one flat weight vector."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from skbayes.model.activations import ACTIVATIONS
from skbayes.model.embedding import Embeddings, embedding_dim


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

    weight: Tensor  # [K, n_inputs, n_outputs]
    bias: Tensor  # [K, 1, n_outputs]


class NetworkViews(NamedTuple):
    """Views of the whole network in a batch of flat vectors."""

    layers: list[LayerViews]
    skip: Tensor | None  # [K, n_inputs, o]
    tables: Tensor | None  # [K, stretch of the embeddings]


class ForwardTrace(NamedTuple):
    """What the backward pass needs of the forward pass, layer by layer."""

    numeric: Tensor  # [K, B, n_inputs]
    category_index: Tensor | None  # where the weights of each row's categories are
    layer_inputs: list[Tensor]  # [K, B, n_inputs]
    pre_activations: list[Tensor]  # [K, B, n_outputs]
    outputs: Tensor  # [K, B, o]


class Workspace(NamedTuple):
    """Memory for the hidden units of one forward and backward pass, ``[K, B, width]`` each.

    Training makes it once. Fresh memory for every step would be handed back to the system
    and cost a page fault for each few kilobytes: more than the arithmetic.
    """

    pre_activations: list[Tensor]
    activations: list[Tensor]
    gradients: list[Tensor]


class Network:
    """Multilayer perceptron ``(weights [K, P], inputs) -> outputs [K, B, o]``.

    The network holds no weights. `K` weight vectors are evaluated in one batched
    matrix product per layer, whether they are draws, ensemble members or both.

    Parameters
    ----------
    n_inputs : int
        Number of numeric input columns.
    hidden_layer_sizes : tuple of int
        Width of each hidden layer; an empty tuple gives a linear model.
    n_outputs : int
        Number of output columns ``o``.
    activation : str
        A key of `skbayes.model.activations.ACTIVATIONS`.
    linear_skip : bool, default=False
        Whether the inputs also feed the outputs directly, so that the hidden layers add to
        a linear model. Without hidden layers there is nothing to add, and no skip.
    n_categories : tuple of int, default=()
        Number of known categories of each categorical input. Their codes are the last columns
        of the inputs: whole numbers from 0, and ``n_categories[i]`` for an unknown category.

    Attributes
    ----------
    n_weights : int
        Length ``P`` of the flat vector: for each layer its weight matrix
        (inputs x outputs, row-major), then its biases; then the weights of the skip; last
        the tables of the embeddings.
    layers : tuple of LayerSlice
        Where each layer lies in the vector. The first layer reads the numeric inputs, then
        the embedded values.
    skip : slice
        Where the weights of the skip lie; empty where there are none.
    embeddings : Embeddings or None
        What the categorical inputs look up. Their direct effects on the outputs belong to
        the linear model, as the skip does.

    Examples
    --------
    >>> import torch
    >>> network = Network(2, (3,), 1, "relu")
    >>> network.n_weights
    13
    >>> network.forward(torch.zeros(5, 13), torch.ones(4, 2)).shape
    torch.Size([5, 4, 1])
    """

    def __init__(
        self,
        n_inputs: int,
        hidden_layer_sizes: tuple[int, ...],
        n_outputs: int,
        activation: str,
        *,
        linear_skip: bool = False,
        n_categories: tuple[int, ...] = (),
    ) -> None:
        is_deep = len(hidden_layer_sizes) > 0
        dims = tuple(embedding_dim(n) if is_deep else 0 for n in n_categories)
        sizes = (n_inputs + sum(dims), *hidden_layer_sizes, n_outputs)
        layers: list[LayerSlice] = []
        start = 0
        for fan_in, fan_out in itertools.pairwise(sizes):
            layers.append(LayerSlice(start, fan_in, fan_out))
            start = layers[-1].stop
        self.layers = tuple(layers)
        self.n_inputs = n_inputs
        self.n_outputs = n_outputs
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
        self._activation = ACTIVATIONS[activation]

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

    def unpack(self, weights: Tensor) -> NetworkViews:
        """View ``weights [K, P]`` as the matrices and biases of each layer."""
        n_vectors = weights.shape[0]
        skip = tables = None
        if self.skip.start < self.skip.stop:
            skip = weights[:, self.skip].view(n_vectors, self.n_inputs, self.n_outputs)
        if self.embeddings is not None:
            tables = weights[:, self.embeddings.start : self.embeddings.stop]
        layers = [
            LayerViews(
                weights[:, layer.start : layer.bias_start].view(
                    n_vectors, layer.n_inputs, layer.n_outputs
                ),
                weights[:, layer.bias_start : layer.stop].view(n_vectors, 1, layer.n_outputs),
            )
            for layer in self.layers
        ]
        return NetworkViews(layers, skip, tables)

    def forward(self, weights: Tensor, inputs: Tensor) -> Tensor:
        """Outputs ``[K, B, o]`` for ``weights [K, P]`` and inputs ``[B, d]`` or ``[K, B, d]``.

        The columns of `inputs` are numbers, then the codes of categorical inputs.
        """
        return self.trace(self.unpack(weights), inputs).outputs

    def workspace(self, n_vectors: int, n_rows: int, like: Tensor) -> Workspace:
        """Memory for passes of ``K = n_vectors`` and ``B = n_rows``, of the type of `like`."""

        def buffers() -> list[Tensor]:
            return [
                like.new_empty(n_vectors, n_rows, layer.n_outputs) for layer in self.layers[:-1]
            ]

        return Workspace(buffers(), buffers(), buffers())

    def trace(
        self, views: NetworkViews, inputs: Tensor, workspace: Workspace | None = None
    ) -> ForwardTrace:
        """Run forward and keep what `backward` needs.

        With a workspace its memory is overwritten; without one autograd can follow.
        """
        layers = views.layers
        numeric, category_index, looked_up = inputs, None, None
        if views.tables is not None and self.embeddings is not None:
            numeric = inputs[..., : self.n_inputs]
            category_index = self.embeddings.index(inputs[..., self.n_inputs :])
            looked_up = self.embeddings.look_up(views.tables, category_index)
        numeric = numeric.expand(layers[0].weight.shape[0], -1, -1)
        hidden = numeric
        if looked_up is not None and looked_up.embedded.shape[2]:
            hidden = torch.cat([numeric, looked_up.embedded], -1)
        layer_inputs: list[Tensor] = []
        pre_activations: list[Tensor] = []
        for index, layer in enumerate(layers):
            if index:
                out = None if workspace is None else workspace.activations[index - 1]
                hidden = self._activation.forward(pre_activations[-1], out)
            layer_inputs.append(hidden)
            is_hidden = index < len(layers) - 1
            out = None
            if workspace is not None and is_hidden:
                out = workspace.pre_activations[index]
            if layer.weight.shape[2] == 1 and not is_hidden:
                # A dot product for each row is twice as fast as a product with one column.
                dot = torch.linalg.vecdot(hidden, layer.weight.mT).unsqueeze(-1)
                pre_activations.append(dot + layer.bias)
            else:
                pre_activations.append(torch.baddbmm(layer.bias, hidden, layer.weight, out=out))
        outputs = pre_activations[-1]
        if views.skip is not None:
            outputs = torch.baddbmm(outputs, numeric, views.skip)
        if looked_up is not None and looked_up.effects is not None:
            outputs = outputs + looked_up.effects
        return ForwardTrace(numeric, category_index, layer_inputs, pre_activations, outputs)

    def backward(
        self,
        views: NetworkViews,
        trace: ForwardTrace,
        output_gradient: Tensor,
        gradient_views: NetworkViews,
        workspace: Workspace,
    ) -> None:
        """Write the vector-Jacobian product into `gradient_views`.

        Back-propagation by hand: on small tables an autograd graph costs more than
        the arithmetic that it records.

        Parameters
        ----------
        views : NetworkViews
            The weights that `trace` was made with.
        trace : ForwardTrace
            The forward pass.
        output_gradient : Tensor of shape (K, B, o)
            Gradient of a scalar per weight vector with respect to the outputs.
        gradient_views : NetworkViews
            Views of the gradient buffer ``[K, P]``, overwritten.
        workspace : Workspace
            Overwritten.
        """
        delta = output_gradient
        if gradient_views.skip is not None:
            # With few outputs the products are small, and writing them straight is cheapest.
            torch.bmm(trace.numeric.mT, delta, out=gradient_views.skip)
        layers = views.layers
        for index in range(len(layers) - 1, -1, -1):
            gradient = gradient_views.layers[index]
            hidden = trace.layer_inputs[index]
            if index and delta.shape[2] == 1:
                products = torch.mul(hidden, delta, out=workspace.gradients[index - 1])
                torch.sum(products, 1, out=gradient.weight.squeeze(-1))
            else:
                # Straight into the strided buffer it would become one product for each vector.
                gradient.weight.copy_(torch.bmm(hidden.mT, delta))
            torch.sum(delta, 1, keepdim=True, out=gradient.bias)
            if index:
                weight = layers[index].weight.mT
                # An outer product by broadcasting is several times faster than bmm.
                multiply = torch.mul if weight.shape[1] == 1 else torch.bmm
                delta = self._activation.backward(
                    multiply(delta, weight, out=workspace.gradients[index - 1]),
                    trace.pre_activations[index - 1],
                    hidden,
                )
        rows, tables = trace.category_index, gradient_views.tables
        if self.embeddings is not None and rows is not None and tables is not None:
            embedded_gradient = None
            if self.embeddings.width:
                embedded_gradient = torch.bmm(delta, layers[0].weight[:, self.n_inputs :].mT)
            self.embeddings.backward(rows, embedded_gradient, output_gradient, tables)
