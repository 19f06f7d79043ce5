"""Computations that are recorded and replayed: on a GPU, and here by a log of operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from skbayes.model import BayesianModel, Data, LogLikelihoodEvaluator
from skbayes.model.recording import CudaGraph, Recording

MakeRows = Callable[..., Data]


class OperationLog(TorchDispatchMode):
    """What a CUDA graph is, on a CPU: the same operations again, on the same memory."""

    def __init__(self) -> None:
        super().__init__()
        self._operations: list[tuple[Any, Any, Any, Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self._operations.append((func, args, kwargs or {}, result))
        return result

    def record(self, compute: Callable[[], torch.Tensor]) -> torch.Tensor:
        compute()  # a rehearsal
        with self:
            result = compute()
        # Recording computes nothing: what it seems to have written has to come from a replay.
        result.fill_(torch.nan)
        return result

    def replay(self) -> None:
        for func, args, kwargs, earlier in self._operations:
            again = func(*args, **kwargs)
            for old, new in zip(_tensors(earlier), _tensors(again), strict=True):
                if old.data_ptr() != new.data_ptr():  # neither a view nor in place
                    old.copy_(new)


def _tensors(result: Any) -> list[torch.Tensor]:
    results = result if isinstance(result, (tuple, list)) else [result]
    return [item for item in results if isinstance(item, torch.Tensor)]


def _vectors(model: BayesianModel) -> torch.Tensor:
    return torch.zeros(2, model.n_entries, dtype=torch.float64)


def _recorded(
    model: BayesianModel, vectors: torch.Tensor, log: Callable[[], OperationLog] = OperationLog
) -> LogLikelihoodEvaluator:
    evaluator = LogLikelihoodEvaluator(model, vectors)
    evaluator._recording = Recording(lambda device: log())
    return evaluator


@pytest.mark.parametrize("weighted", [True, False])
def test_a_replay_is_the_computation(
    steady_model: BayesianModel, mixed_rows: MakeRows, weighted: bool
) -> None:
    vectors = _vectors(steady_model)
    replayed = _recorded(steady_model, vectors)
    plain = LogLikelihoodEvaluator(steady_model, vectors)
    kept = []
    for seed in range(4):
        vectors.normal_(generator=torch.Generator().manual_seed(seed))
        data = mixed_rows(seed // 2, weighted=weighted)  # the rows change, and stay
        kept.append((replayed(data), plain(data)))
        torch.testing.assert_close(replayed.gradient, plain.gradient, rtol=0, atol=0)
    for log_likelihood, expected in kept:  # no later call has written to them
        torch.testing.assert_close(log_likelihood, expected, rtol=0, atol=0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_graph_is_the_computation(steady_model: BayesianModel, mixed_rows: MakeRows) -> None:
    vectors = _vectors(steady_model).cuda()
    replayed = LogLikelihoodEvaluator(steady_model, vectors)
    plain = LogLikelihoodEvaluator(steady_model, vectors)
    plain._recording = None
    for seed in range(4):
        noise = torch.randn(vectors.shape, generator=torch.Generator().manual_seed(seed))
        vectors.copy_(noise)
        rows = mixed_rows(seed // 2)
        data = Data(rows.dense_inputs.cuda(), rows.targets.cuda(), rows.explicit_weights.cuda())
        # Gradients of categories are added in no fixed order there.
        torch.testing.assert_close(replayed(data), plain(data))
        torch.testing.assert_close(replayed.gradient, plain.gradient)
    assert isinstance(replayed._recording, Recording)
    assert isinstance(replayed._recording._graph, CudaGraph)


def test_rows_of_another_number_are_recorded_anew(
    steady_model: BayesianModel, mixed_rows: MakeRows
) -> None:
    vectors = _vectors(steady_model)
    replayed = _recorded(steady_model, vectors)
    plain = LogLikelihoodEvaluator(steady_model, vectors)
    for n_rows, weighted in ((9, True), (5, True), (5, False), (9, True), (9, True)):
        data = mixed_rows(0, n_rows=n_rows, weighted=weighted)
        torch.testing.assert_close(replayed(data), plain(data), rtol=0, atol=0)
        torch.testing.assert_close(replayed.gradient, plain.gradient, rtol=0, atol=0)


def test_what_cannot_be_recorded_is_computed(
    steady_model: BayesianModel, mixed_rows: MakeRows
) -> None:
    class Refusing(OperationLog):
        def record(self, compute: Callable[[], torch.Tensor]) -> torch.Tensor:
            raise RuntimeError("operation not permitted when stream is capturing")

    vectors = _vectors(steady_model)
    evaluator = _recorded(steady_model, vectors, Refusing)
    expected = LogLikelihoodEvaluator(steady_model, vectors)(mixed_rows(0))
    with pytest.warns(UserWarning, match="not permitted when stream is capturing.*slower"):
        torch.testing.assert_close(evaluator(mixed_rows(0)), expected)
    torch.testing.assert_close(evaluator(mixed_rows(0)), expected)  # and says so once
