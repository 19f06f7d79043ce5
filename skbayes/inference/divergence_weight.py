"""How much the divergence counts in the fit that chains start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from skbayes.arrays import FloatArray
from skbayes.inference.independent import Index, fit_independently
from skbayes.inference.posteriors import PosteriorFamily
from skbayes.inference.progress import Progress
from skbayes.inference.starts import start_of_family
from skbayes.inference.trainer import TrainingOptions
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import BayesianModel, Data

#: At full weight a mean-field fit is too cautious where the signal is strong and curved, and
#: chains spend their warm-up climbing out of it; at a tenth it follows the noise where that
#: is strong, and chains take as long to forget that.
CANDIDATES = (1.0, 0.3, 0.1)

_N_DRAWS = 16
# By then it is seen which weight is better; of longer fits after half of their steps.
_ENOUGH_STEPS = 4000
#: Of fewer rows each is held out once, by a model for each fold, where chains follow; else a
#: fifth, by two models.
FEW_ROWS = 200
N_FOLDS = 5
_N_MEMBERS = 2
_HELD_OUT_SHARE = 0.2
_MOST_HELD_OUT = 1000
# With fewer rows a score says nothing, and caution costs little.
_FEWEST_ROWS, _FEWEST_ROWS_IN_FOLDS = 40, 10


class WeightScores(NamedTuple):
    """How well fits at several weights of the divergence predict.

    Examples
    --------
    >>> scores = WeightScores((1.0, 0.3, 0.1), (0.25, 0.2, 0.4), (4.0, 3.0, 5.0))
    >>> scores.weight, scores.loss, scores.likely, scores.skewness_of_best
    (0.3, 0.2, (1.0, 0.3), 3.0)
    """

    weights: tuple[float, ...]
    losses: tuple[float, ...]  # means over held-out rows; infinite where nothing was compared
    skewness: tuple[float, ...] = ()  # of residuals, in standard errors; empty if not asked for

    @property
    def weight(self) -> float:
        """The best."""
        return self.weights[int(np.argmin(self.losses))]

    @property
    def loss(self) -> float:
        """Of the best."""
        return min(self.losses)

    @property
    def skewness_of_best(self) -> float:
        """Of the residuals of the best; 0 if it was not asked for."""
        return self.skewness[int(np.argmin(self.losses))] if self.skewness else 0.0

    @property
    def likely(self) -> tuple[float, ...]:
        """What other fits to the rows may find best: of three or more all but the worst."""
        if len(self.weights) < 3:
            return self.weights
        worst = int(np.argmax(self.losses))
        return self.weights[:worst] + self.weights[worst + 1 :]


def n_models(candidates: Sequence[float], n_rows: int, *, in_folds: bool) -> int:
    """Models that are fitted to choose between candidates: none where there is no choice."""
    n_fewest = _FEWEST_ROWS_IN_FOLDS if in_folds else _FEWEST_ROWS
    if len(candidates) == 1 or n_rows < n_fewest:
        return 0
    return len(candidates) * (N_FOLDS if in_folds and n_rows < FEW_ROWS else _N_MEMBERS)


def steps_of_choice(options: TrainingOptions, share: float = 1.0) -> int:
    """Steps of the fits that are compared: a share of those of the fit that chains start from."""
    enough = min(options.max_iter, max(_ENOUGH_STEPS, options.max_iter // 2))
    return max(1, round(share * enough))


def compare_divergence_weights(
    model: BayesianModel,
    data: Data,
    candidates: Sequence[float],
    family: PosteriorFamily,
    options: TrainingOptions,
    generator: torch.Generator,
    progress: Progress | None = None,
    *,
    only: Sequence[float] | None = None,
    in_folds: bool = True,
    share_of_steps: float = 1.0,
    tests_skewness: bool = False,
) -> WeightScores:
    """How well the fit at each weight predicts held-out rows.

    For each weight models are fitted side by side to four fifths of the rows: two to the same ones,
    or in folds one to the rows outside of each of five. A weight of the divergence is the
    reciprocal of one of all rows: that, and the rows that weigh nothing, is how the models of one
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
    only : sequence of float, default=None
        Those of the candidates to compare, as they would be beside the others; None for all.
    in_folds : bool, default=True
        Whether each of few rows is held out once. It takes more models.
    share_of_steps : float, default=1.0
        Of those of the fit that chains start from.
    tests_skewness : bool, default=False
        Whether to say how skewed the residuals are, those of rows that were seen among them: there
        are more of them, and what is fitted too closely is no less symmetric for it.

    Returns
    -------
    WeightScores
        The first candidate alone where there are too few rows to tell, or no fit succeeds.
    """
    n_rows = data.n_rows_in_all
    n_each = n_models(candidates, n_rows, in_folds=in_folds) // len(candidates)
    if not n_each:
        return WeightScores(tuple(candidates[:1]), (np.inf,))
    folds, probes = _folds_and_probes(n_rows, generator, in_folds=in_folds)
    start = start_of_family(family, model, n_each * len(candidates), generator)
    if only is not None:
        is_compared = torch.tensor([weight in only for weight in candidates])
        start = start.select(is_compared.repeat_interleave(n_each).nonzero().flatten())
        candidates = [weight for weight in candidates if weight in only]
    weights = torch.tensor(candidates, dtype=torch.float64).repeat_interleave(n_each)
    row_weights = data.explicit_weights / weights.to(data.targets)[:, None]
    fold_of_model = np.arange(len(weights)) % len(folds)
    for number, fold in enumerate(fold_of_model.tolist()):
        row_weights[number, data.own(folds[fold])] = 0.0

    def pose(index: Index) -> tuple[BayesianModel, Data]:
        of_models = row_weights  # of all, as they are: there may be millions of rows
        if len(index) < len(row_weights):
            of_models = row_weights[torch.from_numpy(index)]
        return model, replace(data, row_weights=of_models)

    try:
        options = replace(options, kl_weight=1.0, max_iter=steps_of_choice(options, share_of_steps))
        result = fit_independently(pose, start, options, generator, progress)
    except FloatingPointError:  # every one has diverged
        return WeightScores(tuple(candidates[:1]), (np.inf,))
    held_out = [data.batch_in_all(fold) for fold in folds]
    watched = [data.batch_in_all(rows) for rows in probes] if tests_skewness else []
    losses = np.zeros(len(candidates))
    residuals: list[list[FloatArray]] = [[] for _ in candidates]
    candidate_of_model = np.arange(len(weights)) // n_each
    for place in range(len(candidates)):
        for fold, rows in enumerate(held_out):
            models = np.flatnonzero((candidate_of_model == place) & (fold_of_model == fold))
            if finite := models[result.is_finite[models]].tolist():
                posterior = result.posterior.select(torch.tensor(finite))
                draws = posterior.sample(_N_DRAWS, generator).flatten(0, 1)
                losses[place] += _loss(model, draws, rows)
                if tests_skewness:
                    residuals[place].append(model.normal_scores(draws, watched[fold]))
            else:
                losses[place] = np.inf
    losses /= float(sum(rows.total_weight.item() for rows in held_out))
    losses[np.isnan(losses)] = np.inf
    skewness: tuple[float, ...] = ()
    if tests_skewness:  # of candidates that count, whose fits are all finite
        skewness = tuple(
            _skewness_in_errors(of_folds, watched) if np.isfinite(loss) else 0.0
            for of_folds, loss in zip(residuals, losses, strict=True)
        )
    return WeightScores(tuple(candidates), tuple(losses.tolist()), skewness)


def _folds_and_probes(
    n_rows: int, generator: torch.Generator, *, in_folds: bool
) -> tuple[list[Tensor], list[Tensor]]:
    """Rows that are held out together; and rows whose residuals are looked at, those among them."""
    if in_folds and n_rows < FEW_ROWS:
        folds = rows_in_folds(n_rows, generator)
        return folds, folds
    order = torch.randperm(n_rows, generator=generator)
    return [order[: _n_held_out(n_rows)]], [order[:_MOST_HELD_OUT]]


def _n_held_out(n_rows: int) -> int:
    return min(int(_HELD_OUT_SHARE * n_rows), _MOST_HELD_OUT)


def rows_in_folds(n_rows: int, generator: torch.Generator) -> list[Tensor]:
    """All rows in five parts at random, to hold out one after the other."""
    return list(torch.randperm(n_rows, generator=generator).tensor_split(N_FOLDS))


def held_out_rows(n_rows: int, generator: torch.Generator) -> Tensor:
    """A fifth of the rows at random, a thousand at most."""
    return torch.randperm(n_rows, generator=generator)[: _n_held_out(n_rows)]


def _loss(model: BayesianModel, draws: Tensor, data: Data) -> float:
    """Sum over the rows of what their likelihood calls a loss: no row dominates it.

    A log density would punish a fit that is too sure of itself by more than it matters: the chains
    that start from it will not be.
    """
    losses = model.predictive_loss(draws, data)
    return float(losses @ weights_as_array(data))


def _skewness_in_errors(scores: Sequence[FloatArray], rows: Sequence[Data]) -> float:
    """Skewness of normal scores, each ``(n, t)``, in standard errors of normal ones.

    That of the target where it is largest, whatever its sign.
    """
    weights = np.concatenate([weights_as_array(part) for part in rows])
    shares = weights / weights.sum()
    centred = np.concatenate(scores)
    centred = centred - shares @ centred
    second, third = (shares @ centred**power for power in (2, 3))
    n_effective = 1 / np.square(shares).sum()
    with np.errstate(invalid="ignore"):  # of scores that are all the same
        skewness = np.nan_to_num(third / second**1.5)
    return float(np.abs(skewness).max() * np.sqrt(n_effective / 6))


def weights_as_array(data: Data) -> FloatArray:
    """What each row counts for, ``(n,)``."""
    weights: FloatArray = data.explicit_weights.double().cpu().numpy()
    return weights
