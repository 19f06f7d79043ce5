"""Stacks of linear layers and element-wise functions, whose weight vectors need no `vmap`."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

# Functions of single numbers: a leading axis of weight vectors makes no difference to them.
_ELEMENTWISE = (
    nn.Identity,
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.ELU,
    nn.SELU,
    nn.CELU,
    nn.GELU,
    nn.SiLU,
    nn.Mish,
    nn.Softplus,
    nn.Softsign,
    nn.Tanh,
    nn.Tanhshrink,
    nn.Hardtanh,
    nn.Sigmoid,
    nn.LogSigmoid,
    nn.Dropout,
)


class LinearStack:
    """A module that is one layer after the other, for ``K`` sets of its parameters at once.

    Batched matrix products, as those of the perceptron, without what `torch.func.vmap` costs on
    small networks.

    Parameters
    ----------
    layers : list of tuple (str, torch.nn.Module)
        Layers with their names, in order.
    """

    def __init__(self, layers: list[tuple[str, nn.Module]]) -> None:
        self._layers = layers

    @classmethod
    def of(cls, module: nn.Module) -> LinearStack | None:
        """The stack that a module is; None if it is something else, or has hooks."""
        layers = _flattened(module, "")
        names = {id(p) for _, layer in layers or () for p in layer.parameters()}
        n_parameters = sum(len(list(layer.parameters())) for _, layer in layers or ())
        is_shared = len(names) < n_parameters
        return None if layers is None or is_shared else cls(layers)

    @property
    def width(self) -> int:
        """Numbers that a row takes at the widest place."""
        return max(x.out_features for _, x in self._layers if isinstance(x, nn.Linear))

    def __call__(
        self, parameters: Mapping[str, Tensor], fixed: Mapping[str, Tensor], inputs: Tensor
    ) -> Tensor:
        """Outputs ``[K, B, o]`` of ``inputs [B, d]``."""
        n_sets = len(next(iter(parameters.values())))
        # Rows along the last axis, as in the perceptron's passes.
        x = inputs.mT.expand(n_sets, -1, -1)
        for name, layer in self._layers:
            if not isinstance(layer, nn.Linear):
                x = layer(x)
                continue
            weight = _found(f"{name}weight", parameters, fixed)
            weight = weight.expand(n_sets, -1, -1)
            bias = weight.new_zeros(1)
            if layer.bias is not None:
                bias = _found(f"{name}bias", parameters, fixed)
            x = torch.baddbmm(torch.atleast_2d(bias).unsqueeze(-1), weight, x)
        return x.mT


def _found(name: str, parameters: Mapping[str, Tensor], fixed: Mapping[str, Tensor]) -> Tensor:
    return parameters[name] if name in parameters else fixed[name]


def _flattened(module: nn.Module, prefix: str) -> list[tuple[str, nn.Module]] | None:
    has_hooks = module._forward_hooks or module._forward_pre_hooks or module._backward_hooks
    if has_hooks or hasattr(module, "parametrizations"):
        return None
    if type(module) is nn.Linear or type(module) in _ELEMENTWISE:
        return [(prefix, module)]
    if type(module) is not nn.Sequential:
        return None
    layers: list[tuple[str, nn.Module]] = []
    for name, child in module._modules.items():  # each time that it is there
        found = None if child is None else _flattened(child, f"{prefix}{name}.")
        if found is None:
            return None
        layers += found
    return layers
