"""Sampling the posterior with chains that start from a variational fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from skbayes.inference.batches import Batches
from skbayes.inference.posteriors import Posterior, StoredDraws
from skbayes.inference.progress import Progress
from skbayes.inference.sampling.base import Sampler
from skbayes.inference.sampling.log_posterior import LogPosterior
from skbayes.inference.sampling.step_size import StepSizeTuning
from skbayes.inference.starts import initial_posterior
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import BayesianModel, Data

#: Of progress.
PHASE = "chains"
# In units of the variational standard deviations; tuned from here.
_INITIAL_STEP_SIZE = 0.05


@dataclass(frozen=True)
class SamplingResult:
    """What sampling produced, for ``C`` chains.

    Attributes
    ----------
    posterior : StoredDraws
        ``n_samples`` draws of each chain.
    energy_error : ndarray of shape (C,)
        Root mean square of the energy error of a transition after warm-up, in nats, over the
        transitions that were not reverted.
    n_reverted : ndarray of shape (C,)
        Transitions after warm-up that were reverted or, with HMC, diverged.
    step_size : ndarray of shape (C,)
        In units of the preconditioner.
    n_transitions : int
        Transitions of each chain after warm-up that were made.
    n_gradients : int
        Gradients of each chain, warm-up included.
    harmless_reverted : float
        Share of reverted transitions that is nothing to warn of.
    kl_weight : float
        Weight of the divergence that was sampled with.
    interrupted : bool
        Whether Ctrl-C came first; then there are fewer draws, perhaps none.
    """

    posterior: StoredDraws
    energy_error: NDArray[np.float64]
    n_reverted: NDArray[np.int64]
    step_size: NDArray[np.float64]
    n_transitions: int
    n_gradients: int
    harmless_reverted: float
    kl_weight: float
    interrupted: bool

    def of_chains(self, chosen: NDArray[np.bool_]) -> SamplingResult:
        """The same of some of the chains, ``(C,)``."""
        if chosen.all():
            return self
        return replace(
            self,
            posterior=StoredDraws(self.posterior.draws[torch.from_numpy(chosen)]),
            energy_error=self.energy_error[chosen],
            n_reverted=self.n_reverted[chosen],
            step_size=self.step_size[chosen],
        )


def chain_starts(
    posterior: Posterior, model: BayesianModel, n_chains: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Where chains start, and their preconditioners, both ``[C, P]``.

    Each chain starts from a draw of one of the ``M`` posteriors, in turn, and is preconditioned by
    its standard deviations.

    Parameters
    ----------
    posterior : Posterior
    model : BayesianModel
    n_chains : int
    generator : torch.Generator
    """
    n_models = posterior.mean.shape[0]
    per_model = -(-n_chains // n_models)
    draws = posterior.sample(per_model, generator).transpose(0, 1).flatten(0, 1)[:n_chains]
    scale = posterior.scale.repeat(per_model, 1)[:n_chains]
    # Where the posterior is a point there is no width to learn from.
    initial_width = initial_posterior(model, 1, generator).scale
    initial_width[:, model.points()] = 0.0  # they stay where they are
    return draws, torch.where(scale > 0, scale, initial_width)


def sample_posterior(
    model: BayesianModel,
    data: Data,
    start: Tensor,
    scale: Tensor,
    sampler: Sampler,
    generator: torch.Generator,
    progress: Progress | None = None,
) -> SamplingResult:
    """Run ``C`` chains side by side.

    Parameters
    ----------
    model : BayesianModel
    data : Data
    start : Tensor of shape (C, P)
        Where the chains start.
    scale : Tensor of shape (C, P)
        Preconditioner of each chain.
    sampler : Sampler
        With valid parameters, and one weight of the divergence.
    generator : torch.Generator
        Source of everything random.
    progress : Progress, default=None
        Where to tell how far the chains are.

    Ctrl-C ends sampling; the draws so far are returned.

    Raises
    ------
    FloatingPointError
        If the log posterior of every chain is non-finite at the start, or no chain ever moves.
    """
    vectors = start.clone()
    n_warmup, n_samples, thin = int(sampler.n_warmup), int(sampler.n_samples), int(sampler.thin)
    (kl_weight,) = sampler.kl_weights()
    batches = Batches(data, sampler.rows_per_gradient(data.n_rows_in_all), generator)
    log_posterior = LogPosterior(model, vectors, batches, 1.0 / kl_weight)
    kernel = sampler.kernel(log_posterior, vectors, scale, generator)
    n_chains, n_entries = vectors.shape
    tuning = StepSizeTuning(torch.full((n_chains, 1), _INITIAL_STEP_SIZE).to(vectors), n_warmup)
    n_transitions = n_samples * thin
    progress = Progress() if progress is None else progress
    progress.begin(PHASE, n_warmup + n_transitions)
    draws = vectors.new_empty((n_chains, n_samples, n_entries))
    n_reverted = torch.zeros(n_chains, dtype=torch.int64, device=vectors.device)
    squared_error = torch.zeros(n_chains, dtype=torch.float64, device=vectors.device)
    n_done = n_stored = 0
    interrupted = False
    step_size = tuning.step_size
    try:
        for step in range(1, n_warmup + 1):
            transition = kernel.transition(tuning.step_size)
            tuning.update(kernel.tune(transition))
            if progress.is_due(step):
                progress.report(step, f"warm-up  step size {float(tuning.step_size.mean()):.3g}")
        step_size = tuning.finish()
        for step in range(1, n_transitions + 1):
            transition = kernel.transition(step_size)
            n_reverted += transition.is_reverted
            squared_error += torch.where(
                transition.is_reverted, 0.0, transition.energy_error.double().square()
            )
            n_done = step
            if step % thin == 0:
                draws[:, n_stored] = vectors
                n_stored += 1
            if progress.is_due(n_warmup + step):
                progress.report(n_warmup + step, f"{int(n_reverted.sum())} reverted")
    except KeyboardInterrupt:
        if batches.is_shared:  # processes that stopped at steps of their own would not be in step
            raise
        interrupted = True
    draws = draws[:, :n_stored]
    n_kept = (n_done - n_reverted).clamp_min(1)
    has_moved = n_done == 0 or int(n_reverted.min()) < n_done
    if not (has_moved and bool(draws.isfinite().all())):
        raise FloatingPointError(
            f"No transition of inference={sampler.name!r} succeeded in "
            f"{n_done} attempts. Raise n_warmup, check the data for extreme values, keep "
            "standardize=True, or use dtype='float64'."
        )
    return SamplingResult(
        StoredDraws(draws),
        np.sqrt((squared_error / n_kept).cpu().numpy()),
        n_reverted.cpu().numpy(),
        step_size.squeeze(-1).double().cpu().numpy(),
        n_done,
        log_posterior.n_evaluations,
        sampler.harmless_reverted,
        kl_weight,
        interrupted,
    )
