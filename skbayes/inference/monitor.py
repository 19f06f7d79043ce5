"""What is looked at while training runs, and what may end it before its time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from skbayes.inference.posteriors import PointMass, VariationalPosterior
from skbayes.inference.progress import Progress
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import BayesianModel, Data

# Draws of each model that score it, in antithetic pairs.
_N_SCORE_DRAWS = 4
# Draws times rows of a block: activations then fit the cache.
_SCORE_BLOCK_SIZE = 2**14
# Training stops when the validation score has not risen for so many times `n_iter_no_change`.
_PATIENCE = 5


@dataclass(frozen=True)
class TrainingStatus:
    """How training stands, as callbacks see it.

    Attributes
    ----------
    step : int
        Optimisation steps taken.
    n_steps : int
        Steps that are now expected in all; falls when the ELBO has stopped rising.
    elbo : float
        Evidence lower bound per row, in nats and for targets in the user's units: mean over
        members and over the steps since the last call.
    learning_rate : float
        Of the last step.
    validation_score : float or None
        Predictive log density per held-out row, in nats and in the user's units. None where
        nothing is held out.
    """

    step: int
    n_steps: int
    elbo: float
    learning_rate: float
    validation_score: float | None = None


Callback = Callable[[TrainingStatus], object]


class ValidationScore:
    r"""Predictive log density of held-out rows, per row, in nats.

    ``sum_i v_i log(1 / (M S) sum_ms p(y_i | w_ms)) / sum_i v_i`` for ``S`` draws of each of ``M``
    posteriors and row weights ``v``. Every call takes the same noise, so that the difference
    of two scores is that of two posteriors, and not of their draws.

    Parameters
    ----------
    model : BayesianModel
    data : Data
        Held-out rows, the same for all models.
    seed : int, default=0
        Of the draws.
    """

    def __init__(self, model: BayesianModel, data: Data, *, seed: int = 0) -> None:
        self._model = model
        self._data = data
        self._seed = seed

    def __call__(self, posterior: VariationalPosterior) -> float:
        """Score of the mixture of ``M`` posteriors."""
        generator = torch.Generator().manual_seed(self._seed)
        n_draws = 1 if isinstance(posterior, PointMass) else _N_SCORE_DRAWS
        vectors = posterior.sample(n_draws, generator).flatten(0, 1)
        total = torch.zeros((), dtype=torch.float64)
        rows = torch.arange(self._data.n_rows, device=self._data.targets.device)
        for index in rows.split(max(1, _SCORE_BLOCK_SIZE // len(vectors))):
            batch = self._data.batch(index)
            mixture = self._model.predictive_log_prob(vectors, batch)
            weights = batch.row_weights
            total += (mixture if weights is None else mixture * weights).sum().cpu()
        return float(total) / float(self._data.total_weight[0]) + self._data.log_jacobian


@dataclass(frozen=True)
class Watch:
    """What to look at while training runs.

    Attributes
    ----------
    validation_score : callable or None
        Scores a posterior on held-out rows. Where it is given, it may end training, and the
        state with the best score is kept.
    callbacks : tuple of callable
        Called with a `TrainingStatus` every so many steps. One that returns true ends training.
    progress : Progress
        Where to tell how far the work is.
    """

    validation_score: Callable[[VariationalPosterior], float] | None = None
    callbacks: tuple[Callback, ...] = ()
    progress: Progress = field(default_factory=Progress)


class BestState:
    """The state with the best validation score so far, and whether hope of a better one is lost.

    Scores count from the end of the KL warm-up: before it the state does not
    belong to the bound that is maximised.

    Parameters
    ----------
    first_step : int
        Step from which scores count.
    tol : float
        Rise of the score, in nats per row, that is worth going on for.
    n_iter_no_change : int
        A fifth of the steps without such a rise after which training stops.

    Attributes
    ----------
    scores : list of float
        All scores so far.
    """

    def __init__(self, *, first_step: int, tol: float, n_iter_no_change: int) -> None:
        self.scores: list[float] = []
        self._first_step = first_step
        self._tol = tol
        self._patience = _PATIENCE * n_iter_no_change
        self._best: tuple[float, int, Tensor] | None = None
        self._reference = -math.inf
        self._last_rise = first_step

    def update(self, step: int, score: float, state: Tensor) -> bool:
        """Take a score in; whether to stop."""
        self.scores.append(score)
        if step < self._first_step:
            return False
        if score > (-math.inf if self._best is None else self._best[0]):
            self._best = (score, step, state.clone())
        # Small rises add up: they are held against the score at the last rise that counted.
        if score >= self._reference + self._tol and score > self._reference:
            self._reference, self._last_rise = score, step
        return step - self._last_rise >= self._patience

    def restore(self, step: int, state: Tensor) -> tuple[float | None, int]:
        """Put the best state back; its score, and the steps that led to it.

        Parameters
        ----------
        step : int
            Steps taken.
        state : Tensor
            Overwritten, unless no score has counted.
        """
        if self._best is None:
            return (self.scores[-1] if self.scores else None), step
        score, step, best = self._best
        state.copy_(best)
        return score, step
