"""How much the divergence counts in the fit that chains start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from skbayes.inference.independent import Index, fit_independently
from skbayes.inference.posteriors import Posterior, PosteriorFamily
from skbayes.inference.progress import Progress
from skbayes.inference.starts import start_of_family
from skbayes.inference.trainer import TrainingOptions
from skbayes.lazy_torch import torch
from skbayes.model import BayesianModel, Data

#: At full weight a mean-field fit is too cautious where the signal is strong and curved, and
#: chains spend their warm-up climbing out of it; at a tenth it follows the noise where that
#: is strong, and chains take as long to forget that.
CANDIDATES = (1.0, 0.3, 0.1)

_N_MEMBERS = 2
_N_DRAWS = 16
#: Of the comparison: by then it is seen which weight is better.
MOST_STEPS = 4000
_HELD_OUT_SHARE = 0.2
_MOST_HELD_OUT = 1000
# With fewer rows a score on some of them says nothing, and caution costs little.
_FEWEST_ROWS = 40


class ChosenWeight(NamedTuple):
    """A weight of the divergence, and how well its fit predicts."""

    weight: float
    loss: float  # mean over held-out rows; infinite where nothing was compared


def n_models(candidates: Sequence[float], n_rows: int) -> int:
    """Models that are fitted to choose between candidates: none where there is no choice."""
    if len(candidates) == 1 or n_rows < _FEWEST_ROWS:
        return 0
    return len(candidates) * _N_MEMBERS


def choose_divergence_weight(
    model: BayesianModel,
    data: Data,
    candidates: Sequence[float],
    family: PosteriorFamily,
    options: TrainingOptions,
    generator: torch.Generator,
    progress: Progress | None = None,
) -> ChosenWeight:
    """The weight whose fit predicts held-out rows best.

    Two members for each weight are fitted side by side to four fifths of the rows. A weight of
    the divergence is the reciprocal of one of all rows: that is how the members of one
    batch differ.

    Parameters
    ----------
    model : BayesianModel
    data : Data
    candidates : sequence of float
        Weights to choose from, falling.
    family : PosteriorFamily
    options : TrainingOptions
        Of the fit that chains start from.
    generator : torch.Generator
    progress : Progress, default=None
        Where to tell how far it is.

    Returns
    -------
    ChosenWeight
        The largest candidate where there are too few rows to tell, or no fit succeeds.
    """
    n_rows = data.n_rows_in_all
    if not n_models(candidates, n_rows):
        return ChosenWeight(candidates[0], np.inf)
    n_held_out = min(int(_HELD_OUT_SHARE * n_rows), _MOST_HELD_OUT)
    chosen = torch.randperm(n_rows, generator=generator)[:n_held_out]
    held_out = data.batch_in_all(chosen)
    weights = torch.tensor(candidates, dtype=torch.float64).repeat_interleave(_N_MEMBERS)
    row_weights = data.explicit_weights / weights.to(data.targets)[:, None]
    row_weights[:, data.own(chosen)] = 0.0

    def pose(index: Index) -> tuple[BayesianModel, Data]:
        return model, replace(data, row_weights=row_weights[torch.from_numpy(index)])

    start = start_of_family(family, model, len(weights), generator)
    try:
        options = replace(options, kl_weight=1.0, max_iter=min(options.max_iter, MOST_STEPS))
        result = fit_independently(pose, start, options, generator, progress)
    except FloatingPointError:  # every one has diverged
        return ChosenWeight(candidates[0], np.inf)
    losses = np.full(len(candidates), np.inf)
    for k in range(len(candidates)):
        members = np.arange(k * _N_MEMBERS, (k + 1) * _N_MEMBERS)
        if finite := members[result.is_finite[members]].tolist():
            posterior = result.posterior.select(torch.tensor(finite))
            losses[k] = _loss(model, posterior, held_out, generator)
    best = int(np.nanargmin(losses))
    return ChosenWeight(candidates[best], float(losses[best]))


def _loss(
    model: BayesianModel, posterior: Posterior, data: Data, generator: torch.Generator
) -> float:
    """Mean over the rows of what their likelihood calls a loss: no row dominates it.

    A log density would punish a fit that is too sure of itself by more than it matters: the chains
    that start from it will not be.
    """
    draws = posterior.sample(_N_DRAWS, generator).flatten(0, 1)
    weights, parameters = (part.cpu() for part in model.split(draws))
    outputs = model.network.forward(weights, data.dense_inputs.cpu())
    losses = model.likelihood.predictive_loss(outputs, data.targets.cpu(), parameters)
    row_weights = None if data.row_weights is None else data.row_weights.cpu().numpy()
    return float(np.average(losses, weights=row_weights))
