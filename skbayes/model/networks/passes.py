"""Forward and backward passes of the multilayer perceptron, in memory that is made once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.networks.activations import Activation
from skbayes.model.networks.embedding import Embeddings
from skbayes.model.networks.layout import NetworkViews
from skbayes.model.networks.products import affine, transposed_product


class Wiring(NamedTuple):
    """What the passes need to know beside the weights."""

    n_inputs: int  # numeric ones
    activation: Activation
    embeddings: Embeddings | None


class Reading(NamedTuple):
    """What the passes read of some rows, whatever the weights."""

    numeric: Tensor  # [K, B, n_inputs]
    category_index: Tensor | None  # where the weights of each row's categories are

    @classmethod
    def of(cls, wiring: Wiring, inputs: Tensor, n_vectors: int) -> Reading:
        """Of ``inputs [B, d]`` or ``[K, B, d]``, for ``K = n_vectors`` vectors of weights."""
        category_index = None
        if wiring.embeddings is not None:
            category_index = wiring.embeddings.index(inputs[..., wiring.n_inputs :])
            inputs = inputs[..., : wiring.n_inputs]
        return cls(inputs.expand(n_vectors, -1, -1), category_index)


class ForwardTrace(NamedTuple):
    """What the backward pass needs of the forward pass, layer by layer."""

    reading: Reading
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


def forward_pass(
    wiring: Wiring, views: NetworkViews, reading: Reading, workspace: Workspace | None = None
) -> ForwardTrace:
    """Run forward and keep what `backward_pass` needs.

    With a workspace its memory is overwritten; without one autograd can follow.
    """
    layers = views.layers
    numeric, category_index = reading
    looked_up = None
    if wiring.embeddings is not None and category_index is not None:
        looked_up = wiring.embeddings.look_up(views.tables, category_index)
    hidden = numeric
    if looked_up is not None and looked_up.embedded.shape[2]:
        hidden = torch.cat([numeric, looked_up.embedded], -1)
    layer_inputs: list[Tensor] = []
    pre_activations: list[Tensor] = []
    for index, layer in enumerate(layers):
        if index:
            out = None if workspace is None else workspace.activations[index - 1]
            hidden = wiring.activation.forward(pre_activations[-1], out)
        layer_inputs.append(hidden)
        is_hidden = index < len(layers) - 1
        out = None
        if workspace is not None and is_hidden:
            out = workspace.pre_activations[index]
        pre_activations.append(affine(hidden, layer.weight, layer.bias, out))
    outputs = pre_activations[-1]
    if views.skip is not None:
        outputs = affine(numeric, views.skip, outputs)
    if looked_up is not None and looked_up.effects is not None:
        outputs = outputs + looked_up.effects
    return ForwardTrace(reading, layer_inputs, pre_activations, outputs)


def predict(wiring: Wiring, views: NetworkViews, inputs: FloatArray) -> FloatArray:
    """Outputs ``(D, n, o)`` as `forward_pass` has them, for weights and inputs that are arrays.

    Prediction needs no gradients, so it needs no PyTorch; and for the products of many small
    matrices NumPy is as fast.
    """
    first, *later = views.layers
    numeric, effects = inputs, None
    if wiring.embeddings is None:
        # The bias as the weight of an input that is 1 saves a pass over the hidden units.
        ones = np.ones((len(numeric), 1), dtype=numeric.dtype)
        hidden = np.matmul(np.concatenate([numeric, ones], axis=1), first.both)
    else:
        numeric = inputs[:, : wiring.n_inputs]
        codes = inputs[:, wiring.n_inputs :]
        embedded, effects = wiring.embeddings.predict(views.tables, codes)
        hidden = np.matmul(numeric, first.weight[:, : wiring.n_inputs])
        if embedded.shape[2]:
            hidden += np.matmul(embedded, first.weight[:, wiring.n_inputs :])
        hidden += first.bias
    for layer in later:
        hidden = np.matmul(wiring.activation.predict(hidden), layer.weight)
        hidden += layer.bias
    if views.skip is not None:
        hidden += np.matmul(numeric, views.skip)
    if effects is not None and effects.shape[2]:
        hidden += effects
    return hidden


def backward_pass(
    wiring: Wiring,
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
    wiring : Wiring
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
    # Written straight into the strided buffers the products would be one for each vector.
    if gradient_views.skip is not None:
        gradient_views.skip.copy_(transposed_product(trace.reading.numeric, delta))
    layers = views.layers
    for index in range(len(layers) - 1, -1, -1):
        gradient = gradient_views.layers[index]
        hidden = trace.layer_inputs[index]
        gradient.weight.copy_(transposed_product(hidden, delta))
        torch.sum(delta, 1, keepdim=True, out=gradient.bias)
        if index:
            weight = layers[index].weight.mT
            # An outer product by broadcasting is several times faster than bmm.
            multiply = torch.mul if weight.shape[1] == 1 else torch.bmm
            delta = wiring.activation.backward(
                multiply(delta, weight, out=workspace.gradients[index - 1]),
                trace.pre_activations[index - 1],
                hidden,
            )
    rows, tables = trace.reading.category_index, gradient_views.tables
    if wiring.embeddings is not None and rows is not None and tables is not None:
        embedded_gradient = None
        if wiring.embeddings.width:
            embedded_gradient = torch.bmm(delta, layers[0].weight[:, wiring.n_inputs :].mT)
        wiring.embeddings.backward(rows, embedded_gradient, output_gradient, tables)


class PerceptronEvaluator:
    """Passes over one buffer of weights.

    The layer views of both buffers are made once: on small tables the slicing would cost as much
    as the arithmetic.

    Parameters
    ----------
    wiring : Wiring
    views, gradient_views : NetworkViews
        Of the buffers ``[K, P]`` of the weights and of their gradient.
    make_workspace : callable
        Memory for passes of so many rows.
    """

    _trace: ForwardTrace
    _workspace: Workspace
    _reading: Reading

    def __init__(
        self,
        wiring: Wiring,
        views: NetworkViews,
        gradient_views: NetworkViews,
        make_workspace: Callable[[int], Workspace],
    ) -> None:
        self._wiring = wiring
        self._views = views
        self._gradient_views = gradient_views
        self._make_workspace = make_workspace
        self._n_vectors = views.layers[0].weight.shape[0]
        self._inputs: Tensor | None = None
        self._n_rows = -1

    def forward(self, inputs: Tensor, generator: torch.Generator | None = None) -> Tensor:
        n_rows = inputs.shape[-2]
        if self._n_rows != n_rows:
            self._n_rows = n_rows
            self._workspace = self._make_workspace(n_rows)
        if self._inputs is not inputs:  # chains see the same rows at every step
            self._inputs = inputs
            self._reading = Reading.of(self._wiring, inputs, self._n_vectors)
        self._trace = forward_pass(self._wiring, self._views, self._reading, self._workspace)
        return self._trace.outputs

    def backward(self, output_gradient: Tensor) -> None:
        backward_pass(
            self._wiring,
            self._views,
            self._trace,
            output_gradient,
            self._gradient_views,
            self._workspace,
        )
