"""Variational inference: maximise the evidence lower bound with Adam."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skbayes.inference.adam import Adam
from skbayes.inference.batches import Batches
from skbayes.inference.elbo import MeanFieldELBO
from skbayes.inference.posterior import MeanFieldNormal
from skbayes.inference.schedule import Schedule
from skbayes.model import BayesianModel, Data

# Steps between two looks at the bound: reading a tensor at every step would cost as much
# as the step.
_STEPS_PER_CHECK = 50
# Fewer rows than this count as this many for `tol`: a gain of a nat or two for the whole
# data set changes no prediction, however few rows share it.
_TOL_MIN_ROWS = 3000
_RETRY_LEARNING_RATE_FACTOR = 0.1
_INITIAL_RELATIVE_SCALE = 0.05
_INITIAL_BIAS_SPREAD = 0.5


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


@dataclass(frozen=True)
class TrainingResult:
    """What training produced.

    Attributes
    ----------
    posterior : MeanFieldNormal
    bounds : ndarray of shape (n_iter, M)
        Evidence lower bound per row at each step, in nats.
    converged : bool
        Whether the bound stopped rising before the budget forced the decay.
    """

    posterior: MeanFieldNormal
    bounds: NDArray[np.float64]
    converged: bool


def initial_posterior(
    model: BayesianModel, n_models: int, generator: torch.Generator
) -> MeanFieldNormal:
    """Random narrow posteriors to start from, one for each model.

    Means are drawn with variance ``1 / fan_in``, biases of hidden layers with a spread of
    0.5, and the linear skip and the direct effects of categories start at zero. The likelihood
    says where output biases start and which outputs start constant. Standard deviations
    start at 5 % of that scale: broad ones would drown the signal of the first steps. The
    weights of unknown categories, which no row reads, start at the scale itself.
    """
    prior_loc = model.prior.loc
    shape = (n_models, model.n_entries)
    mean = prior_loc.expand(shape).clone()
    log_scale = torch.full(shape, float(np.log(_INITIAL_RELATIVE_SCALE))).to(prior_loc)
    n_weights = model.network.n_weights
    fan_in = model.network.fan_in().to(prior_loc)
    noise = torch.randn((n_models, n_weights), generator=generator).to(prior_loc)
    mean[:, :n_weights] = noise / fan_in.sqrt()
    log_scale[:, :n_weights] -= 0.5 * fan_in.log()
    for layer in model.network.layers[:-1]:
        mean[:, layer.bias_start : layer.stop] *= _INITIAL_BIAS_SPREAD
    output_layer = model.network.unpack(mean[:, :n_weights]).layers[-1]
    start = model.likelihood.initial_outputs()
    output_layer.weight.mul_(start.weight_factor.to(mean))
    output_layer.bias.copy_(start.bias.to(mean))
    mean[:, model.network.skip] = 0.0
    embeddings = model.network.embeddings
    if embeddings is not None:
        for column in embeddings.effect_columns:
            mean[:, column] = 0.0
        mean[:, embeddings.unknown] = 0.0
        log_scale[:, embeddings.unknown] = -0.5 * fan_in[embeddings.unknown].log()
    return MeanFieldNormal(mean, log_scale)


def fit_mean_field(
    model: BayesianModel,
    data: Data,
    start: MeanFieldNormal,
    options: TrainingOptions,
    generator: torch.Generator,
) -> TrainingResult:
    """Fit a mean-field normal posterior to each of ``M`` models, side by side.

    A non-finite bound restores the last finite state and goes on once at a tenth of the
    learning rate.

    Parameters
    ----------
    model : BayesianModel
    data : Data
    start : MeanFieldNormal
        Where to start; ``M`` is its number of models.
    options : TrainingOptions
    generator : torch.Generator
        Source of the noise and of the order of the rows.

    Raises
    ------
    FloatingPointError
        If the bound becomes non-finite a second time.
    """
    try:
        return _run(model, data, start, options, generator, options.learning_rate)
    except _NonFiniteBoundError as error:
        last_finite = error.last_finite
    reduced = options.learning_rate * _RETRY_LEARNING_RATE_FACTOR
    if options.verbose:
        print(f"[skbayes] non-finite ELBO: going on from the last finite state at {reduced:g}")
    try:
        return _run(model, data, last_finite, options, generator, reduced)
    except _NonFiniteBoundError:
        raise FloatingPointError(
            f"The ELBO became non-finite twice, at learning_rate_init={options.learning_rate:g} "
            f"and at {reduced:g}. Lower learning_rate_init, check the data for extreme values, "
            "keep standardize=True, or use dtype='float64'."
        ) from None


class _NonFiniteBoundError(Exception):
    def __init__(self, last_finite: MeanFieldNormal) -> None:
        super().__init__()
        self.last_finite = last_finite


def _run(
    model: BayesianModel,
    data: Data,
    start: MeanFieldNormal,
    options: TrainingOptions,
    generator: torch.Generator,
    learning_rate: float,
) -> TrainingResult:
    state = torch.stack([start.mean, start.log_scale], 1)
    elbo = MeanFieldELBO(model, state, n_draws=options.n_draws, kl_weight=options.kl_weight)
    adam = Adam(state, elbo.gradient)
    schedule = Schedule(
        options.max_iter,
        learning_rate,
        options.kl_warmup,
        options.tol * max(1.0, _TOL_MIN_ROWS / data.total_weight),
        options.n_iter_no_change,
    )
    batches = Batches(data, options.batch_size, generator)
    bounds = torch.zeros((options.max_iter, state.shape[0]), dtype=state.dtype, device=state.device)
    curve = np.zeros((options.max_iter, state.shape[0]))
    last_finite = state.clone()
    progress = _Progress(options.max_iter, enabled=options.verbose)
    step = 0
    while step < schedule.n_steps:
        stop = min(step + _STEPS_PER_CHECK, schedule.n_steps)
        for t in range(step, stop):
            bounds[t] = elbo(
                next(batches),
                generator,
                data_scale=batches.scale,
                kl_factor=schedule.kl_factor(t),
            )
            adam.step(schedule.learning_rate_at(t))
        curve[step:stop] = bounds[step:stop].cpu().numpy() / data.total_weight
        if not (np.all(np.isfinite(curve[step:stop])) and bool(state.isfinite().all())):
            raise _NonFiniteBoundError(_as_posterior(last_finite))
        last_finite.copy_(state)
        step = stop
        schedule.update(curve[:step])
        progress.report(step, schedule.n_steps, curve[max(0, step - _STEPS_PER_CHECK) : step])
    return TrainingResult(_as_posterior(state), curve[:step], schedule.converged)


def _as_posterior(state: Tensor) -> MeanFieldNormal:
    return MeanFieldNormal(state[:, 0].clone(), state[:, 1].clone())


class _Progress:
    """Prints about twenty lines per training: step, bound, rate and time left."""

    def __init__(self, max_iter: int, *, enabled: bool) -> None:
        self._enabled = enabled
        self._every = max(1, max_iter // 20)
        self._next = self._every
        self._start = time.perf_counter()

    def report(self, step: int, n_steps: int, recent: NDArray[np.float64]) -> None:
        if not self._enabled or (step < self._next and step < n_steps):
            return
        self._next = step + self._every
        rate = step / (time.perf_counter() - self._start)
        print(
            f"[skbayes] step {step}/{n_steps}  ELBO per row {recent.mean():.4f} nats  "
            f"{rate:.0f} steps/s  {(n_steps - step) / rate:.1f} s left",
            flush=True,
        )
