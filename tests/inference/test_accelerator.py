"""Steps on an accelerator, of which shapes and devices are computed alone.

An operation on tensors of two devices, and one that reads a value, raise an error here.
"""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from skbayes.inference import ELBO, MCLMC, MeanFieldNormal
from skbayes.inference.adam import Adam
from skbayes.inference.batches import Batches
from skbayes.inference.clipping import GradientClipping
from skbayes.inference.posteriors import POSTERIORS
from skbayes.inference.sampling import mclmc
from skbayes.inference.sampling.log_posterior import LogPosterior
from skbayes.model import BayesianModel, Data

MakeRows = Callable[..., Data]


class _Traffic(TorchDispatchMode):
    """Files of skbayes that copy from one device to another."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        tensors = [item for item in (*args, result) if isinstance(item, torch.Tensor)]
        if len({tensor.device for tensor in tensors if tensor.ndim}) > 1:
            files = [Path(frame.filename) for frame in traceback.extract_stack()]
            self.files.append([file.name for file in files if "skbayes" in file.parts][-1])
        return result


def _placed(item: Any, mode: FakeTensorMode) -> Any:
    """A copy of `item` with all its tensors on the accelerator."""
    if isinstance(item, torch.Tensor):
        return mode.from_tensor(item).to("meta")
    if isinstance(item, (list, tuple)):
        return type(item)(_placed(part, mode) for part in item)
    if not hasattr(item, "__dict__"):
        return item
    placed = copy.copy(item)
    for name, value in vars(item).items():
        object.__setattr__(placed, name, _placed(value, mode))
    return placed


def _on_accelerator(model: BayesianModel, data: Data, mode: FakeTensorMode) -> Data:
    """The rows there, and the prior of the model moved there, as estimators place them."""
    model.prior = _placed(model.prior, mode)
    return Data(*_placed((data.inputs, data.targets, data.row_weights), mode))


# The radial family counts the weights of each layer, once for each fit.
@pytest.mark.parametrize("family", sorted(set(POSTERIORS) - {"radial"}))
def test_a_step_of_training_waits_for_no_value_and_moves_noise_alone(
    family: str, steady_model: BayesianModel, mixed_rows: MakeRows
) -> None:
    generator = torch.Generator().manual_seed(0)
    state = torch.randn(2, 2, steady_model.n_entries, dtype=torch.float64, generator=generator)
    start = POSTERIORS[family]().around(
        MeanFieldNormal(state[:, 0], state[:, 1]), steady_model.layer_index(), generator
    )
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        data = _on_accelerator(steady_model, mixed_rows(0), mode)
        elbo = ELBO(steady_model, _placed(start, mode), n_draws=2)
        adam = Adam(elbo.state, elbo.gradient)
        clip = GradientClipping(0.3, np.array([9.0]), elbo.gradient)
        traffic = _Traffic()

        def step() -> torch.Tensor:
            bound = elbo(data, generator)
            clip(elbo.gradient)
            adam.step(0.01)
            return bound

        step()  # constants are moved once
        with traffic:
            bound = step()
    assert bound.device.type == elbo.state.device.type == "meta"
    assert set(traffic.files) <= {"mean_field.py", "correlated.py"}  # where noise is drawn
    assert len(traffic.files) <= 2


@pytest.mark.parametrize("n_rows", [5, 9])
def test_a_step_of_chains_reads_one_value(
    n_rows: int,
    steady_model: BayesianModel,
    mixed_rows: MakeRows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = []
    # Whether any chain has to turn around.
    monkeypatch.setattr(mclmc, "bool", lambda value: not read.append(value), raising=False)
    generator = torch.Generator().manual_seed(0)
    state = torch.randn(3, steady_model.n_entries, dtype=torch.float64, generator=generator)
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        data = _on_accelerator(steady_model, mixed_rows(0), mode)
        vectors, scale = _placed(state, mode), _placed(state.abs(), mode)
        log_posterior = LogPosterior(steady_model, vectors, Batches(data, n_rows, generator))
        kernel = MCLMC(batch_size=n_rows).kernel(log_posterior, vectors, scale, generator)
        step_size = torch.full((3, 1), 0.1).to(vectors)
        kernel.tune(kernel.transition(step_size))
        read.clear()
        with _Traffic() as traffic:
            transition = kernel.transition(step_size)
            kernel.tune(transition)
    assert transition.energy_error.device.type == "meta"
    assert len(read) == 1
    # The momenta's noise, and the order of the rows where a step sees a part of them.
    assert set(traffic.files) <= {"mclmc.py", "batches.py"}
