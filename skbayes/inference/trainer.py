"""Variational inference: maximise the evidence lower bound with Adam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skbayes.inference.adam import Adam
from skbayes.inference.batches import Batches
from skbayes.inference.elbo import ELBO
from skbayes.inference.posteriors import PointMass, VariationalPosterior
from skbayes.inference.progress import Progress
from skbayes.inference.schedule import Schedule
from skbayes.model import BayesianModel, Data

# Steps between two looks at the bound: reading a tensor at every step would cost as much
# as the step.
_STEPS_PER_CHECK = 50
# Fewer rows than this count as this many for `tol`: a gain of a nat or two for the whole
# data set changes no prediction, however few rows share it.
_TOL_MIN_ROWS = 3000
_RETRY_LEARNING_RATE_FACTOR = 0.1


@dataclass(frozen=True)
class TrainingOptions:
    """How to train; `skbayes.BayesianMLPRegressor` documents each."""

    max_iter: int
    batch_size: int
    n_draws: int
    learning_rate: float
    kl_weight: float
    kl_warmup: float
    tol: float
    n_iter_no_change: int
    verbose: bool


class VariationalObjective(Protocol):
    """A bound for ``M`` models, as a function of free parameters that the trainer moves."""

    state: Tensor  # [M, ...]
    gradient: Tensor  # [M, ...]: of the negative bound

    def __call__(
        self,
        batch: Data,
        generator: torch.Generator,
        *,
        data_scale: float = 1.0,
        kl_factor: float = 1.0,
    ) -> Tensor:
        """The bound of each model, ``[M]``; writes `gradient`. `ELBO` has the parameters."""

    def posterior(self) -> VariationalPosterior:
        """The posterior that `state` now stands for."""


@dataclass(frozen=True)
class TrainingResult:
    """What training produced.

    Attributes
    ----------
    posterior : VariationalPosterior
    bounds : ndarray of shape (n_iter, M)
        Evidence lower bound per row at each step, in nats.
    converged : bool
        Whether the bound stopped rising before the budget forced the decay.
    """

    posterior: VariationalPosterior
    bounds: NDArray[np.float64]
    converged: bool


def fit_variational(
    model: BayesianModel,
    data: Data,
    start: VariationalPosterior,
    options: TrainingOptions,
    generator: torch.Generator,
) -> TrainingResult:
    """Fit a posterior of the family of `start` to each of ``M`` models, side by side.

    Parameters
    ----------
    model : BayesianModel
    data : Data
    start : VariationalPosterior
        Where to start; ``M`` is its number of models.
    options : TrainingOptions
    generator : torch.Generator
        Source of the noise and of the order of the rows.

    Raises
    ------
    FloatingPointError
        If the bound becomes non-finite a second time.
    """
    n_draws = 1 if isinstance(start, PointMass) else options.n_draws
    elbo = ELBO(model, start, n_draws=n_draws, kl_weight=options.kl_weight)
    return train(elbo, data, options, generator)


def train(
    objective: VariationalObjective,
    data: Data,
    options: TrainingOptions,
    generator: torch.Generator,
) -> TrainingResult:
    """Maximise a bound, whatever the family of posteriors that it is a bound for.

    A non-finite bound restores the last finite state and goes on once at a tenth of the
    learning rate.

    Parameters
    ----------
    objective : VariationalObjective
    data : Data
    options : TrainingOptions
    generator : torch.Generator
        Source of the noise and of the order of the rows.

    Raises
    ------
    FloatingPointError
        If the bound becomes non-finite a second time.
    """
    try:
        return _run(objective, data, options, generator, options.learning_rate)
    except _NonFiniteBoundError:
        reduced = options.learning_rate * _RETRY_LEARNING_RATE_FACTOR
    if options.verbose:
        print(f"[skbayes] non-finite ELBO: going on from the last finite state at {reduced:g}")
    try:
        return _run(objective, data, options, generator, reduced)
    except _NonFiniteBoundError:
        raise FloatingPointError(
            f"The ELBO became non-finite twice, at learning_rate_init={options.learning_rate:g} "
            f"and at {reduced:g}. Lower learning_rate_init, check the data for extreme values, "
            "keep standardize=True, or use dtype='float64'."
        ) from None


class _NonFiniteBoundError(Exception):
    """The objective's state is the last finite one."""


def _run(
    objective: VariationalObjective,
    data: Data,
    options: TrainingOptions,
    generator: torch.Generator,
    learning_rate: float,
) -> TrainingResult:
    state = objective.state
    adam = Adam(state, objective.gradient)
    schedule = Schedule(
        options.max_iter,
        learning_rate,
        options.kl_warmup,
        options.tol * max(1.0, _TOL_MIN_ROWS / data.total_weight.min()),
        options.n_iter_no_change,
    )
    batches = Batches(data, options.batch_size, generator)
    bounds = torch.zeros((options.max_iter, state.shape[0]), dtype=state.dtype, device=state.device)
    curve = np.zeros((options.max_iter, state.shape[0]))
    last_finite = state.clone()
    progress = Progress(options.max_iter, enabled=options.verbose)
    step = 0
    while step < schedule.n_steps:
        stop = min(step + _STEPS_PER_CHECK, schedule.n_steps)
        for t in range(step, stop):
            bounds[t] = objective(
                next(batches),
                generator,
                data_scale=batches.scale,
                kl_factor=schedule.kl_factor(t),
            )
            adam.step(schedule.learning_rate_at(t))
        curve[step:stop] = bounds[step:stop].cpu().numpy() / data.total_weight
        if not (np.all(np.isfinite(curve[step:stop])) and bool(state.isfinite().all())):
            state.copy_(last_finite)
            raise _NonFiniteBoundError
        last_finite.copy_(state)
        step = stop
        schedule.update(curve[:step])
        recent = curve[max(0, step - _STEPS_PER_CHECK) : step].mean()
        progress.report(step, f"ELBO per row {recent:.4f} nats", n_steps=schedule.n_steps)
    return TrainingResult(objective.posterior(), curve[:step], schedule.converged)
