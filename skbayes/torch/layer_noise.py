"""Noise at the outputs of layers instead of one draw of the weights for all rows.

Both estimators keep the expectation of whatever is a sum over rows, and give each row noise of its
own, so that the gradient of a batch has less variance. Layers for which they are not defined take
draws of their weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

#: Layers whose outputs are linear in weights that no other layer reads in its own way.
LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
_LINEAR = functional.linear
_CONVOLUTIONS = (torch.conv1d, torch.conv2d, torch.conv3d)
# Variances below it are none: the derivative of a root at zero is infinite.
_LEAST_VARIANCE = 1e-20


class Moments(NamedTuple):
    """Mean and standard deviation of a parameter."""

    mean: Tensor
    scale: Tensor


class LayerNoise(TorchFunctionMode):
    """While it is active, layers whose weights are known here get noise at their outputs.

    Parameters
    ----------
    moments : mapping of int to Moments
        By the `id` of the tensor that is passed to a layer, which is its mean.
    noise : callable
        ``noise(layer, inputs, weight, bias)``: the noise to add to the output at the means, where
        ``layer(inputs, weight, bias)`` is the operation.

    Attributes
    ----------
    seen : set of int
        The tensors that a layer has used.
    """

    def __init__(self, moments: Mapping[int, Moments], noise: Callable[..., Tensor]) -> None:
        super().__init__()
        self._moments = moments
        self._noise = noise
        self.seen: set[int] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        is_layer = func is _LINEAR or func in _CONVOLUTIONS
        if not is_layer or len(args) < 2 or id(args[1]) not in self._moments:
            return func(*args, **kwargs)
        inputs, weight = args[:2]
        bias = args[2] if len(args) > 2 else kwargs.pop("bias", None)
        rest = args[3:]

        def layer(inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
            return func(inputs, weight, bias, *rest, **kwargs)

        self.seen.add(id(weight))
        if id(bias) in self._moments:
            self.seen.add(id(bias))
        noise = self._noise(layer, inputs, self._moments[id(weight)], self._moments.get(id(bias)))
        return layer(inputs, weight, bias) + noise


def local_reparameterization(
    layer: Callable[..., Tensor], inputs: Tensor, weight: Moments, bias: Moments | None
) -> Tensor:
    """Normal noise with the variance that the weights give the output (Kingma et al. 2015, eq. 6).

    Each row, and each place of a convolution, has noise of its own.
    """
    bias_variance = None if bias is None else bias.scale.square()
    variance = layer(inputs.square(), weight.scale.square(), bias_variance)
    std = variance.clamp_min(_LEAST_VARIANCE).sqrt()
    return std * torch.randn_like(std)


def flipout(
    layer: Callable[..., Tensor], inputs: Tensor, weight: Moments, bias: Moments | None
) -> Tensor:
    """One draw of the weights, with random signs for each row (Wen et al. 2018, eq. 4)."""
    is_linear = weight.mean.ndim == 2
    deviation = weight.scale * torch.randn_like(weight.scale)
    if is_linear:
        signs_in = _signs(inputs, inputs.shape)
    else:  # one sign for each channel
        signs_in = _signs(inputs, (*inputs.shape[:2], *[1] * (inputs.ndim - 2)))
    noise = layer(inputs * signs_in, deviation, None)
    shape = noise.shape if is_linear else (*noise.shape[:2], *[1] * (noise.ndim - 2))
    noise = noise * _signs(noise, shape)
    if bias is None:
        return noise
    bias_noise = bias.scale * torch.randn_like(bias.scale)
    if not is_linear:
        bias_noise = bias_noise.view(-1, *[1] * (noise.ndim - 2))
    return noise + bias_noise * _signs(noise, shape)


def _signs(like: Tensor, shape: Any) -> Tensor:
    """Minus one and one with equal probability."""
    return torch.empty(tuple(shape), dtype=like.dtype, device=like.device).bernoulli_(0.5) * 2 - 1


#: Estimators by name.
NOISE: dict[str, Callable[..., Tensor]] = {
    "local_reparameterization": local_reparameterization,
    "flipout": flipout,
}
