"""How well short chains predict rows that they have not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from skbayes.arrays import FloatArray
from skbayes.inference.divergence_weight import N_FOLDS, weights_as_array
from skbayes.inference.monitor import Watch
from skbayes.inference.posteriors import Posterior, PosteriorFamily
from skbayes.inference.progress import Progress
from skbayes.inference.sampling import Sampler, chain_starts, sample_posterior
from skbayes.inference.starts import start_of_family
from skbayes.inference.trainer import TrainingOptions, fit_variational
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import BayesianModel, Data

# Of all rows an eighth of the length tells which is better.
_SHARE_IN_FOLDS = 0.125
# Of all chains that have not seen a row.
_N_DRAWS = 200


class HeldOutScores(NamedTuple):
    """How well rows are predicted by chains that have not seen them."""

    log_densities: FloatArray  # (n,), nats
    losses: FloatArray  # (n,), what the likelihood calls a loss: no row dominates it
    weights: FloatArray  # (n,): a row of weight 2 stands for two

    @property
    def loss(self) -> float:
        """Mean over the rows."""
        return float(np.average(self.losses, weights=self.weights))

    def is_better(self, other: HeldOutScores, n_standard_errors: float) -> bool:
        """Whether log densities of the same rows are higher, by standard errors of the mean.

        Examples
        --------
        >>> ones, worse = np.ones(100), np.zeros(100)
        >>> other = HeldOutScores(worse, ones, ones)
        >>> other._replace(log_densities=worse + 0.1).is_better(other, 3.0)
        True
        >>> one_row = np.where(np.arange(100) < 1, 10.0, worse)
        >>> other._replace(log_densities=one_row).is_better(other, 3.0)
        False
        """
        gain = self.log_densities - other.log_densities
        total = float(self.weights @ gain)
        deviation = float(np.sqrt(self.weights @ np.square(gain - total / self.weights.sum())))
        return total > n_standard_errors * deviation


def shortened(sampler: Sampler, share_of_steps: float, kl_weight: float, n_chains: int) -> Sampler:
    """The same sampler with a share of its steps, at one weight of the divergence."""
    shorter: Sampler = replace(
        sampler,
        kl_weight=kl_weight,
        n_chains=n_chains,
        n_warmup=max(1, round(share_of_steps * sampler.n_warmup)),
        thin=max(1, round(share_of_steps * sampler.thin)),
    )
    return shorter


def in_folds(sampler: Sampler) -> Sampler:
    """Short chains, one for each fold."""
    return shortened(sampler, _SHARE_IN_FOLDS, sampler.kl_weights()[0], N_FOLDS)


def score_short_chains(
    model: BayesianModel,
    data: Data,
    folds: Sequence[Tensor],
    samplers: Sequence[Sampler],
    family: PosteriorFamily,
    options: TrainingOptions,
    generator: torch.Generator,
    progress: Progress | None = None,
) -> list[HeldOutScores]:
    """Scores of the rows that are held out, for each of several samplers.

    All start from one fit, and with the same noise. The first chain has not seen the first fold,
    the second not the second, and so on in turn.

    Parameters
    ----------
    model : BayesianModel
    data : Data
    folds : sequence of Tensor of shape (n_held_out,)
        Numbers of rows, over all processes.
    samplers : sequence of Sampler
        Of as many chains each.
    family : PosteriorFamily
        Of the fit that chains start from.
    options : TrainingOptions
        Of that fit.
    generator : torch.Generator
        Source of everything random.
    progress : Progress, default=None
        Where to tell how far it is.

    Raises
    ------
    FloatingPointError
        If training diverges twice, or no chain moves.
    KeyboardInterrupt
        If it comes: it is meant for the whole fit.
    """
    progress = Progress() if progress is None else progress
    n_chains = int(samplers[0].n_chains)
    kept = replace(data, row_weights=_without(data, folds, n_chains))
    seed = int(torch.randint(2**31 - 1, (), generator=generator))
    start = start_of_family(family, model, n_chains, generator)
    fit = fit_variational(model, kept, start, options, generator, Watch(progress=progress))
    if fit.ending == "interrupted":
        raise KeyboardInterrupt
    vectors, scale = chain_starts(fit.posterior, model, n_chains, generator)
    held_out = [data.batch_in_all(fold).dense() for fold in folds]
    scores = []
    for sampler in samplers:
        result = sample_posterior(
            model, kept, vectors, scale, sampler, torch.Generator().manual_seed(seed), progress
        )
        if result.interrupted:
            raise KeyboardInterrupt
        scores.append(_scores(model, result.posterior, held_out, generator))
    return scores


def _without(data: Data, folds: Sequence[Tensor], n_chains: int) -> Tensor:
    """Weights of the rows that each chain sees, of all chains where there is one fold alone."""
    row_weights = data.explicit_weights.clone()
    if len(folds) == 1:
        row_weights[..., data.own(folds[0])] = 0.0
        return row_weights
    row_weights = row_weights.repeat(n_chains, 1)
    for chain in range(n_chains):
        row_weights[chain, data.own(folds[chain % len(folds)])] = 0.0
    return row_weights


def _scores(
    model: BayesianModel, posterior: Posterior, held_out: Sequence[Data], generator: torch.Generator
) -> HeldOutScores:
    """Of the rows of each fold, by the mixture of some draws of all chains without it."""
    n_folds = len(held_out)
    n_chains = posterior.mean.shape[0]
    draws = posterior.sample(_N_DRAWS * n_folds // n_chains, generator)
    log_densities, losses, weights = [], [], []
    for fold, rows in enumerate(held_out):
        vectors = draws[fold::n_folds].flatten(0, 1)
        log_densities.append(model.predictive_log_prob(vectors, rows).cpu().numpy())
        losses.append(model.predictive_loss(vectors, rows))
        weights.append(weights_as_array(rows))
    return HeldOutScores(*(np.concatenate(part) for part in (log_densities, losses, weights)))
