"""Forward and backward passes of the multilayer perceptron, in memory that is made once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.networks.activations import Activation
from skbayes.model.networks.embedding import CategoryIndex, Embeddings
from skbayes.model.networks.layout import NetworkViews

# Gradients of the weights of so few outputs are faster to compute transposed: BLAS on a CPU works
# on as many rows of a result as there are, but on so many columns at a time.
_FEW_OUTPUTS = 16


class Wiring(NamedTuple):
    """What the passes need to know beside the weights."""

    n_inputs: int  # numeric ones
    activation: Activation
    embeddings: Embeddings | None


class Reading(NamedTuple):
    """What the passes read of some rows, whatever the weights."""

    first: Tensor  # [K, n_inputs + 1, B]: of the first layer, but for what it has yet to look up
    numeric: Tensor  # [K, n_numeric, B]: the first of these
    memory: Tensor  # of the numeric ones, once for all vectors that share the rows
    category_index: CategoryIndex | None  # where the weights of each row's categories are

    @classmethod
    def of(cls, wiring: Wiring, inputs: Tensor, n_vectors: int) -> Reading:
        """Of ``inputs [B, d]`` or ``[K, B, d]``, for ``K = n_vectors`` vectors of weights."""
        n_embedded = 0 if wiring.embeddings is None else wiring.embeddings.width
        n_readings = n_vectors if n_embedded or inputs.ndim == 3 else 1
        n_inputs = wiring.n_inputs + n_embedded
        first = inputs.new_ones(n_readings, n_inputs + 1, inputs.shape[-2])
        memory = first[:, : wiring.n_inputs]
        first, numeric = (x.expand(n_vectors, -1, -1) for x in (first, memory))
        return cls(first, numeric, memory, None).again(wiring, inputs)

    def again(self, wiring: Wiring, inputs: Tensor) -> Reading:
        """In the same memory, of other rows: as many, and as many of their axes."""
        category_index = None
        if wiring.embeddings is not None:
            category_index = wiring.embeddings.index(inputs[..., wiring.n_inputs :])
            inputs = inputs[..., : wiring.n_inputs]
        self.memory.copy_(inputs.mT)
        return self._replace(category_index=category_index)


class ForwardTrace(NamedTuple):
    """What the backward pass needs of the forward pass, layer by layer.

    Rows are along the last axis: a layer of few units, and one output, are then as fast to multiply
    and to work on as a wide layer.
    """

    reading: Reading
    # [K, n_inputs + 1, B]: the last input is 1, and its weight is the bias. A bias by itself
    # would take a pass over the hidden units forward, and one backward.
    layer_inputs: list[Tensor]
    pre_activations: list[Tensor]  # [K, n_outputs, B]
    outputs: Tensor  # [K, o, B]


class Workspace(NamedTuple):
    """Memory for the hidden units of one forward and backward pass.

    Training makes it once. Fresh memory for every step would be handed back to the system
    and cost a page fault for each few kilobytes: more than the arithmetic.
    """

    pre_activations: list[Tensor]  # [K, width, B]
    layer_inputs: list[Tensor]  # [K, width + 1, B]: of the next layer, the last of them 1
    activations: list[Tensor]  # [K, width, B]: all but these
    gradients: list[Tensor]  # [K, width, B]

    @classmethod
    def of(cls, views: NetworkViews, n_rows: int) -> Workspace:
        """For passes of so many rows."""
        like = views.layers[0].weight
        n_vectors, widths = len(like), [layer.weight.shape[2] for layer in views.layers[:-1]]
        layer_inputs = [like.new_ones(n_vectors, width + 1, n_rows) for width in widths]
        return cls(
            [like.new_empty(n_vectors, width, n_rows) for width in widths],
            layer_inputs,
            [x[:, :-1] for x in layer_inputs],
            [like.new_empty(n_vectors, width, n_rows) for width in widths],
        )


def forward_pass(
    wiring: Wiring, views: NetworkViews, reading: Reading, workspace: Workspace | None = None
) -> ForwardTrace:
    """Run forward and keep what `backward_pass` needs.

    With a workspace its memory and that of the reading are overwritten; without one autograd can
    follow.
    """
    first, effects = reading.first, None
    if wiring.embeddings is not None and reading.category_index is not None:
        out = None if workspace is None else first[:, wiring.n_inputs : -1]
        embedded, effects = wiring.embeddings.look_up(views.tables, reading.category_index, out)
        if out is None:
            first = torch.cat([reading.numeric, embedded, first[:, -1:]], 1)
    layer_inputs = [first]
    pre_activations: list[Tensor] = []
    n_hidden = len(views.layers) - 1
    for index, layer in enumerate(views.layers):
        if index:
            layer_inputs.append(_activate(wiring.activation, pre_activations[-1], workspace, index))
        out = None
        if workspace is not None and index < n_hidden:
            out = workspace.pre_activations[index]
        pre_activations.append(torch.bmm(layer.both.mT, layer_inputs[-1], out=out))
    outputs = pre_activations[-1]
    if views.skip is not None:
        outputs = torch.baddbmm(outputs, views.skip.mT, reading.numeric)
    if effects is not None:
        outputs = outputs + effects
    return ForwardTrace(reading, layer_inputs, pre_activations, outputs)


def _activate(
    activation: Activation, pre: Tensor, workspace: Workspace | None, index: int
) -> Tensor:
    """Inputs of layer `index`, ``[K, width + 1, B]``."""
    if workspace is None:
        return torch.cat([activation.forward(pre, None), torch.ones_like(pre[:, :1])], 1)
    activation.forward(pre, workspace.activations[index - 1])
    return workspace.layer_inputs[index - 1]


def predict(
    wiring: Wiring, views: NetworkViews, inputs: FloatArray, precision: DTypeLike
) -> FloatArray:
    """Outputs ``(D, n, o)`` as `forward_pass` has them, for weights and inputs that are arrays.

    Prediction needs no gradients, so it needs no PyTorch; and for the products of many small
    matrices NumPy is as fast. Exponentials of activations are in the given precision.
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
        hidden = np.matmul(wiring.activation.predict(hidden, precision), layer.weight)
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
    delta = output_gradient.mT
    # Written straight into the strided buffers the products would be one for each vector.
    if gradient_views.skip is not None:
        gradient_views.skip.copy_(_outer_products(trace.reading.numeric, delta))
    layers = views.layers
    for index in range(len(layers) - 1, -1, -1):
        inputs = trace.layer_inputs[index]
        gradient_views.layers[index].both.copy_(_outer_products(inputs, delta))
        if index:
            weight = layers[index].weight
            # An outer product by broadcasting is several times faster than bmm.
            multiply = torch.mul if weight.shape[2] == 1 else torch.bmm
            delta = wiring.activation.backward(
                multiply(weight, delta, out=workspace.gradients[index - 1]),
                trace.pre_activations[index - 1],
                workspace.activations[index - 1],
            )
    rows, tables = trace.reading.category_index, gradient_views.tables
    if wiring.embeddings is not None and rows is not None and tables is not None:
        embedded_gradient = None
        if wiring.embeddings.width:
            embedded_gradient = torch.bmm(layers[0].weight[:, wiring.n_inputs :], delta)
        wiring.embeddings.backward(rows, embedded_gradient, output_gradient.mT, tables)


def _outer_products(inputs: Tensor, delta: Tensor) -> Tensor:
    """``inputs @ delta.mT``: of ``[K, n, B]`` and ``[K, m, B]``, ``[K, n, m]``."""
    if delta.shape[1] < _FEW_OUTPUTS:
        return torch.bmm(delta, inputs.mT).mT
    return torch.bmm(inputs, delta.mT)


class PerceptronEvaluator:
    """Passes over one buffer of weights.

    The layer views of both buffers are made once: on small tables the slicing would cost as much
    as the arithmetic.

    Parameters
    ----------
    wiring : Wiring
    views, gradient_views : NetworkViews
        Of the buffers ``[K, P]`` of the weights and of their gradient.
    """

    _trace: ForwardTrace
    _workspace: Workspace
    _reading: Reading

    def __init__(self, wiring: Wiring, views: NetworkViews, gradient_views: NetworkViews) -> None:
        self._wiring = wiring
        self._views = views
        self._gradient_views = gradient_views
        self._n_vectors = views.layers[0].weight.shape[0]
        self._inputs: Tensor | None = None

    def forward(self, inputs: Tensor, generator: torch.Generator | None = None) -> Tensor:
        if self._inputs is None or self._inputs.shape != inputs.shape:
            self._workspace = Workspace.of(self._views, inputs.shape[-2])
            self._reading = Reading.of(self._wiring, inputs, self._n_vectors)
        elif self._inputs is not inputs:  # chains see the same rows at every step
            self._reading = self._reading.again(self._wiring, inputs)
        self._inputs = inputs
        self._trace = forward_pass(self._wiring, self._views, self._reading, self._workspace)
        return self._trace.outputs.mT

    def backward(self, output_gradient: Tensor) -> None:
        backward_pass(
            self._wiring,
            self._views,
            self._trace,
            output_gradient,
            self._gradient_views,
            self._workspace,
        )
