"""Pictures of how a fit went, and of what it learned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skbayes.display.base import (
    EPISTEMIC,
    OBSERVED,
    PREDICTED,
    REFERENCE,
    axes_of,
    several_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

_STEPS_PER_SCORE = 50
_SMOOTHING = 25
_N_TRACES = 3


@dataclass
class TrainingCurveDisplay:
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
    ax_: Any = field(default=None, init=False, repr=False)
    figure_: Any = field(default=None, init=False, repr=False)

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

    def plot(self, ax: Axes | None = None) -> TrainingCurveDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None

        Returns
        -------
        self
        """
        ax = axes_of(ax)
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
        ax.legend(frameon=False, fontsize="small", loc="lower right")
        self.ax_, self.figure_ = ax, ax.figure
        return self


@dataclass
class PriorSearchDisplay:
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
    ax_: Any = field(default=None, init=False, repr=False)
    figure_: Any = field(default=None, init=False, repr=False)

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

    def plot(self, ax: Axes | None = None) -> PriorSearchDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None

        Returns
        -------
        self
        """
        ax = axes_of(ax)
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
        ax.legend(frameon=False, fontsize="small")
        self.ax_, self.figure_ = ax, ax.figure
        return self


@dataclass
class ChainDiagnosticsDisplay:
    """What chains predict along their way, and how far they agree.

    Left, traces of function values at some rows, chain by chain; then histograms of split R-hat
    and of the effective sample size at probes; right, how much predictions would still change, in
    standard deviations of an observation.

    Parameters
    ----------
    traces : ndarray of shape (n_chains, n_draws, n_rows)
    r_hat, effective_sample_size, prediction_change : ndarray of shape (n_probes,)

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        Four.
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.display import ChainDiagnosticsDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = BayesianMLPRegressor(budget=0.1, random_state=0).fit(X, y)
    >>> ChainDiagnosticsDisplay.from_estimator(model, X).traces.shape
    (4, 50, 3)
    """

    traces: FloatArray
    r_hat: FloatArray
    effective_sample_size: FloatArray
    prediction_change: FloatArray
    axes_: Any = field(default=None, init=False, repr=False)
    figure_: Any = field(default=None, init=False, repr=False)

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: ArrayLike, *, target: int = 0, ax: Any = None
    ) -> ChainDiagnosticsDisplay:
        """Plot what a sampled estimator has kept.

        Parameters
        ----------
        estimator : estimator with `diagnostics_`
        X : array-like of shape (n_samples, n_features)
            Traces are at three of its rows: first, middle and last.
        target : int, default=0
            Which of several targets or classes.
        ax : sequence of four matplotlib Axes, default=None

        Returns
        -------
        ChainDiagnosticsDisplay

        Raises
        ------
        ValueError
            If the posterior was not sampled.
        """
        if not hasattr(estimator, "diagnostics_"):
            raise ValueError(
                "estimator must have been fitted by chains: inference='mclmc', 'hmc' or 'auto'. "
                f"Got inference={estimator.inference!r}, and no diagnostics_."
            )
        n_rows = np.shape(X)[0]
        rows = np.unique([0, n_rows // 2, n_rows - 1])[:_N_TRACES]
        some = X.iloc[rows] if hasattr(X, "iloc") else np.asarray(X)[rows]
        values = estimator.predict_by_member(some)
        diagnostics = estimator.diagnostics_
        parts = (
            diagnostics.r_hat,
            diagnostics.effective_sample_size,
            diagnostics.prediction_change,
        )
        r_hat, size, change = (x.reshape(len(x), -1)[:, target] for x in parts)
        traces = values if values.ndim == 3 else values[..., target]
        return cls(traces, r_hat, size, change).plot(ax)

    def plot(self, ax: Any = None) -> ChainDiagnosticsDisplay:
        """Draw.

        Parameters
        ----------
        ax : sequence of four matplotlib Axes, default=None

        Returns
        -------
        self
        """
        axes = several_axes(ax, 4)
        n_chains, n_draws, n_rows = self.traces.shape
        shades = np.linspace(0.35, 1.0, n_chains)
        for row, colour in zip(range(n_rows), (PREDICTED, EPISTEMIC, OBSERVED), strict=False):
            for chain in range(n_chains):
                axes[0].plot(
                    np.arange(n_draws),
                    self.traces[chain, :, row],
                    color=colour,
                    alpha=shades[chain],
                    linewidth=0.8,
                )
        axes[0].set_xlabel("draw of a chain")
        axes[0].set_ylabel("function value, three rows")
        for at, values, name, right in (
            (1, self.r_hat, "split R-hat", 1.0),
            (2, self.effective_sample_size, "effective sample size", None),
            (3, self.prediction_change, "change still to come (std)", 0.2),
        ):
            finite = values[np.isfinite(values)]
            axes[at].hist(finite, bins=12, color=PREDICTED, alpha=0.75, edgecolor="white")
            if right is not None:
                axes[at].axvline(right, color=EPISTEMIC, ls="--", linewidth=1)
            axes[at].set_xlabel(name)
            axes[at].set_ylabel("probes")
        self.axes_, self.figure_ = axes, axes[0].figure
        return self
