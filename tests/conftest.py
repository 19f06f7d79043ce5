"""Data and estimators that several tests share."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist
from sklearn.datasets import load_diabetes
from torch.utils._python_dispatch import TorchDispatchMode

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.likelihoods import Hurdle
from skbayes.model import (
    LIKELIHOODS,
    BayesianModel,
    BernoulliLikelihood,
    CategoricalLikelihood,
    Data,
    InputColumns,
    LearnedScalePrior,
    Likelihood,
    Peers,
    Perceptron,
    TargetUnits,
)
from skbayes.variational import Variational

# Workers share the cores: a second thread of each would wait for the other's.
if "PYTEST_XDIST_WORKER" in os.environ:
    torch.set_num_threads(1)

# Scripts that tests run in processes of their own.
collect_ignore_glob = ["*/shards_worker.py"]


@pytest.fixture(scope="session")
def diabetes() -> tuple[np.ndarray, np.ndarray]:
    return load_diabetes(return_X_y=True)


@pytest.fixture(scope="session")
def fitted(diabetes: tuple[np.ndarray, np.ndarray]) -> BayesianMLPRegressor:
    """Default estimator on the first 300 rows of the diabetes data; not to be changed."""
    X, y = diabetes
    return BayesianMLPRegressor(random_state=0).fit(X[:300], y[:300])


@pytest.fixture
def quick() -> BayesianMLPRegressor:
    """An estimator for tests of behaviour, where the quality of the fit does not matter."""
    return BayesianMLPRegressor(
        (8,),
        activation="relu",
        likelihood="normal",
        inference=Variational(n_members=2),
        max_iter=60,
        random_state=0,
    )


@pytest.fixture
def quick_classifier() -> BayesianMLPClassifier:
    """A classifier for tests of behaviour, where the quality of the fit does not matter."""
    return BayesianMLPClassifier(
        (8,), activation="relu", inference=Variational(n_members=2), max_iter=60, random_state=0
    )


@pytest.fixture
def peers() -> Iterator[Peers]:
    """A group of this process alone."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield Peers()
    dist.destroy_process_group()


@pytest.fixture(scope="session")
def in_two_processes() -> Callable[..., list[subprocess.CompletedProcess[str]]]:
    """Runs a script in two processes that know of one another as torchrun would tell them.

    torchrun itself would end one process where the other one fails, before it can say why.
    """

    def run(script: Path, *arguments: str) -> list[subprocess.CompletedProcess[str]]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        known = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
        processes = [
            subprocess.Popen(
                [sys.executable, str(script), *arguments],
                env={**os.environ, **known, "RANK": str(rank), "OMP_NUM_THREADS": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for rank in range(2)
        ]
        try:
            said = [process.communicate(timeout=600) for process in processes]
        finally:
            for process in processes:
                process.kill()
        return [
            subprocess.CompletedProcess(process.args, process.returncode, *outputs)
            for process, outputs in zip(processes, said, strict=True)
        ]

    return run


# All whose gradient is the same operations every time.
_STEADY_LIKELIHOODS: dict[str, Callable[[], Likelihood]] = {
    **{
        name: lambda family=family: family().build(1, TargetUnits.standard(1))  # type: ignore[misc]
        for name, family in LIKELIHOODS.items()
    },
    **{
        f"hurdle {name}": lambda name=name: Hurdle(name, at=1.0).build(1, TargetUnits.standard(1))  # type: ignore[misc]
        for name in ("laplace", "student_t")
    },
    "bernoulli": lambda: BernoulliLikelihood(1),
    "categorical": lambda: CategoricalLikelihood(np.array(["a", "b", "c"])),
}


@pytest.fixture(params=_STEADY_LIKELIHOODS)
def steady_model(request: pytest.FixtureRequest) -> BayesianModel:
    """A small model of each likelihood, of three numbers and a category."""
    likelihood = _STEADY_LIKELIHOODS[request.param]()
    columns = InputColumns(3, n_categories=(3,))
    network = Perceptron(columns, (4,), likelihood.n_outputs, "tanh", linear_skip=True)
    prior = LearnedScalePrior(network.fan_in(), network.groups("unit"))
    return BayesianModel(network, likelihood, prior)


@pytest.fixture
def mixed_rows() -> Callable[..., Data]:
    """Three numbers and a category, and targets that every likelihood allows, for a seed."""

    def rows(seed: int, *, n_rows: int = 9, weighted: bool = True) -> Data:
        generator = torch.Generator().manual_seed(seed)
        numbers = torch.randn(n_rows, 3, dtype=torch.float64, generator=generator)
        codes = torch.randint(3, (n_rows, 1), generator=generator).double()
        targets = torch.randint(1, 3, (n_rows, 1), generator=generator).double() / 2
        weights = torch.rand(n_rows, dtype=torch.float64, generator=generator)
        return Data(torch.cat([numbers, codes], 1), targets, weights if weighted else None)

    return rows


class OperationLog(TorchDispatchMode):
    """What a CUDA graph is, on a CPU: the same operations again, on the same memory."""

    def __init__(self) -> None:
        super().__init__()
        self._operations: list[tuple[Any, Any, Any, Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self._operations.append((func, args, kwargs or {}, result))
        return result

    def record(self, compute: Callable[[], tuple[torch.Tensor, ...]]) -> tuple[torch.Tensor, ...]:
        compute()  # a rehearsal
        with self:
            results = compute()
        # Recording computes nothing: what it seems to have written has to come from a replay.
        for result in results:
            result.fill_(torch.nan)
        return results

    def replay(self) -> None:
        for func, args, kwargs, earlier in self._operations:
            again = func(*args, **kwargs)
            for old, new in zip(_tensors(earlier), _tensors(again), strict=True):
                if old.data_ptr() != new.data_ptr():  # neither a view nor in place
                    old.copy_(new)


def _tensors(result: Any) -> list[torch.Tensor]:
    results = result if isinstance(result, (tuple, list)) else [result]
    return [item for item in results if isinstance(item, torch.Tensor)]


@pytest.fixture
def operation_log() -> type[OperationLog]:
    """What stands for a CUDA graph on a CPU."""
    return OperationLog
