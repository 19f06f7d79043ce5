"""The multilayer perceptron as a pure function of one flat weight vector."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from skbayes.model.activations import ACTIVATIONS


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
    skip: Tensor | None  # [K, d, o]


class ForwardTrace(NamedTuple):
    """What the backward pass needs of the forward pass, layer by layer."""

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
        Number of input columns ``d``.
    hidden_layer_sizes : tuple of int
        Width of each hidden layer; an empty tuple gives a linear model.
    n_outputs : int
        Number of output columns ``o``.
    activation : str
        A key of `skbayes.model.activations.ACTIVATIONS`.
    linear_skip : bool, default=False
        Whether the inputs also feed the outputs directly, so that the hidden layers add to
        a linear model. Without hidden layers there is nothing to add, and no skip.

    Attributes
    ----------
    n_weights : int
        Length ``P`` of the flat vector: for each layer its weight matrix
        (inputs x outputs, row-major), then its biases; last the weights of the skip.
    layers : tuple of LayerSlice
        Where each layer lies in the vector.
    skip_start : int
        Where the weights of the skip begin; `n_weights` where there are none.

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
    ) -> None:
        sizes = (n_inputs, *hidden_layer_sizes, n_outputs)
        layers: list[LayerSlice] = []
        start = 0
        for fan_in, fan_out in itertools.pairwise(sizes):
            layers.append(LayerSlice(start, fan_in, fan_out))
            start = layers[-1].stop
        self.layers = tuple(layers)
        self.n_inputs = n_inputs
        self.n_outputs = n_outputs
        self.skip_start = start
        has_skip = linear_skip and len(layers) > 1
        self.n_weights = start + n_inputs * n_outputs * has_skip
        self._activation = ACTIVATIONS[activation]

    def fan_in(self) -> Tensor:
        """Fan-in of each entry of the vector, ``[P]``; a bias counts as 1."""
        fan_in = torch.ones(self.n_weights, dtype=torch.float64)
        for layer in self.layers:
            fan_in[layer.start : layer.bias_start] = layer.n_inputs
        fan_in[self.skip_start :] = self.n_inputs
        return fan_in

    def unpack(self, weights: Tensor) -> NetworkViews:
        """View ``weights [K, P]`` as the matrices and biases of each layer."""
        n_vectors = weights.shape[0]
        skip = None
        if self.skip_start < self.n_weights:
            skip = weights[:, self.skip_start :].view(n_vectors, self.n_inputs, self.n_outputs)
        layers = [
            LayerViews(
                weights[:, layer.start : layer.bias_start].view(
                    n_vectors, layer.n_inputs, layer.n_outputs
                ),
                weights[:, layer.bias_start : layer.stop].view(n_vectors, 1, layer.n_outputs),
            )
            for layer in self.layers
        ]
        return NetworkViews(layers, skip)

    def forward(self, weights: Tensor, inputs: Tensor) -> Tensor:
        """Outputs ``[K, B, o]`` for ``weights [K, P]`` and inputs ``[B, d]`` or ``[K, B, d]``."""
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
        hidden = inputs.expand(layers[0].weight.shape[0], -1, -1)
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
            outputs = torch.baddbmm(outputs, layer_inputs[0], views.skip)
        return ForwardTrace(layer_inputs, pre_activations, outputs)

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
            torch.bmm(trace.layer_inputs[0].mT, delta, out=gradient_views.skip)
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
