"""What describes a network of the user's own, and what rows of it may be."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_array

from skbayes.estimators.automatic import NetworkKind, TableFacts
from skbayes.estimators.base import BaseBayesianNetwork
from skbayes.lazy_torch import nn
from skbayes.model import Likelihood, Module
from skbayes.tables import TableFormat

if TYPE_CHECKING:
    from skbayes.model.networks.module import ModuleNetwork

_PREFIX = "module__"
_Class = TypeVar("_Class", bound=type)


@dataclass(repr=False, eq=False)
class ModuleParameters(BaseBayesianNetwork[Any]):
    """Parameters of a module, and rows of any shape."""

    module: Callable[..., nn.Module] | None = None
    _: KW_ONLY
    bayesian: Any = "all"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "module": [callable, None],
        "bayesian": [str, list, tuple],
    }

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name, those of `module` among them.

        Parameters
        ----------
        deep : bool, default=True
            Whether to return the parameters of parameters too.

        Returns
        -------
        dict of str to object
        """
        return {**super().get_params(deep), **self._of_module()}

    def _of_module(self) -> dict[str, Any]:
        """Parameters of `module`, by their names with the prefix."""
        return {name: value for name, value in vars(self).items() if name.startswith(_PREFIX)}

    def set_params(self, **params: Any) -> ModuleParameters:
        """Set parameters, those of `module` by names that begin with ``module__``.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self
        """
        rest = {}
        for name, value in params.items():
            if name.startswith(_PREFIX):
                setattr(self, name, value)
            else:
                rest[name] = value
        super().set_params(**rest)
        return self

    @property
    def _network_kind(self) -> NetworkKind:
        return "module"

    def _network_families(self, facts: TableFacts, *, is_sampled: bool) -> tuple[Module, ...]:
        if self.module is None:
            raise ValueError(
                "module must be a callable that makes a torch.nn.Module from n_features_in and "
                "n_outputs. Got None instead."
            )
        parameters = {
            name.removeprefix(_PREFIX): value for name, value in self._of_module().items()
        }
        bayesian = self.bayesian if isinstance(self.bayesian, str) else list(self.bayesian)
        return (Module(self.module, parameters, bayesian, self._input_shape),)

    def _is_table(self) -> bool:
        return self._input_shape is None

    def _format_of(self, X: Any) -> TableFormat:
        return super()._format_of(X) if self._is_table() else TableFormat([], allow_missing=False)

    def _as_table(self, X: ArrayLike, *, reset: bool) -> Any:
        """Rows of several dimensions as rows of columns."""
        if reset:
            self._input_shape = _row_shape(X)
        if self._is_table():
            return super()._as_table(X, reset=reset)
        checked = check_array(
            X,
            dtype=[np.float64, np.float32],
            ensure_2d=False,
            allow_nd=True,
            input_name="X",
            estimator=self,
        )
        if checked.shape[1:] != self._input_shape:
            raise ValueError(
                f"X must have rows of the shape {self._input_shape}, as in fit. Got "
                f"{checked.shape[1:]} instead."
            )
        return checked.reshape(len(checked), -1)

    def _make_network(self, likelihood: Likelihood) -> ModuleNetwork:
        network = cast("ModuleNetwork", super()._make_network(likelihood))
        if network.normalises_batches:
            raise ValueError(
                "module must not keep statistics of batches, as batch normalisation does: a row's "
                "prediction would depend on other rows. Use LayerNorm or GroupNorm, or "
                "skbayes.torch.BayesianModule, which keeps them."
            )
        return network


def with_module_parameters(cls: _Class) -> _Class:
    """Let the constructor take the parameters of `module`, ``module__*``, too."""
    constructor: Callable[..., None] = vars(cls)["__init__"]

    @functools.wraps(constructor)
    def construct(self: Any, *args: Any, **params: Any) -> None:
        own = {name: params.pop(name) for name in list(params) if name.startswith(_PREFIX)}
        constructor(self, *args, **params)
        for name, value in own.items():
            setattr(self, name, value)

    signature = inspect.signature(constructor)
    rest = inspect.Parameter(f"{_PREFIX}params", inspect.Parameter.VAR_KEYWORD)
    construct.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), rest]
    )
    setattr(cls, "__init__", construct)  # noqa: B010 (a type checker refuses the assignment)
    return cls


def _row_shape(X: Any) -> tuple[int, ...] | None:
    """Shape of a row with more than one dimension; None for rows of columns."""
    shape = np.shape(X) if isinstance(X, (list, tuple)) else getattr(X, "shape", ())
    return tuple(int(n) for n in shape[1:]) if len(shape) > 2 else None
