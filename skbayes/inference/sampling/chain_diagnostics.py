"""What chains predict, diagnosed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from skbayes.inference.sampling.diagnostics import (
    FloatArray,
    effective_sample_size,
    split_r_hat,
)
from skbayes.inference.sampling.sampler import SamplingResult
from skbayes.model import BayesianModel, Data, predictive_mixture

# Of each chain: half chains of fewer draws than two have no variance.
MIN_DRAWS = 4
_N_PROBES = 50
_R_HAT_LIMIT = 1.5
_REVERTED_LIMIT = 0.01


@dataclass(frozen=True)
class ChainDiagnostics:
    """How far chains agree, and how they moved.

    Attributes
    ----------
    r_hat, effective_sample_size : ndarray of shape (n_probes, ...)
        Of what draws predict at probes, inputs that were not trained on.
    energy_error, n_reverted, step_size : ndarray of shape (n_chains,)
        As in `SamplingResult`.
    n_gradients : int
    advice : tuple of str
        What is bad, and what to change.
    """

    r_hat: FloatArray
    effective_sample_size: FloatArray
    energy_error: FloatArray
    n_reverted: NDArray[np.int64]
    step_size: FloatArray
    n_gradients: int
    advice: tuple[str, ...]


def diagnose(
    result: SamplingResult, model: BayesianModel, data: Data, generator: torch.Generator
) -> ChainDiagnostics:
    """Diagnostics of a run.

    Parameters
    ----------
    result : SamplingResult
    model : BayesianModel
    data : Data
        That was sampled with.
    generator : torch.Generator
        Source of the probes: each mixes the columns of two rows.
    """
    values = _function_values(result, model, data, generator)
    if values.shape[1] >= MIN_DRAWS:
        r_hat, size = split_r_hat(values), effective_sample_size(values)
    else:
        r_hat = size = np.full(values.shape[2:], np.nan)
    return ChainDiagnostics(
        r_hat=r_hat,
        effective_sample_size=size,
        energy_error=result.energy_error,
        n_reverted=result.n_reverted,
        step_size=result.step_size,
        n_gradients=result.n_gradients,
        advice=tuple(_advice(result, float(np.median(r_hat)))),
    )


def _function_values(
    result: SamplingResult, model: BayesianModel, data: Data, generator: torch.Generator
) -> FloatArray:
    """What each draw predicts at probes, ``(n_chains, n_draws, n_probes, n_functions)``."""
    draws = result.posterior.draws.cpu()
    index = torch.randint(data.n_rows, (2 * _N_PROBES,), generator=generator)
    rows = data.batch(index.to(data.targets.device))
    probes = _mixed_rows(rows.dense_inputs.cpu(), generator)
    mixture = predictive_mixture(model.network, model.likelihood, draws.flatten(0, 1), probes)
    values = mixture.function_values()
    return values.reshape(*draws.shape[:2], *values.shape[1:])


def _mixed_rows(inputs: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Inputs ``[n, d]`` that were not trained on: each mixes two rows of ``inputs [2 n, d]``."""
    first, second = inputs.chunk(2)
    return torch.where(torch.rand(first.shape, generator=generator) < 0.5, first, second)


def _advice(result: SamplingResult, typical_r_hat: float) -> list[str]:
    advice = []
    if typical_r_hat > _R_HAT_LIMIT:
        advice.append(
            f"The chains disagree: the median split R-hat of function values is "
            f"{typical_r_hat:.2f}, where 1 is agreement. Raise n_warmup and thin (or n_samples)."
        )
    reverted = result.n_reverted.max() / result.n_transitions
    if reverted > _REVERTED_LIMIT:
        advice.append(
            f"{reverted:.1%} of a chain's transitions were reverted or diverged. Raise n_warmup, "
            "use a smooth activation such as 'tanh', or dtype='float64'."
        )
    return advice
