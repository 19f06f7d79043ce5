"""Pictures of how a fit went, and of what it learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skbayes.arrays import FloatArray
from skbayes.display.base import (
    EPISTEMIC,
    PREDICTED,
    REFERENCE,
    Display,
    legend,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_STEPS_PER_SCORE = 50
_SMOOTHING = 25


@dataclass
class TrainingCurveDisplay(Display):
    """The evidence lower bound over the steps of the variational fit, and validation scores.

    Parameters
    ----------
    bound : ndarray of shape (n_iter,)
        Per row in nats, mean over members.
    validation_scores : ndarray of shape (n_scores,) or None
        Every 50 steps.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.display import TrainingCurveDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = BayesianMLPRegressor(budget=0.1, random_state=0).fit(X, y)
    >>> TrainingCurveDisplay.from_estimator(model).ax_.get_xlabel()
    'step'
    """

    bound: FloatArray
    validation_scores: FloatArray | None = None

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> TrainingCurveDisplay:
        """Plot what a fitted estimator has kept.

        Parameters
        ----------
        estimator : estimator with `loss_curve_`
        ax : matplotlib Axes, default=None

        Returns
        -------
        TrainingCurveDisplay
        """
        scores = estimator.validation_scores_
        return cls(
            -np.asarray(estimator.loss_curve_), None if scores is None else np.asarray(scores)
        ).plot(ax)

    def _draw(self, ax: Axes) -> None:
        steps = np.arange(1, len(self.bound) + 1)
        ax.plot(steps, self.bound, color=PREDICTED, alpha=0.25, linewidth=0.8)
        width = min(_SMOOTHING, len(self.bound))
        smooth = np.convolve(self.bound, np.ones(width) / width, mode="valid")
        ax.plot(steps[width - 1 :], smooth, color=PREDICTED, label="evidence lower bound")
        if self.validation_scores is not None:
            at = _STEPS_PER_SCORE * np.arange(1, len(self.validation_scores) + 1)
            ax.plot(at, self.validation_scores, "o-", color=EPISTEMIC, ms=3, label="held-out rows")
        # The first steps are off the scale of what matters.
        shown = smooth[len(smooth) // 10 :]
        low, high = float(np.quantile(shown, 0.2)), float(smooth.max())
        low -= 0.5 * (high - low)
        if self.validation_scores is not None:
            low = min(low, float(np.median(self.validation_scores)))
            high = max(high, float(self.validation_scores.max()))
        margin = 0.08 * max(high - low, 1e-3)
        ax.set_ylim(low - margin, high + margin)
        ax.set_xlabel("step")
        ax.set_ylabel("nats per row")
        legend(ax, loc="lower right")


@dataclass
class PriorSearchDisplay(Display):
    """Score of each prior sigma with its spread over the folds.

    Parameters
    ----------
    prior_sigmas : ndarray of shape (n_sigmas,)
    scores : ndarray of shape (n_sigmas, n_folds)
    best : float

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianMLPRegressorCV
    >>> from skbayes.display import PriorSearchDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = BayesianMLPRegressorCV((4,), budget=0.05, random_state=0).fit(X, y)
    >>> PriorSearchDisplay.from_estimator(search).scores.shape
    (6, 5)
    """

    prior_sigmas: FloatArray
    scores: FloatArray
    best: float

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> PriorSearchDisplay:
        """Plot what a fitted search has kept.

        Parameters
        ----------
        estimator : BayesianMLPRegressorCV, or another search over the prior sigma
        ax : matplotlib Axes, default=None

        Returns
        -------
        PriorSearchDisplay
        """
        results = estimator.cv_results_
        folds = [results[name] for name in results if name.startswith("split")]
        return cls(
            np.asarray(results["param_prior_sigma"], dtype=np.float64),
            np.stack(folds, axis=1),
            float(estimator.best_prior_sigma_),
        ).plot(ax)

    def _draw(self, ax: Axes) -> None:
        order = np.argsort(self.prior_sigmas)
        sigmas, scores = self.prior_sigmas[order], self.scores[order]
        ax.plot(sigmas, scores, color=REFERENCE, linewidth=0.8, zorder=1)
        error = scores.std(axis=1) / np.sqrt(scores.shape[1])
        ax.errorbar(
            sigmas,
            scores.mean(axis=1),
            error,
            fmt="o-",
            color=PREDICTED,
            capsize=3,
            label="mean and standard error over folds",
        )
        ax.axvline(self.best, color=EPISTEMIC, ls="--", linewidth=1, label=f"chosen: {self.best:g}")
        ax.set_xscale("log")
        ax.set_xticks(sigmas, [f"{sigma:g}" for sigma in sigmas])
        ax.minorticks_off()
        ax.set_xlabel("prior sigma")
        ax.set_ylabel("score")
        legend(ax)
