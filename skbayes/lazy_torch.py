"""PyTorch, imported when it is first used.

Importing PyTorch takes as long as everything else that a saved model needs, and half of the memory,
while a perceptron predicts without it. The package's modules take `torch`, `nn` and `Tensor` from
here, as ``lazy import torch`` will give them from Python 3.15 on (PEP 810). Modules that derive
classes from PyTorch's import it themselves, and are imported by those who need them.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class _LazyModule(ModuleType):
    """A module that is imported when it is first asked for something."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(importlib.import_module(self.__name__), name)
        setattr(self, name, value)  # found without a detour from now on
        return value


class _TensorType(type):
    def __instancecheck__(cls, instance: object) -> bool:
        # Nothing can be a tensor before there are any.
        loaded = sys.modules.get("torch")
        return loaded is not None and isinstance(instance, loaded.Tensor)


__all__ = ["Tensor", "dist", "nn", "no_grad", "torch"]

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn
    from torch import distributed as dist
else:
    torch, nn = _LazyModule("torch"), _LazyModule("torch.nn")
    dist = _LazyModule("torch.distributed")

    class Tensor(metaclass=_TensorType):
        """Stands for `torch.Tensor` in annotations, and in `isinstance`."""


def no_grad(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Decorator: `torch.no_grad` while the function runs, without PyTorch where it is defined."""

    @functools.wraps(function)
    def without_grad(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        with torch.no_grad():
            return function(*args, **kwargs)

    return without_grad
