"""Calling a `torch.nn.Module` with many weight vectors at once."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.utils._pytree import tree_map

from skbayes.model.nested_rows import NestedRows
from skbayes.model.networks.stack import LinearStack

Inputs = Tensor | NestedRows

# `vmap` and the loop sum in another order.
_AGREEMENT = {torch.float64: 1e-8, torch.float32: 1e-3}
_COARSE_AGREEMENT = 0.05
_N_PROBE_ROWS, _N_PROBE_DRAWS = 3, 2
_IMAGES = (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_FALLBACK = "we have not yet implemented the batching rule"


class ModuleCall:
    """A module as a pure function of its parameters and buffers, for ``K`` sets of them at once.

    `torch.func.vmap` batches the sets. What it cannot batch (recurrent layers, operations that
    look at values) runs in a loop over them, with the same result; so do convolutions of images on
    a CPU, which are slower as one grouped convolution than one after the other.

    Parameters
    ----------
    module : torch.nn.Module
        Copied: neither changed nor referred to.

    Attributes
    ----------
    module : torch.nn.Module
        The copy. Its own parameters are not used.
    uses_vmap : bool or None
        None until the first call has shown it.
    stack : LinearStack or None
        The module itself, where it is a stack of linear layers: then neither is needed.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = copy.deepcopy(module)
        self.uses_vmap: bool | None = None
        self.stack = LinearStack.of(self.module)
        self._mode: bool | None = None
        self._has_convolutions = any(isinstance(part, _IMAGES) for part in self.module.modules())
        self._dropouts = {
            name: part.dropout
            for name, part in self.module.named_modules()
            if isinstance(part, nn.MultiheadAttention)
        }

    def __call__(
        self,
        parameters: Mapping[str, Tensor],
        fixed: Mapping[str, Tensor],
        buffers: Mapping[str, Tensor],
        inputs: Inputs,
        *,
        is_training: bool,
        most_sets: int | None = None,
    ) -> Any:
        """What the module returns, with a leading axis ``K`` on every tensor.

        Parameters
        ----------
        parameters : mapping of str to Tensor of shape (K, ...)
        fixed : mapping of str to Tensor
            Parameters that are the same for all sets.
        buffers : mapping of str to Tensor of shape (K, ...)
            Those of each set, changed in place where the module does so.
        inputs : Tensor or NestedRows
            The same for all sets.
        is_training : bool
            Whether the module is to behave as in training.
        most_sets : int, default=None
            Of so many sets at a time what the layers return fits the cache; None for all.
        """
        self._set_mode(is_training)
        if self.stack is not None and isinstance(inputs, Tensor) and inputs.ndim == 2:
            return self.stack(parameters, fixed, inputs)
        if self._has_convolutions and _device_of(parameters).type == "cpu":
            return self._looped(parameters, fixed, buffers, inputs)
        if self.uses_vmap is None:
            self.uses_vmap = self._vmap_works(parameters, fixed, buffers, inputs)
            self._set_mode(is_training)
        if not self.uses_vmap:
            return self._looped(parameters, fixed, buffers, inputs)
        return self._batched(parameters, fixed, buffers, inputs, most_sets)

    def once(
        self,
        tensors: dict[str, Tensor],
        inputs: Inputs,
        *,
        is_training: bool,
        within: AbstractContextManager[Any],
    ) -> Any:
        """What the module returns for one set of parameters and buffers, within a context."""
        self._set_mode(is_training)
        with within:
            return self._once(tensors, inputs)

    def copy_of_module(self) -> nn.Module:
        """A copy of the module as it came."""
        self._set_mode(True)
        return copy.deepcopy(self.module)

    def _batched(
        self,
        parameters: Mapping[str, Tensor],
        fixed: Mapping[str, Tensor],
        buffers: Mapping[str, Tensor],
        inputs: Inputs,
        most_sets: int | None = None,
    ) -> Any:
        def one(parameters: dict[str, Tensor], buffers: dict[str, Tensor]) -> Any:
            return self._once({**parameters, **fixed, **buffers}, inputs)

        batched = vmap(one, in_dims=(0, 0), randomness="different", chunk_size=most_sets)
        return batched(dict(parameters), dict(buffers))

    def _looped(
        self,
        parameters: Mapping[str, Tensor],
        fixed: Mapping[str, Tensor],
        buffers: Mapping[str, Tensor],
        inputs: Inputs,
    ) -> Any:
        names = [*parameters, *buffers]
        sets = zip(*[x.unbind(0) for x in (*parameters.values(), *buffers.values())], strict=True)
        results = [
            self._once({**dict(zip(names, own, strict=True)), **fixed}, inputs) for own in sets
        ]
        return joined(results, torch.stack)

    def _once(self, tensors: dict[str, Tensor], inputs: Inputs) -> Any:
        if isinstance(inputs, Tensor):
            return functional_call(self.module, tensors, (inputs,))
        if isinstance(inputs.parts, dict):
            return functional_call(self.module, tensors, (), inputs.parts)
        return functional_call(self.module, tensors, inputs.parts)

    def _set_mode(self, is_training: bool) -> None:
        """Training or not, never by the fused paths of attention, which have no gradient."""
        if self._mode is is_training:
            return
        self._mode = is_training
        self.module.train(is_training)
        for name, dropout in self._dropouts.items():
            attention = self.module.get_submodule(name)
            assert isinstance(attention, nn.MultiheadAttention)
            attention.training = True
            attention.dropout = dropout if is_training else 0.0
        if self._dropouts:
            for part in self.module.modules():
                if isinstance(part, nn.TransformerEncoderLayer):
                    part.training = True

    def _vmap_works(
        self,
        parameters: Mapping[str, Tensor],
        fixed: Mapping[str, Tensor],
        buffers: Mapping[str, Tensor],
        inputs: Inputs,
    ) -> bool:
        """Try it on some rows, and hold it against the loop.

        Raises
        ------
        ValueError
            If both run and disagree.
        """
        self._set_mode(False)

        def few(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
            return {name: x[:_N_PROBE_DRAWS].detach().clone() for name, x in tensors.items()}

        rows = first_rows(inputs, _N_PROBE_ROWS)
        looped = self._looped(few(parameters), fixed, few(buffers), rows)
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                batched = self._batched(few(parameters), fixed, few(buffers), rows)
        except Exception:  # whatever stops it does not stop the loop
            return False
        if any(_FALLBACK in str(warning.message) for warning in caught):
            return False  # single operations loop inside `vmap`, which is no faster
        _check_agreement(looped, batched)
        return True


def _device_of(parameters: Mapping[str, Tensor]) -> torch.device:
    return next(iter(parameters.values())).device


def joined(results: Sequence[Any], join: Callable[[tuple[Tensor, ...]], Tensor]) -> Any:
    """What a module returned at each of several calls as one: tensors joined, the rest as it is.

    Parameters
    ----------
    results : sequence
    join : callable
        `torch.stack`, or `torch.cat` where they have the axis already.
    """

    def join_tensors(*parts: Any) -> Any:
        return join(parts) if isinstance(parts[0], Tensor) else parts[0]

    return tree_map(join_tensors, *results)


def first_rows(inputs: Inputs, n_rows: int) -> Inputs:
    """The first rows; all of them where not every argument has rows."""
    if isinstance(inputs, Tensor):
        return inputs[:n_rows]
    lengths = {len(x) if isinstance(x, Tensor) and x.ndim else -1 for x in inputs.tensors()}
    if len(lengths) > 1 or -1 in lengths:
        return inputs
    return inputs.map(lambda part: part[:n_rows])


def _check_agreement(looped: Any, batched: Any) -> None:
    def compare(one: Any, other: Any) -> None:
        if not isinstance(one, Tensor):
            return
        tolerance = _AGREEMENT.get(one.dtype, _COARSE_AGREEMENT)
        is_same = one.shape == other.shape and torch.allclose(
            one.double(), other.double(), rtol=tolerance, atol=tolerance, equal_nan=True
        )
        if not is_same:
            raise ValueError(
                "module must give the same outputs for one set of weights at a time and for "
                "several at once (torch.func.vmap). It does not: does it keep something between "
                "calls, or draw random numbers in eval mode?"
            )

    tree_map(compare, looped, batched)
