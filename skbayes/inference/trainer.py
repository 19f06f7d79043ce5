"""Variational inference: maximise the evidence lower bound with Adam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skbayes.inference.adam import Adam
from skbayes.inference.batches import Batches, BatchSource
from skbayes.inference.clipping import GradientClipping
from skbayes.inference.elbo import ELBO
from skbayes.inference.monitor import BestState, TrainingStatus, Watch
from skbayes.inference.posteriors import PointMass, VariationalPosterior
from skbayes.inference.schedule import STEPS_PER_CHECK, Schedule
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import BayesianModel, Data

# Fewer rows than this count as this many for `tol`: a gain of a nat or two for the whole
# data set changes no prediction, however few rows share it.
_TOL_MIN_ROWS = 3000
_RETRY_LEARNING_RATE_FACTOR = 0.1
#: Of progress.
PHASE = "variational fit"
# Whose mean is the bound that training ended with.
_N_LAST_STEPS = 100
#: After training has diverged.
WHAT_TO_CHANGE = (
    "Lower learning_rate_init, check the data for extreme values, keep standardize=True, or use "
    "dtype='float64'."
)

# Why training ended: the bound stopped rising; the budget was used up; the validation score stopped
# rising; a callback asked for it; Ctrl-C.
Ending: TypeAlias = Literal["converged", "max_iter", "early_stopping", "callback", "interrupted"]


@dataclass(frozen=True)
class TrainingOptions:
    """How to train; `skbayes.BayesianMLPRegressor` and `Variational` document each.

    But for `balances_means`, which is of fits that chains start from: whether noisy rows count for
    more in the gradient of their means than the bound says, so that they are not given up.
    """

    max_iter: int
    batch_size: int
    n_draws: int
    learning_rate: float
    kl_weight: float
    kl_warmup: float
    tol: float
    n_iter_no_change: int
    shuffle: bool = True
    max_grad_norm: float | None = None
    balances_means: bool = False


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
    ending : str
        Why training ended.
    kept_step : int
        Steps that led to `posterior`: all of them, or as far as the best validation score.
    validation_scores : list of float
        At each check; empty without validation.
    best_validation_score : float or None
        Of `posterior`; None without validation.
    """

    posterior: VariationalPosterior
    bounds: NDArray[np.float64]
    ending: Ending
    kept_step: int
    validation_scores: list[float]
    best_validation_score: float | None

    def last_bounds(self) -> NDArray[np.float64]:
        """Bound of each model per row, ``(M,)``, in nats: with less noise than the last step's."""
        # Successive steps hardly move.
        last: NDArray[np.float64] = self.bounds[: self.kept_step][-_N_LAST_STEPS:].mean(axis=0)
        return last


def fit_variational(
    model: BayesianModel,
    data: Data,
    start: VariationalPosterior,
    options: TrainingOptions,
    generator: torch.Generator,
    watch: Watch | None = None,
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
    watch : Watch, default=None
        What to look at on the way.

    Raises
    ------
    FloatingPointError
        If the bound becomes non-finite a second time.
    KeyboardInterrupt
        If it comes before there is anything to keep. Later ones end training.
    """
    batches = Batches(data, options.batch_size, generator, shuffle=options.shuffle)
    return train(elbo_of(model, start, options), batches, options, generator, watch)


def elbo_of(model: BayesianModel, start: VariationalPosterior, options: TrainingOptions) -> ELBO:
    """The bound that training maximises; draws of a point are all alike, so it has one."""
    n_draws = 1 if isinstance(start, PointMass) else options.n_draws
    return ELBO(
        model,
        start,
        n_draws=n_draws,
        kl_weight=options.kl_weight,
        balances_means=options.balances_means,
    )


def train(
    objective: VariationalObjective,
    batches: BatchSource,
    options: TrainingOptions,
    generator: torch.Generator,
    watch: Watch | None = None,
) -> TrainingResult:
    """Maximise a bound, whatever the family of posteriors that it is a bound for.

    A non-finite bound restores the last finite state and goes on once at a tenth of the
    learning rate.

    Parameters
    ----------
    objective : VariationalObjective
    batches : BatchSource
    options : TrainingOptions
    generator : torch.Generator
        Source of the noise.
    watch : Watch, default=None
        What to look at on the way.

    Raises
    ------
    FloatingPointError
        If the bound becomes non-finite a second time.
    KeyboardInterrupt
        If it comes before there is anything to keep. Later ones end training.
    """
    watch = Watch() if watch is None else watch
    try:
        return _run(objective, batches, options, generator, watch, options.learning_rate)
    except _NonFiniteBoundError:
        reduced = options.learning_rate * _RETRY_LEARNING_RATE_FACTOR
    watch.progress.note(f"non-finite ELBO: going on from the last finite state at {reduced:g}")
    try:
        return _run(objective, batches, options, generator, watch, reduced)
    except _NonFiniteBoundError:
        raise FloatingPointError(
            f"The ELBO became non-finite twice, at learning_rate_init={options.learning_rate:g} "
            f"and at {reduced:g}. {WHAT_TO_CHANGE}"
        ) from None


def schedule_of(options: TrainingOptions, learning_rate: float, total_weight: float) -> Schedule:
    """Schedule for data that stand for so many rows."""
    return Schedule(
        options.max_iter,
        learning_rate,
        options.kl_warmup,
        options.tol * max(1.0, _TOL_MIN_ROWS / total_weight),
        options.n_iter_no_change,
    )


class _NonFiniteBoundError(Exception):
    """The objective's state is the last finite one."""


def _run(
    objective: VariationalObjective,
    batches: BatchSource,
    options: TrainingOptions,
    generator: torch.Generator,
    watch: Watch,
    learning_rate: float,
) -> TrainingResult:
    state = objective.state
    adam = Adam(state, objective.gradient)
    total_weight = batches.total_weight
    schedule = schedule_of(options, learning_rate, total_weight.min())
    clip = GradientClipping(options.max_grad_norm, total_weight, objective.gradient)
    curve = np.zeros((options.max_iter, state.shape[0]))
    last_finite = state.clone()
    best = BestState(
        first_step=schedule.n_warmup_steps,
        tol=options.tol,
        n_iter_no_change=options.n_iter_no_change,
    )
    watch.progress.begin(PHASE, options.max_iter)
    ending: Ending | None = None
    step = 0
    try:
        while ending is None and step < schedule.n_steps:
            stop = min(step + STEPS_PER_CHECK, schedule.n_steps)
            bounds: list[Tensor] = []
            for t in range(step, stop):
                bound = objective(
                    next(batches),
                    generator,
                    data_scale=batches.scale,
                    kl_factor=schedule.kl_factor(t),
                )
                bounds.append(bound)
                clip(objective.gradient)
                adam.step(schedule.learning_rate_at(t))
            curve[step:stop] = torch.stack(bounds).cpu().numpy() / total_weight
            if not (np.all(np.isfinite(curve[step:stop])) and bool(state.isfinite().all())):
                state.copy_(last_finite)
                raise _NonFiniteBoundError
            last_finite.copy_(state)
            recent = float(curve[step:stop].mean()) + batches.log_jacobian
            rate = schedule.learning_rate_at(stop - 1)
            step = stop
            schedule.update(curve[:step])
            ending = _look(objective, watch, best, step, schedule.n_steps, recent, rate)
    except KeyboardInterrupt:
        # Processes that stopped at steps of their own would not be in step.
        if step == 0 or batches.is_shared:
            raise
        state.copy_(last_finite)
        ending = "interrupted"
    best_score, kept_step = best.restore(step, state)
    if ending is None:
        ending = "converged" if schedule.converged else "max_iter"
    return TrainingResult(
        objective.posterior(), curve[:step], ending, kept_step, best.scores, best_score
    )


def _look(
    objective: VariationalObjective,
    watch: Watch,
    best: BestState,
    step: int,
    n_steps: int,
    bound: float,
    learning_rate: float,
) -> Ending | None:
    """Score, report, call back; why training is to end now, if it is."""
    score = None
    is_hopeless = False
    if watch.validation_score is not None:
        score = watch.validation_score(objective.posterior())
        is_hopeless = best.update(step, score, objective.state)
    remark = f"ELBO per row {bound:.4f} nats"
    if score is not None:
        remark += f"  validation {score:.4f}"
    watch.progress.report(step, remark, n_steps=n_steps)
    status = TrainingStatus(step, n_steps, bound, learning_rate, score)
    # Every callback is called, whatever an earlier one says.
    answers = [bool(callback(status)) for callback in watch.callbacks]
    if any(answers):
        return "callback"
    return "early_stopping" if is_hopeless else None
