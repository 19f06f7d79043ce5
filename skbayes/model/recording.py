"""Computations that a GPU repeats from a recording."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.data import Data

if TYPE_CHECKING:
    from skbayes.model.bayesian_model import BayesianModel

Tensors: TypeAlias = "tuple[Tensor, ...]"

# Before a recording, so that libraries have made their workspaces.
_N_REHEARSALS = 3


class Graph(Protocol):
    """A sequence of operations on memory that stays where it is."""

    def record(self, compute: Callable[[], Tensors]) -> Tensors:
        """Record what `compute` does; the results are where a replay will write them."""

    def replay(self) -> None:
        """Do it again, with what is in that memory now."""


class CudaGraph:
    """A CUDA graph: one launch for all operations of a computation, instead of one for each.

    On small tables launching takes longer than computing.

    Parameters
    ----------
    device : torch.device
        Where the computation is.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def record(self, compute: Callable[[], Tensors]) -> Tensors:
        with torch.cuda.device(self._device):
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(_N_REHEARSALS):
                    compute()
            torch.cuda.current_stream().wait_stream(stream)
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph):
                return compute()

    def replay(self) -> None:
        self._graph.replay()


def graph_on(device: torch.device) -> Graph | None:
    """What records on a device; None where launching costs little."""
    return CudaGraph(device) if device.type == "cuda" else None


class Recording:
    """A computation on rows that is recorded once and then replayed, where a GPU computes.

    The computation must be a function of what it is given and of tensors that stay in their places,
    must not wait for a value, and must do no harm if it is done once more: a density and its
    gradient are of that kind, a step of an optimiser is not. Elsewhere than on a GPU, for a model
    that cannot be recorded, and for rows that are not dense or are shared by several processes, it
    is just done.

    Parameters
    ----------
    model : BayesianModel
        What is computed with.
    make_graph : callable, default=graph_on
        ``make_graph(device)``, for the device of the rows.
    """

    def __init__(
        self, model: BayesianModel, make_graph: Callable[[torch.device], Graph | None] = graph_on
    ) -> None:
        self._make_graph = make_graph
        self._graph: Graph | None = None
        self._given: dict[str, Tensor] = {}  # of the last call
        self._kept: dict[str, Tensor] = {}  # the same, where the graph reads them
        self._is_refused = not model.can_be_recorded

    def __call__(
        self, compute: Callable[[Data, Tensors], Tensors], data: Data, others: Tensors = ()
    ) -> Tensors:
        """The results for `data`, in memory that no later call writes to.

        Parameters
        ----------
        compute : callable
            ``compute(data, others)`` returns tensors; what else it writes, it writes in place, or
            keeps for what comes before the next call. The same at every call.
        data : Data
        others : tuple of Tensor, default=()
            What else changes from call to call.
        """
        is_dense = isinstance(data.inputs, torch.Tensor)
        if self._is_refused or not is_dense or data.peers is not None:
            self._graph = None  # whose memory this may take
            return compute(data, others)
        parts = _parts(data, others)
        if self._graph is None or not _are_alike(parts, self._kept):
            return self._record(compute, data, others)
        for name, part in parts.items():
            if part is not self._given[name]:
                self._kept[name].copy_(part)
        self._given = parts
        self._graph.replay()
        return self._copies()

    def _record(
        self, compute: Callable[[Data, Tensors], Tensors], data: Data, others: Tensors
    ) -> Tensors:
        graph = self._make_graph(data.targets.device)
        if graph is None:
            self._is_refused = True
            return compute(data, others)
        parts = _parts(data, others)
        # Memory of its own: the next batch is copied there.
        kept = {name: part.clone() for name, part in parts.items()}

        def compute_kept() -> Tensors:
            # New views each time: what is remembered of the rows of an earlier call would not be
            # recorded.
            views = {name: part.view_as(part) for name, part in kept.items()}
            rows = Data(views.pop("inputs"), views.pop("targets"), views.pop("row_weights", None))
            return compute(rows, tuple(views.values()))

        try:
            self._results = graph.record(compute_kept)
        except RuntimeError as error:
            self._is_refused = True
            warnings.warn(
                f"A CUDA graph could not be recorded ({error}). Training goes on without: with the "
                "same result, but slower where the table is small.",
                stacklevel=2,
            )
            return compute(data, others)
        self._graph, self._kept, self._given = graph, kept, parts
        graph.replay()  # recording does not compute
        return self._copies()

    def _copies(self) -> Tensors:
        return tuple(result.clone() for result in self._results)


def _parts(data: Data, others: Tensors) -> dict[str, Tensor]:
    parts = {"inputs": data.dense_inputs, "targets": data.targets}
    if data.row_weights is not None:
        parts["row_weights"] = data.row_weights
    return parts | {str(number): other for number, other in enumerate(others)}


def _are_alike(parts: dict[str, Tensor], others: dict[str, Tensor]) -> bool:
    """Whether one fits into the memory of the other."""
    return parts.keys() == others.keys() and all(
        part.shape == others[name].shape for name, part in parts.items()
    )
