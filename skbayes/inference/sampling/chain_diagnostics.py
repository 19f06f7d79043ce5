"""What chains predict, diagnosed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray
from skbayes.inference.sampling.diagnostics import effective_sample_size, split_halves, split_r_hat
from skbayes.inference.sampling.sampler import SamplingResult
from skbayes.lazy_torch import torch
from skbayes.model import BayesianModel, Data, predictive_mixture
from skbayes.predictive import PredictiveMixture

# Of each chain: half chains of fewer draws than two have no variance.
MIN_DRAWS = 4
_N_PROBES = 50
# Chains that explore modes of their own have values around 1.5.
_STUCK_R_HAT = 5.0
# Standard deviations of an observation: a root mean square of this size costs 0.02 nats a row.
_CHANGE_LIMIT = 0.2


@dataclass(frozen=True)
class ChainDiagnostics:
    """How far chains agree, and how they moved.

    Attributes
    ----------
    r_hat, effective_sample_size : ndarray of shape (n_probes, ...)
        Of what draws predict at probes: inputs that were not trained on.
    prediction_change : ndarray of shape (n_probes, ...)
        How far that may be from where longer chains would take it, in standard deviations of an
        observation. A prediction that is off by ``d`` of them loses ``d^2 / 2`` nats.
    energy_error, n_reverted, step_size : ndarray of shape (n_chains,)
        As in `SamplingResult`.
    n_gradients : int
    kl_weight : float
    advice : tuple of str
        What is bad, and what to change.
    """

    r_hat: FloatArray
    effective_sample_size: FloatArray
    prediction_change: FloatArray
    energy_error: FloatArray
    n_reverted: NDArray[np.int64]
    step_size: FloatArray
    n_gradients: int
    kl_weight: float
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
        Source of the probes: each has columns of two rows.
    """
    draws = result.posterior.draws.cpu()
    mixture = _predictions(draws, model, data, generator)
    values = mixture.function_values()
    values = values.reshape(*draws.shape[:2], *values.shape[1:])
    r_hat = size = change = np.full(values.shape[2:], np.nan)
    if values.shape[1] >= MIN_DRAWS:
        r_hat, size = split_r_hat(values), effective_sample_size(values)
        # One target has no axis of its own in what a distribution says of its rows.
        change = prediction_change(values, mixture.spread().reshape(values.shape[2:]))
    return ChainDiagnostics(
        r_hat=r_hat,
        effective_sample_size=size,
        prediction_change=change,
        energy_error=result.energy_error,
        n_reverted=result.n_reverted,
        step_size=result.step_size,
        n_gradients=result.n_gradients,
        kl_weight=result.kl_weight,
        advice=tuple(_advice(result, change, float(np.median(r_hat)))),
    )


def prediction_change(values: FloatArray, spread: FloatArray) -> FloatArray:
    """How far predictions may be from where longer chains would take them, ``(...)``.

    Half the distance between the means of the first and of the second half of the draws: that is
    the standard error of the mean of all, if the halves are independent. Chains that still
    travel change what is predicted; chains that differ, and have come to rest in modes of their
    own, do not, and their mixture is none the worse.

    Parameters
    ----------
    values : ndarray of shape (n_chains, n_draws, ...)
        What each draw predicts.
    spread : ndarray of shape (...)
        Unit of the change of each: how far observations lie from the prediction.

    Examples
    --------
    >>> values = np.array([[0.0, 0.0, 1.0, 1.0], [4.0, 4.0, 4.0, 4.0]])
    >>> float(prediction_change(values, np.array(2.0)))
    0.125
    """
    first, second = np.split(split_halves(values), 2)
    moved = second.mean(axis=(0, 1)) - first.mean(axis=(0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        change: FloatArray = np.nan_to_num(0.5 * np.abs(moved) / spread, nan=0.0, posinf=0.0)
    return change


def _predictions(
    draws: torch.Tensor, model: BayesianModel, data: Data, generator: torch.Generator
) -> PredictiveMixture:
    """Of ``draws [C, n, P]``, draw by draw, at probes."""
    index = torch.randint(data.n_rows_in_all, (2 * _N_PROBES,), generator=generator)
    rows = data.batch_in_all(index)
    probes = _mixed_rows(rows.dense_inputs.cpu(), model.network.input_sources, generator)
    return predictive_mixture(model.network, model.likelihood, draws.flatten(0, 1), probes)


def _mixed_rows(
    inputs: torch.Tensor, sources: Sequence[int] | None, generator: torch.Generator
) -> torch.Tensor:
    """Inputs ``[n, d]`` that were not trained on: each mixes two rows of ``inputs [2 n, d]``.

    What is read from one column of the table comes from one row: a column whose bins and codes say
    different things is like nothing that will be predicted.
    """
    first, second = inputs.chunk(2)
    if sources is None:
        is_first = torch.rand(first.shape, generator=generator) < 0.5
    else:
        columns = torch.rand((len(first), max(sources) + 1), generator=generator) < 0.5
        is_first = columns[:, list(sources)]
    return torch.where(is_first, first, second)


def _advice(result: SamplingResult, change: FloatArray, typical_r_hat: float) -> list[str]:
    advice = []
    if typical_r_hat > _STUCK_R_HAT:
        advice.append(
            f"The chains have hardly moved: the median split R-hat of function values is "
            f"{typical_r_hat:.1f}. Raise n_warmup and thin (or n_samples)."
        )
    typical = float(np.sqrt(np.mean(np.square(change))))
    if typical > _CHANGE_LIMIT:
        advice.append(
            f"What the chains predict still changes, by about {typical:.2f} standard deviations "
            f"of an observation, which costs {0.5 * typical**2:.2f} nats a row. Raise budget (or "
            "n_warmup and thin)."
        )
    reverted = result.n_reverted.max() / result.n_transitions
    if reverted > result.harmless_reverted:
        advice.append(
            f"{reverted:.1%} of a chain's transitions were reverted or diverged. Raise n_warmup, "
            "use a smooth activation such as 'tanh', or dtype='float64'."
        )
    return advice
