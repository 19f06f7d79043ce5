"""Sampling options and diagnostics of the estimators."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Bunch

from skbayes.inference import (
    SamplingOptions,
    SamplingResult,
    effective_sample_size,
    split_r_hat,
)

# Warm-up transitions and transitions per kept draw: one gradient each with MCLMC, a trajectory
# of some sixteen with HMC.
_AUTO_BUDGET = {"mclmc": {"n_warmup": 1500, "thin": 50}, "hmc": {"n_warmup": 300, "thin": 2}}
# Rows whose gradient is cheap enough to be taken in full.
_AUTO_SAMPLER_BATCH_SIZE = 10_000
N_PROBES = 50
# Of each chain: half chains of fewer draws than two have no variance.
MIN_DRAWS = 4
_R_HAT_LIMIT = 1.5
_REVERTED_LIMIT = 0.01


def is_sampled(inference: str) -> bool:
    """Whether the posterior is sampled, not variational."""
    return inference in _AUTO_BUDGET


def sampling_options(estimator: Any, n_rows: int) -> SamplingOptions:
    """Sampling options of an estimator whose parameters are valid one by one."""
    if estimator.kl_weight == 0:
        raise ValueError(
            "kl_weight must be positive with inference='mclmc' or 'hmc': there is no posterior "
            f"without a prior. Got {estimator.kl_weight!r} instead."
        )
    batch_size = estimator.sampler_batch_size
    if batch_size == "auto":
        batch_size = n_rows if estimator.inference == "hmc" else _AUTO_SAMPLER_BATCH_SIZE
    if estimator.inference == "hmc" and batch_size < n_rows:
        raise ValueError(
            "sampler_batch_size must be 'auto' or at least the number of rows with "
            "inference='hmc': a Metropolis test needs the whole likelihood. Got "
            f"{estimator.sampler_batch_size!r} for {n_rows} rows; use inference='mclmc' instead."
        )
    budget = _AUTO_BUDGET[estimator.inference]
    return SamplingOptions(
        algorithm=estimator.inference,
        n_warmup=budget["n_warmup"] if estimator.n_warmup == "auto" else int(estimator.n_warmup),
        n_samples=int(estimator.n_samples),
        thin=budget["thin"] if estimator.thin == "auto" else int(estimator.thin),
        batch_size=int(batch_size),
        likelihood_weight=1.0 / float(estimator.kl_weight),
        verbose=bool(estimator.verbose),
    )


def probe_inputs(inputs: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Inputs ``[n, d]`` that were not trained on: each mixes two rows of ``inputs [2 n, d]``."""
    first, second = inputs.cpu().chunk(2)
    return torch.where(torch.rand(first.shape, generator=generator) < 0.5, first, second)


def diagnose(result: SamplingResult, function_values: NDArray[np.float64]) -> Bunch:
    """Diagnostics of a run; warns where they are bad.

    Parameters
    ----------
    result : SamplingResult
    function_values : ndarray of shape (n_chains, n_samples, n_probes, n_functions)
        What each draw predicts at inputs that were not trained on.
    """
    has_enough = function_values.shape[1] >= MIN_DRAWS
    nothing = np.full(function_values.shape[2:], np.nan)
    diagnostics = Bunch(
        r_hat=split_r_hat(function_values) if has_enough else nothing,
        effective_sample_size=effective_sample_size(function_values) if has_enough else nothing,
        energy_error=result.energy_error,
        n_reverted=result.n_reverted,
        step_size=result.step_size,
        n_gradients=result.n_gradients,
    )
    typical_r_hat = float(np.median(diagnostics.r_hat))
    if typical_r_hat > _R_HAT_LIMIT:
        _warn(
            f"The chains disagree: the median split R-hat of function values is "
            f"{typical_r_hat:.2f}, where 1 is agreement. Raise n_warmup and thin (or n_samples)."
        )
    reverted = result.n_reverted.max() / result.n_transitions
    if reverted > _REVERTED_LIMIT:
        _warn(
            f"{reverted:.1%} of a chain's transitions were reverted or diverged. Raise n_warmup, "
            "use a smooth activation such as 'tanh', or dtype='float64'."
        )
    return diagnostics


def _warn(message: str) -> None:
    warnings.warn(message, ConvergenceWarning, stacklevel=7)
