"""Training of many models in one batch, each as if it were alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skbayes.inference.adam import Adam
from skbayes.inference.batches import Batches
from skbayes.inference.clipping import GradientClipping
from skbayes.inference.posteriors import VariationalPosterior
from skbayes.inference.progress import Progress
from skbayes.inference.schedule import STEPS_PER_CHECK, Schedule
from skbayes.inference.starts import posterior_at
from skbayes.inference.trainer import WHAT_TO_CHANGE, TrainingOptions, elbo_of, schedule_of
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import BayesianModel, Data

#: Of progress.
PHASE = "candidates"
# The batch is made smaller when so large a share of its models is done: making it costs about
# as much as a few steps.
_NARROW_AT = 1 / 8

Index = NDArray[np.int64]
Pose = Callable[[Index], tuple[BayesianModel, Data]]


@dataclass(frozen=True)
class IndependentResult:
    """What training produced.

    Attributes
    ----------
    posterior : VariationalPosterior
        Of all ``M`` models.
    is_finite : ndarray of bool of shape (M,)
        False for a model whose training diverged.
    n_steps : ndarray of int of shape (M,)
        Steps that each model took.
    """

    posterior: VariationalPosterior
    is_finite: NDArray[np.bool_]
    n_steps: Index


def fit_independently(
    pose: Pose,
    start: VariationalPosterior,
    options: TrainingOptions,
    generator: torch.Generator,
    progress: Progress | None = None,
) -> IndependentResult:
    """Fit a variational posterior to each of ``M`` models that do not depend on one another.

    All see the same rows and the same noise at a step, but each has a schedule of its own: it
    slows down when its own bound has stopped rising, and leaves the batch when it is done.
    `fit_variational` is for the members of a mixture, which end together.

    Parameters
    ----------
    pose : callable
        ``pose(index)`` gives the models and the data of the numbers in `index`: priors and row
        weights with a leading axis, in this order, over the same rows.
    start : VariationalPosterior
        Where the models start.
    options : TrainingOptions
    generator : torch.Generator
        Source of the noise and of the order of the rows.
    progress : Progress, default=None
        Where to tell how far training is.

    Raises
    ------
    FloatingPointError
        If every model diverges.
    """
    final = start.state()
    n_models = len(final)
    active = np.arange(n_models)
    model, data = pose(active)
    objective = elbo_of(model, start, options)
    adam = Adam(objective.state, objective.gradient)
    batches = Batches(data, options.batch_size, generator, shuffle=options.shuffle)
    limit = options.max_grad_norm
    clip = GradientClipping(limit, data.total_weight, objective.gradient)
    total_weight = np.broadcast_to(data.total_weight, (n_models,))
    schedules = [schedule_of(options, options.learning_rate, weight) for weight in total_weight]
    curve = np.zeros((options.max_iter, n_models))
    is_finite = np.ones(n_models, dtype=bool)
    progress = Progress() if progress is None else progress
    progress.begin(PHASE, options.max_iter)
    step = 0
    while len(active):
        n_left = max(schedules[number].n_steps for number in active) - step
        rates = _rates([schedules[number] for number in active], step, min(n_left, STEPS_PER_CHECK))
        bounds = []
        for t, rate in enumerate(rates, step):
            bound = objective(
                next(batches),
                generator,
                data_scale=batches.scale,
                kl_factor=schedules[0].kl_factor(t),
            )
            bounds.append(bound)
            clip(objective.gradient)
            adam.step(rate)
        seen = torch.stack(bounds).double().cpu().numpy() / total_weight[active]
        state = objective.state
        finite_state = state.flatten(1).isfinite().all(1).cpu().numpy()
        is_finite[active] &= np.isfinite(seen).all(0) & finite_state
        curve[step : step + len(seen), active] = seen
        step += len(seen)
        for number in active[is_finite[active]]:
            schedules[number].update(curve[:step, [number]])
        is_done = np.array([step >= schedules[number].n_steps for number in active])
        is_done |= ~is_finite[active]
        progress.report(step, f"{n_models - int((~is_done).sum())} of {n_models} models trained")
        if is_done.sum() >= _NARROW_AT * len(active):
            final[active] = state
            kept = torch.from_numpy(np.flatnonzero(~is_done)).to(state.device)
            active = active[~is_done]
            if len(active):
                model, data = pose(active)
                kept_start = posterior_at(start.select(kept), state[kept])
                objective = elbo_of(model, kept_start, options)
                adam = adam.select(kept, objective.state, objective.gradient)
                batches.replace_data(data)
                clip = GradientClipping(limit, data.total_weight, objective.gradient)
    if not is_finite.any():
        raise FloatingPointError(
            "The ELBO of every model became non-finite at "
            f"learning_rate_init={options.learning_rate:g}. {WHAT_TO_CHANGE}"
        )
    n_steps = np.array([schedule.n_steps for schedule in schedules])
    return IndependentResult(posterior_at(start, final), is_finite, n_steps)


def _rates(schedules: list[Schedule], step: int, n_steps: int) -> list[float | Tensor]:
    """Learning rates of the next steps: a number where all models have the same."""
    steps = range(step, step + n_steps)
    rates = np.array([[schedule.learning_rate_at(t) for schedule in schedules] for t in steps])
    return [float(row[0]) if np.all(row == row[0]) else torch.from_numpy(row) for row in rates]
