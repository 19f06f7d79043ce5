"""Whether chains sample a cold posterior, by held-out rows."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from skbayes.arrays import FloatArray
from skbayes.inference.divergence_weight import held_out_rows
from skbayes.inference.monitor import Watch
from skbayes.inference.posteriors import Posterior, PosteriorFamily
from skbayes.inference.progress import Progress
from skbayes.inference.sampling import Sampler, chain_starts, sample_posterior
from skbayes.inference.starts import start_of_family
from skbayes.inference.trainer import TrainingOptions, fit_variational
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import BayesianModel, Data

# Cold chains mix less, and gain more by being several.
_N_CHAINS, _N_DRAWS = 4, 50  # draws of each
# A quarter of the length tells which is better.
_SHARE_OF_STEPS = 0.25
# A fifth of fewer rows does not tell.
_FEWEST_ROWS = 500
# Of the mean difference of log densities. Bayes' rule is left for nothing less.
_STANDARD_ERRORS = 3.0


def is_tried(sampler: Sampler, n_rows: int, start_weight: float) -> bool:
    """Whether there is something to compare.

    Where a fit predicts best at the full weight of the divergence, the rows have weight enough.
    """
    return len(sampler.kl_weights()) > 1 and n_rows >= _FEWEST_ROWS and start_weight < 1.0


def trial_of(sampler: Sampler, kl_weight: float) -> Sampler:
    """Short chains at one weight."""
    trial: Sampler = replace(
        sampler,
        kl_weight=kl_weight,
        n_chains=_N_CHAINS,
        n_warmup=max(1, round(_SHARE_OF_STEPS * sampler.n_warmup)),
        thin=max(1, round(_SHARE_OF_STEPS * sampler.thin)),
    )
    return trial


def choose_chain_weight(
    model: BayesianModel,
    data: Data,
    sampler: Sampler,
    family: PosteriorFamily,
    options: TrainingOptions,
    generator: torch.Generator,
    progress: Progress | None = None,
) -> float:
    """The weight of the divergence in chains that predicts held-out rows best.

    Short chains at each weight start from one fit to four fifths of the rows. The others may be
    predicted better than by Bayes' rule where labels are surer than a softmax can say
    (Aitchison 2021; Wenzel et al. 2020). Leave-one-out densities by importance sampling would
    not tell: single rows have too much say in such chains.

    Parameters
    ----------
    model : BayesianModel
    data : Data
    sampler : Sampler
        With the weights to choose from.
    family : PosteriorFamily
    options : TrainingOptions
        Of the fit that chains start from.
    generator : torch.Generator
        Source of everything random.
    progress : Progress, default=None
        Where to tell how far it is.

    Returns
    -------
    float
        The first of the weights, unless another is better by three standard errors of the mean log
        density.
    """
    progress = Progress() if progress is None else progress
    first, *others = sampler.kl_weights()
    held_out = held_out_rows(data.n_rows_in_all, generator)
    row_weights = data.explicit_weights.clone()
    row_weights[..., data.own(held_out)] = 0.0
    kept, rows = replace(data, row_weights=row_weights), data.batch_in_all(held_out)
    seed = int(torch.randint(2**31 - 1, (), generator=generator))
    try:
        start = start_of_family(family, model, _N_CHAINS, generator)
        fit = fit_variational(model, kept, start, options, generator, Watch(progress=progress))
        if fit.ending == "interrupted":  # Ctrl-C is meant for the whole fit
            raise KeyboardInterrupt
        vectors, scale = chain_starts(fit.posterior, model, _N_CHAINS, generator)
        densities = []
        for kl_weight in (first, *others):
            result = sample_posterior(
                model,
                kept,
                vectors,
                scale,
                trial_of(sampler, kl_weight),
                torch.Generator().manual_seed(seed),
                progress,
            )
            if result.interrupted:
                raise KeyboardInterrupt
            densities.append(_log_densities(model, result.posterior, rows, generator))
    except FloatingPointError:  # no chain moved
        return first
    weights = rows.explicit_weights.double().cpu().numpy()
    chosen, best = first, densities[0]
    for kl_weight, candidate in zip(others, densities[1:], strict=True):
        if is_clearly_better(candidate, best, weights):
            chosen, best = kl_weight, candidate
    return chosen


def is_clearly_better(candidate: FloatArray, other: FloatArray, weights: FloatArray) -> bool:
    """Whether log densities of rows are higher, by three standard errors of the mean.

    Parameters
    ----------
    candidate, other : ndarray of shape (n,)
        Log densities of the same rows, in nats.
    weights : ndarray of shape (n,)
        A row of weight 2 stands for two.

    Examples
    --------
    >>> worse = np.zeros(100)
    >>> is_clearly_better(worse + 0.1, worse, np.ones(100))
    True
    >>> is_clearly_better(np.where(np.arange(100) < 1, 10.0, worse), worse, np.ones(100))
    False
    """
    gain = candidate - other
    total = float(weights @ gain)
    deviation = float(np.sqrt(weights @ np.square(gain - total / weights.sum())))
    return total > _STANDARD_ERRORS * deviation


def _log_densities(
    model: BayesianModel, posterior: Posterior, rows: Data, generator: torch.Generator
) -> FloatArray:
    """Of rows ``(n,)``, by the mixture of some draws of all chains."""
    draws: Tensor = posterior.sample(_N_DRAWS, generator).flatten(0, 1)
    mixture = model.log_prob(draws, rows.dense()).double().logsumexp(0) - math.log(len(draws))
    densities: FloatArray = mixture.cpu().numpy()
    return densities
