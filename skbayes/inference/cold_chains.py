"""Whether chains sample a cold posterior, by held-out rows."""

from __future__ import annotations

from skbayes.inference.divergence_weight import held_out_rows
from skbayes.inference.posteriors import PosteriorFamily
from skbayes.inference.progress import Progress
from skbayes.inference.sampling import Sampler
from skbayes.inference.short_chains import score_short_chains, shortened
from skbayes.inference.trainer import TrainingOptions
from skbayes.lazy_torch import torch
from skbayes.model import BayesianModel, Data

# Cold chains mix less, and gain more by being several.
_N_CHAINS = 4
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


def at_each_weight(sampler: Sampler) -> list[Sampler]:
    """Short chains at each weight of the divergence that a sampler may have."""
    return [
        shortened(sampler, _SHARE_OF_STEPS, kl_weight, _N_CHAINS)
        for kl_weight in sampler.kl_weights()
    ]


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
    folds = [held_out_rows(data.n_rows_in_all, generator)]
    first, *others = sampler.kl_weights()
    try:
        best, *candidates = score_short_chains(
            model, data, folds, at_each_weight(sampler), family, options, generator, progress
        )
    except FloatingPointError:  # no chain moved
        return first
    chosen = first
    for kl_weight, candidate in zip(others, candidates, strict=True):
        if candidate.is_better(best, _STANDARD_ERRORS):
            chosen, best = kl_weight, candidate
    return chosen
