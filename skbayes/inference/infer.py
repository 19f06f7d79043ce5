"""Inference behind one door: start, train, sample, diagnose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skbayes.inference.cold_chains import at_each_weight, choose_chain_weight, is_tried
from skbayes.inference.divergence_weight import (
    WeightScores,
    compare_divergence_weights,
    rows_in_folds,
)
from skbayes.inference.health import fit_of_chains, is_sound
from skbayes.inference.independent import IndependentResult, Index, Pose, fit_independently
from skbayes.inference.monitor import ValidationScore, Watch
from skbayes.inference.phases import (
    multiply_adds,
    multiply_adds_of_chains,
    phases_of,
    phases_of_fit,
    phases_of_short_chains,
)
from skbayes.inference.plan import Plan
from skbayes.inference.posteriors import MeanFieldNormal, Posterior, VariationalPosterior
from skbayes.inference.progress import Progress
from skbayes.inference.sampling import (
    ChainDiagnostics,
    Sampler,
    chain_starts,
    diagnose,
    sample_posterior,
)
from skbayes.inference.sampling.chain_diagnostics import MIN_DRAWS
from skbayes.inference.short_chains import HeldOutScores, in_folds, score_short_chains
from skbayes.inference.starts import posterior_at, start_of_family
from skbayes.inference.trainer import TrainingResult, fit_variational
from skbayes.lazy_torch import Tensor, no_grad, torch
from skbayes.model import BayesianModel, Data, LearnedScalePrior, NormalPrior
from skbayes.threads import threads_for


class Earlier(NamedTuple):
    """Where an earlier fit ended, for this one to go on from."""

    state: Tensor  # [M, ...]: free parameters of a variational posterior of the plan's family
    is_prior: bool  # whether that posterior is the prior now, by Bayes' rule, or just the start


@dataclass(frozen=True)
class Inference:
    """What inference found.

    Attributes
    ----------
    posterior : Posterior
        Variational, or the draws of chains; of sound members or chains alone.
    draws : Tensor of shape (n_posterior_samples, P)
        From the posterior: draw by draw over the members or chains.
    variational : VariationalPosterior
        A posterior to go on from: the variational fit, or independent normals with the means and
        standard deviations of each chain.
    training : TrainingResult
        How that fit went.
    kl_weight : float
        Weight of the divergence in it.
    scores : ndarray of shape (M,)
        Bound of each member, or mean log-likelihood of each chain, nats per row.
    sound : ndarray of shape (M,) of bool
        Whether each member or chain is near the best. Draws are from these alone.
    diagnostics : ChainDiagnostics or None
        Of chains.
    prior_sigmas : dict of str to Tensor of shape (M, n_groups), or None
        Learned scales, for each block of groups.
    advice : tuple of str
        What has not converged, and what to change.
    interruption : str or None
        What Ctrl-C left, if it came.
    """

    posterior: Posterior
    draws: Tensor
    variational: VariationalPosterior
    training: TrainingResult
    kl_weight: float
    scores: NDArray[np.float64]
    sound: NDArray[np.bool_]
    diagnostics: ChainDiagnostics | None
    prior_sigmas: dict[str, Tensor] | None
    advice: tuple[str, ...]
    interruption: str | None


@no_grad
def infer(
    model: BayesianModel,
    data: Data,
    plan: Plan,
    generator: torch.Generator,
    watch: Watch | None = None,
    *,
    held_out: Data | None = None,
    earlier: Earlier | None = None,
) -> Inference:
    """Find the posterior as a plan says.

    Parameters
    ----------
    model : BayesianModel
    data : Data
    plan : Plan
    generator : torch.Generator
        Source of everything random.
    watch : Watch, default=None
        What to look at on the way.
    held_out : Data, default=None
        Rows that are not in `data`, to score the variational fit with.
    earlier : Earlier, default=None
        Where to start. The prior counts at full weight from the first step then.

    Raises
    ------
    FloatingPointError
        If training diverges twice, or no chain moves.
    ValueError
        If the network is too large for the family of the posterior.
    """
    watch = Watch() if watch is None else watch
    if held_out is not None:
        seed = int(torch.randint(2**31 - 1, (), generator=generator))
        watch = replace(watch, validation_score=ValidationScore(model, held_out, seed=seed))
    if earlier is not None and earlier.is_prior:
        plan = replace(plan, kl_weights=plan.kl_weights[:1])
    watch.progress.expect(phases_of(model, data, plan))
    weight = compare_weights(model, data, plan, generator, watch.progress).weight
    plan, weight = _with_chain_weight(model, data, plan, weight, generator, watch.progress)
    options = replace(plan.training, kl_weight=weight)
    with threads_for(
        multiply_adds(model, data, options.batch_size, plan.n_members * options.n_draws)
    ):
        start = start_of_family(plan.posterior, model, plan.n_members, generator)
        if earlier is not None:
            start = posterior_at(start, earlier.state.to(start.state()))
            options = replace(options, kl_warmup=0.0)
            if earlier.is_prior:
                model = model.with_prior(NormalPrior(start.mean, start.scale))
        training = fit_variational(model, data, start, options, generator, watch)
    scores = training.last_bounds()
    sound = is_sound(scores, float(data.total_weight.max()))
    variational: VariationalPosterior = training.posterior
    sound_fit = training.posterior.select(torch.from_numpy(np.flatnonzero(sound)))
    posterior: Posterior = sound_fit
    diagnostics, advice, interruption = None, _advice_on_training(training, plan), None
    if training.ending == "interrupted":  # Ctrl-C is meant for the whole fit
        interruption = "Training interrupted by user."
    elif plan.sampler is None:
        advice += _advice_on_points(model, data, plan)
    else:
        sampled = _sample(model, data, plan.sampler, sound_fit, generator, watch.progress)
        posterior, diagnostics, interruption = sampled.posterior, sampled.diagnostics, sampled.note
        if diagnostics is None:  # draws are from the variational posterior
            advice = ()
        else:
            scores, sound, advice = sampled.scores, sampled.sound, diagnostics.advice
            if isinstance(variational, MeanFieldNormal):
                variational = sampled.normals
    return Inference(
        posterior=posterior,
        draws=_draws(posterior, plan, generator),
        variational=variational,
        training=training,
        kl_weight=weight,
        scores=scores,
        sound=sound,
        diagnostics=diagnostics,
        prior_sigmas=_prior_sigmas(model, posterior),
        advice=advice,
        interruption=interruption,
    )


@no_grad
def compare_weights(
    model: BayesianModel,
    data: Data,
    plan: Plan,
    generator: torch.Generator,
    progress: Progress | None = None,
    share_of_steps: float = 1.0,
    only: Sequence[float] | None = None,
) -> WeightScores:
    """How well fits at the weights of the divergence of a plan predict held-out rows.

    Parameters
    ----------
    model : BayesianModel
    data : Data
    plan : Plan
    generator : torch.Generator
        Source of everything random.
    progress : Progress, default=None
        Where to tell how far it is.
    share_of_steps : float, default=1.0
        Of the fits that are compared, of those of the fit that chains start from.
    only : sequence of float, default=None
        Those of the weights to compare, as they would be beside the others; None for all.
    """
    options = plan.training
    n_vectors = plan.n_members * options.n_draws
    with threads_for(multiply_adds(model, data, options.batch_size, n_vectors)):
        return compare_divergence_weights(
            model,
            data,
            plan.kl_weights,
            plan.posterior,
            options,
            generator,
            progress,
            only=only,
            in_folds=plan.compares_in_folds,
            share_of_steps=share_of_steps,
            tests_skewness=plan.skewed_likelihood is not None,
        )


@no_grad
def try_chains(
    model: BayesianModel,
    data: Data,
    plan: Plan,
    generator: torch.Generator,
    progress: Progress | None = None,
) -> HeldOutScores:
    """How well short chains predict the rows, of which each is held out once.

    Parameters
    ----------
    model : BayesianModel
    data : Data
    plan : Plan
        With chains, and one weight of the divergence where they start.
    generator : torch.Generator
        Source of everything random: seeded alike it holds out the same rows.
    progress : Progress, default=None
        Where to tell how far it is.

    Raises
    ------
    FloatingPointError
        If training diverges twice, or no chain moves.
    """
    assert plan.sampler is not None
    sampler = in_folds(plan.sampler)
    (kl_weight,) = plan.kl_weights
    folds = rows_in_folds(data.n_rows_in_all, generator)
    options = replace(plan.training, kl_weight=kl_weight)
    with threads_for(multiply_adds_of_chains(model, data, sampler)):
        (scores,) = score_short_chains(
            model, data, folds, [sampler], plan.posterior, options, generator, progress
        )
    return scores


@no_grad
def infer_candidates(
    pose: Pose,
    n_models: int,
    plan: Plan,
    generator: torch.Generator,
    progress: Progress | None = None,
    *,
    only: Index | None = None,
) -> IndependentResult:
    """A variational fit of each of several models side by side, as a plan says.

    Parameters
    ----------
    pose : callable
        As in `fit_independently`.
    n_models : int
    plan : Plan
        Of each model.
    generator : torch.Generator
        Source of everything random.
    progress : Progress, default=None
        Where to tell how far it is.
    only : ndarray of int, default=None
        Numbers of the models to fit, as they would be fitted beside the others; None for all.

    Raises
    ------
    FloatingPointError
        If every model diverges.
    """
    index = np.arange(n_models) if only is None else only
    model, data = pose(index)
    options = plan.training
    n_vectors = len(index) * options.n_draws
    with threads_for(multiply_adds(model, data, options.batch_size, n_vectors)):
        start = start_of_family(plan.posterior, model, n_models, generator)
        start = start.select(torch.from_numpy(index).to(start.state().device))
        return fit_independently(
            lambda active: pose(index[active]), start, options, generator, progress
        )


def _with_chain_weight(
    model: BayesianModel,
    data: Data,
    plan: Plan,
    start_weight: float,
    generator: torch.Generator,
    progress: Progress,
) -> tuple[Plan, float]:
    """The plan with one weight of the divergence in its chains, and that of their start."""
    sampler = plan.sampler
    if sampler is None:
        return plan, start_weight
    kl_weight = sampler.kl_weights()[0]
    fit = phases_of_fit(model, data, plan)
    if is_tried(sampler, data.n_rows_in_all, start_weight):
        trial = phases_of_short_chains(model, data, plan, at_each_weight(sampler))
        progress.expect([*trial, *fit])
        with threads_for(multiply_adds_of_chains(model, data, sampler)):
            options = replace(plan.training, kl_weight=start_weight)
            kl_weight = choose_chain_weight(
                model, data, sampler, plan.posterior, options, generator, progress
            )
        progress.note(f"chains predict held-out rows best at kl_weight={kl_weight:g}")
        if sampler.start is None:  # or else the user has said where to start
            start_weight *= kl_weight / max(sampler.kl_weights())
    progress.expect(fit)
    return replace(plan, sampler=replace(sampler, kl_weight=kl_weight)), start_weight


class _Sampled(NamedTuple):
    """Draws of sound chains, or the start where there are too few draws."""

    posterior: Posterior
    normals: VariationalPosterior  # with the moments of each chain
    scores: NDArray[np.float64]
    sound: NDArray[np.bool_]
    diagnostics: ChainDiagnostics | None
    note: str | None  # what Ctrl-C left


def _sample(
    model: BayesianModel,
    data: Data,
    sampler: Sampler,
    start: VariationalPosterior,
    generator: torch.Generator,
    progress: Progress,
) -> _Sampled:
    with threads_for(multiply_adds_of_chains(model, data, sampler)):
        vectors, scale = chain_starts(start, model, int(sampler.n_chains), generator)
        result = sample_posterior(model, data, vectors, scale, sampler, generator, progress)
        n_draws = result.posterior.draws.shape[1]
        interruption = None
        if result.interrupted:
            interruption = (
                f"Sampling interrupted by user: the {n_draws} draws of each chain so far are kept."
            )
        if result.interrupted and n_draws < MIN_DRAWS:
            interruption = (
                f"Sampling interrupted by user: the chains had {n_draws} draws each, too few, and "
                "the draws kept are from the variational posterior that they started from, "
                "which is too narrow."
            )
            return _Sampled(start, start, np.empty(0), np.empty(0, bool), None, interruption)
        scores = fit_of_chains(result.posterior, model, data, generator)
        sound = is_sound(scores, float(data.total_weight.max()))
        smallest = torch.finfo(scale.dtype).tiny
        normals = MeanFieldNormal(
            result.posterior.mean, result.posterior.scale.clamp_min(smallest).log()
        )
        result = result.of_chains(sound)
        diagnostics = diagnose(result, model, data, generator)
        return _Sampled(result.posterior, normals, scores, sound, diagnostics, interruption)


def _draws(posterior: Posterior, plan: Plan, generator: torch.Generator) -> Tensor:
    """Draws to keep, spread as evenly as can be over the members."""
    n_members = posterior.mean.shape[0]
    # A point is drawn once.
    is_point = plan.posterior.is_point and plan.sampler is None
    n_draws = n_members if is_point else plan.n_posterior_samples
    draws = posterior.sample(-(-n_draws // n_members), generator)
    # Draw by draw over the members, so that cutting the last round is fair.
    return draws.transpose(0, 1).flatten(0, 1)[:n_draws]


def _prior_sigmas(model: BayesianModel, posterior: Posterior) -> dict[str, Tensor] | None:
    """Learned scales of the weights, if they are learned."""
    prior = model.weight_prior
    if not isinstance(prior, LearnedScalePrior):
        return None
    n_doubtful = model.network.n_weights - model.network.n_points
    return prior.group_sigmas(posterior.mean[:, :n_doubtful], posterior.scale[:, :n_doubtful])


def _advice_on_points(model: BayesianModel, data: Data, plan: Plan) -> tuple[str, ...]:
    """The mode of a network that rivals the rows has no doubt and hardly any noise."""
    is_point = plan.posterior.are_points(model.layer_index())
    n_points, n_rows = int(is_point.sum()), float(data.total_weight.max())
    if n_points <= n_rows:
        return ()
    return (
        f"posterior={plan.posterior.name!r} fits {n_points} weights as points to {n_rows:g} rows: "
        "the noise comes out too small, and intervals far too narrow. Use posterior='mean_field', "
        "a smaller network, or more rows.",
    )


def _advice_on_training(training: TrainingResult, plan: Plan) -> tuple[str, ...]:
    options = plan.training
    if training.ending != "max_iter":
        return ()
    return (
        f"The ELBO was still rising by more than tol={options.tol:g} nats per row every "
        f"n_iter_no_change={options.n_iter_no_change} steps when max_iter={options.max_iter} "
        "steps forced training to end. Raise max_iter for a better fit, or raise tol.",
    )
