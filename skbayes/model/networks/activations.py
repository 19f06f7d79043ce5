"""Activation functions of the hidden layers, each with its derivative."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy import special

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch


@dataclass(frozen=True)
class Activation:
    """An element-wise function and its vector-Jacobian product.

    Attributes
    ----------
    forward : callable
        ``forward(pre, out) -> post``. `out` is the memory of the result, or None for new memory, as
        autograd needs it.
    backward : callable
        ``backward(gradient, pre, post)``: the gradient with respect to ``pre``, given that
        with respect to ``post = forward(pre)``, whose memory it may take over.
    predict : callable
        ``predict(pre, precision) -> post`` of an array, whose memory it may take over. Exponentials
        are in the given precision: in single they take a quarter of the time.
    """

    forward: Callable[[Tensor, Tensor | None], Tensor]
    backward: Callable[[Tensor, Tensor, Tensor], Tensor]
    predict: Callable[[FloatArray, DTypeLike], NDArray[Any]]


@functools.cache
def _minus_one() -> Tensor:
    # A tensor as the first operand: multiplying and adding is then one pass over memory.
    return torch.tensor(-1.0)


def _tanh(pre: Tensor, out: Tensor | None) -> Tensor:
    """``tanh(x) = 2 / (1 + exp(-2 x)) - 1``, to a rounding error of 3e-16 in double precision.

    PyTorch's own sigmoid is several times faster than its tanh on a CPU.
    """
    sigmoid = torch.sigmoid(torch.mul(pre, 2.0, out=out), out=out)
    return torch.add(_minus_one(), sigmoid, alpha=2.0, out=out)


def _one_plus_exp(factor: float, pre: FloatArray, precision: DTypeLike) -> NDArray[Any]:
    """``1 + exp(factor * pre)``, in new memory."""
    with np.errstate(over="ignore"):
        power = np.multiply(pre, factor, dtype=precision, casting="same_kind")
        np.exp(power, out=power)
    power += 1.0
    return power


def _predict_tanh(pre: FloatArray, precision: DTypeLike) -> NDArray[Any]:
    # As `_tanh`. NumPy's own takes twice as long where it has no vector instructions for it.
    denominator = _one_plus_exp(-2.0, pre, precision)
    post = np.divide(2.0, denominator, out=denominator)
    post -= 1.0
    return post


def _predict_logistic(pre: FloatArray, precision: DTypeLike) -> NDArray[Any]:
    # NumPy's exponential is faster than SciPy's sigmoid.
    denominator = _one_plus_exp(-1.0, pre, precision)
    return np.reciprocal(denominator, out=denominator)


def _predict_silu(pre: FloatArray, precision: DTypeLike) -> NDArray[Any]:
    pre /= _one_plus_exp(-1.0, pre, precision)
    return pre


def _predict_gelu(pre: FloatArray, precision: DTypeLike) -> NDArray[Any]:
    pre *= special.ndtr(pre)
    return pre


def _predict_elu(pre: FloatArray, precision: DTypeLike) -> NDArray[Any]:
    below = np.expm1(np.minimum(pre, 0.0))
    np.maximum(pre, 0.0, out=pre)
    pre += below
    return pre


# One table from scikit-learn's names (and a few more) to PyTorch's own kernels: each
# entry costs a few operations forward and one backward.
ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(
        lambda pre, out: pre if out is None else out.copy_(pre),
        lambda grad, pre, post: grad,
        lambda pre, precision: pre,
    ),
    "logistic": Activation(
        lambda pre, out: torch.sigmoid(pre, out=out),
        lambda grad, pre, post: torch.ops.aten.sigmoid_backward.grad_input(
            grad, post, grad_input=grad
        ),
        _predict_logistic,
    ),
    "tanh": Activation(
        _tanh,
        lambda grad, pre, post: torch.ops.aten.tanh_backward.grad_input(
            grad, post, grad_input=grad
        ),
        _predict_tanh,
    ),
    "relu": Activation(
        lambda pre, out: torch.clamp(pre, min=0.0, out=out),
        lambda grad, pre, post: torch.ops.aten.threshold_backward.grad_input(
            grad, post, 0.0, grad_input=grad
        ),
        lambda pre, precision: np.maximum(pre, 0.0, out=pre),
    ),
    "silu": Activation(
        lambda pre, out: (
            torch.nn.functional.silu(pre) if out is None else torch.ops.aten.silu.out(pre, out=out)
        ),
        lambda grad, pre, post: torch.ops.aten.silu_backward.grad_input(grad, pre, grad_input=grad),
        _predict_silu,
    ),
    "gelu": Activation(
        lambda pre, out: (
            torch.nn.functional.gelu(pre) if out is None else torch.ops.aten.gelu.out(pre, out=out)
        ),
        lambda grad, pre, post: torch.ops.aten.gelu_backward(grad, pre),
        _predict_gelu,
    ),
    "elu": Activation(
        lambda pre, out: (
            torch.nn.functional.elu(pre) if out is None else torch.ops.aten.elu.out(pre, out=out)
        ),
        lambda grad, pre, post: torch.ops.aten.elu_backward(grad, 1.0, 1.0, 1.0, False, pre),
        _predict_elu,
    ),
    "sine": Activation(
        lambda pre, out: torch.sin(pre, out=out),
        lambda grad, pre, post: grad.mul_(torch.cos(pre)),
        lambda pre, precision: np.sin(pre, out=pre),
    ),
}
