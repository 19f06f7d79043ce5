"""Computations that are recorded and replayed: on a GPU, and here by a log of operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from skbayes.model import BayesianModel, Data, LogLikelihoodEvaluator, Recording
from skbayes.model.recording import CudaGraph

MakeRows = Callable[..., Data]


class _Evaluation:
    """A log-likelihood and its gradient at some vectors, recorded."""

    def __init__(self, model: BayesianModel, vectors: torch.Tensor, make_graph: Any = None) -> None:
        self.evaluator = LogLikelihoodEvaluator(model, vectors)
        on = {} if make_graph is None else {"make_graph": lambda device: make_graph()}
        self.recording = Recording(model, **on)

    def __call__(self, data: Data, factor: torch.Tensor) -> torch.Tensor:
        (result,) = self.recording(
            lambda rows, others: (self.evaluator(rows) * others[0],), data, (factor,)
        )
        return result


def _vectors(model: BayesianModel) -> torch.Tensor:
    return torch.zeros(2, model.n_entries, dtype=torch.float64)


def _factor(seed: int) -> torch.Tensor:
    return torch.tensor(1.0 + seed, dtype=torch.float64)


@pytest.mark.parametrize("weighted", [True, False])
def test_a_replay_is_the_computation(
    steady_model: BayesianModel, mixed_rows: MakeRows, operation_log: Any, weighted: bool
) -> None:
    vectors = _vectors(steady_model)
    replayed = _Evaluation(steady_model, vectors, operation_log)
    plain = _Evaluation(steady_model, vectors)
    kept = []
    for seed in range(4):
        vectors.normal_(generator=torch.Generator().manual_seed(seed))
        data = mixed_rows(seed // 2, weighted=weighted)  # the rows change, and stay
        kept.append((replayed(data, _factor(seed)), plain(data, _factor(seed))))
        torch.testing.assert_close(
            replayed.evaluator.gradient, plain.evaluator.gradient, rtol=0, atol=0
        )
    for log_likelihood, expected in kept:  # no later call has written to them
        torch.testing.assert_close(log_likelihood, expected, rtol=0, atol=0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_graph_is_the_computation(steady_model: BayesianModel, mixed_rows: MakeRows) -> None:
    vectors = _vectors(steady_model).cuda()
    replayed = _Evaluation(steady_model, vectors)
    plain = LogLikelihoodEvaluator(steady_model, vectors)
    for seed in range(4):
        noise = torch.randn(vectors.shape, generator=torch.Generator().manual_seed(seed))
        vectors.copy_(noise)
        rows = mixed_rows(seed // 2)
        data = Data(rows.dense_inputs.cuda(), rows.targets.cuda(), rows.explicit_weights.cuda())
        factor = _factor(seed).cuda()
        # Gradients of categories are added in no fixed order there.
        torch.testing.assert_close(replayed(data, factor), plain(data) * factor)
        torch.testing.assert_close(replayed.evaluator.gradient, plain.gradient)
    assert isinstance(replayed.recording._graph, CudaGraph)


def test_rows_of_another_number_are_recorded_anew(
    steady_model: BayesianModel, mixed_rows: MakeRows, operation_log: Any
) -> None:
    vectors = _vectors(steady_model)
    replayed = _Evaluation(steady_model, vectors, operation_log)
    plain = LogLikelihoodEvaluator(steady_model, vectors)
    for n_rows, weighted in ((9, True), (5, True), (5, False), (9, True), (9, True)):
        data = mixed_rows(0, n_rows=n_rows, weighted=weighted)
        torch.testing.assert_close(replayed(data, _factor(0)), plain(data), rtol=0, atol=0)
        torch.testing.assert_close(replayed.evaluator.gradient, plain.gradient, rtol=0, atol=0)


def test_what_cannot_be_recorded_is_computed(
    steady_model: BayesianModel, mixed_rows: MakeRows
) -> None:
    class Refusing:
        def record(self, compute: Callable[[], torch.Tensor]) -> torch.Tensor:
            raise RuntimeError("operation not permitted when stream is capturing")

    vectors = _vectors(steady_model)
    evaluation = _Evaluation(steady_model, vectors, Refusing)
    expected = LogLikelihoodEvaluator(steady_model, vectors)(mixed_rows(0))
    with pytest.warns(UserWarning, match="not permitted when stream is capturing.*slower"):
        torch.testing.assert_close(evaluation(mixed_rows(0), _factor(0)), expected)
    # And says so once.
    torch.testing.assert_close(evaluation(mixed_rows(0), _factor(0)), expected)


def test_a_model_that_is_not_to_be_recorded_is_not(
    steady_model: BayesianModel, mixed_rows: MakeRows, operation_log: Any
) -> None:
    steady_model.prior.can_be_recorded = False
    evaluation = _Evaluation(steady_model, _vectors(steady_model), operation_log)
    evaluation(mixed_rows(0), _factor(0))
    assert evaluation.recording._graph is None
