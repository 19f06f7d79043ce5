"""Modules that are built for the table that they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from skbayes.lazy_torch import Tensor, nn, torch
from skbayes.model.networks.base import InputColumns, NetworkFamily

if TYPE_CHECKING:
    from skbayes.model.networks.module import ModuleNetwork


class Module(NetworkFamily):
    """A `torch.nn.Module` for each table, from a callable that makes one.

    Parameters
    ----------
    module : callable
        ``module(n_features_in=..., n_outputs=..., **parameters)``, a class or a function.
    parameters : dict, default=None
        Further arguments.
    bayesian : {"all", "last_layer"} or sequence of str, default="all"
        Which parameters have a distribution, as of `skbayes.torch.BayesianModule`.
    input_shape : tuple of int, default=None
        Shape of a row, where it is more than a row of columns.

    Examples
    --------
    >>> import torch
    >>> def linear(n_features_in, n_outputs):
    ...     return torch.nn.Linear(n_features_in, n_outputs)
    >>> Module(linear).build(InputColumns(n_numeric=2), n_outputs=1).n_weights
    3
    """

    name = "module"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "module": [callable],
        "parameters": [dict, None],
        "bayesian": [str, list, tuple],
        "input_shape": [tuple, None],
    }

    def __init__(
        self,
        module: Callable[..., nn.Module],
        parameters: Mapping[str, Any] | None = None,
        bayesian: str | Sequence[str] = "all",
        input_shape: tuple[int, ...] | None = None,
    ) -> None:
        self.module = module
        self.parameters = parameters
        self.bayesian = bayesian
        self.input_shape = input_shape

    @property
    def widest_layer(self) -> None:
        return None

    def build(self, columns: InputColumns, n_outputs: int) -> ModuleNetwork:
        """The network for inputs with these columns, tried on a row of zeros.

        Raises
        ------
        ValueError
            If `module` cannot be called as it is, or what it makes cannot serve.
        """
        # Names kinds of PyTorch's layers: not before there is one.
        from skbayes.model.networks.module import ModuleNetwork, seeded

        reader = RowReader(columns, self.input_shape)
        make = partial(self._make, reader.n_features, n_outputs)
        with seeded(0, torch.device("cpu")):
            module = make()
        network = ModuleNetwork(
            module,
            n_outputs,
            bayesian=self.bayesian,
            make=make,
            read_rows=reader,
            input_sources=columns.sources,
        )
        network.probe(torch.zeros(2, reader.n_columns))
        return network

    def _make(self, n_features_in: int, n_outputs: int) -> nn.Module:
        arguments = {"n_features_in": n_features_in, "n_outputs": n_outputs}
        arguments.update(self.parameters or {})
        try:
            made = self.module(**arguments)
        except TypeError as error:
            raise ValueError(
                f"module must be callable with {sorted(arguments)} by name. Got "
                f"{self.module!r}: {error}."
            ) from error
        if not isinstance(made, nn.Module):
            raise ValueError(f"module must make a torch.nn.Module. It made {made!r}.")
        return made


@dataclass(frozen=True)
class RowReader:
    """From the inputs of a network to what a module reads.

    A category becomes as many columns as there are known ones, of which one is 1, or none for a
    category that is not known; a row of more than one dimension gets its shape.

    Attributes
    ----------
    columns : InputColumns
    input_shape : tuple of int or None
    """

    columns: InputColumns
    input_shape: tuple[int, ...] | None

    @property
    def n_columns(self) -> int:
        """Columns of the network's inputs."""
        return self.columns.n_numeric + len(self.columns.n_categories)

    @property
    def n_features(self) -> int:
        """Number of columns of the module; of rows with a shape the length of their first axis."""
        if self.input_shape is not None:
            return self.input_shape[0]
        return self.columns.n_numeric + sum(self.columns.n_categories)

    def __call__(self, inputs: Tensor) -> Tensor:
        n_numeric = self.columns.n_numeric
        if self.columns.n_categories:
            parts = [inputs[..., :n_numeric]]
            for codes, n_known in zip(
                inputs[..., n_numeric:].unbind(-1), self.columns.n_categories, strict=True
            ):
                known = torch.arange(n_known, device=inputs.device, dtype=inputs.dtype)
                parts.append((codes.unsqueeze(-1) == known).to(inputs.dtype))
            inputs = torch.cat(parts, -1)
        if self.input_shape is None:
            return inputs
        return inputs.view(len(inputs), *self.input_shape)
