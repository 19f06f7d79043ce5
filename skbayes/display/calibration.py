"""Pictures of whether stated probabilities come true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skbayes.arrays import FloatArray
from skbayes.display.base import OBSERVED, PREDICTED, REFERENCE, Display, legend, pyplot
from skbayes.metrics import predictive_distribution
from skbayes.predictive import ClassDistribution, PredictiveDistribution, PredictiveMixture

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# Of a band about what is right: a share is outside once in twenty times if all is well.
_BAND_STD = 1.96
_N_COVERAGES = 19


@dataclass
class CalibrationDisplay(Display):
    """Nominal against observed: coverage of intervals, or frequency of predicted classes.

    Of numbers, the share of observations inside central intervals against their nominal coverage.
    Of classes, a reliability diagram: the share of rows that have a class against the probability
    that was stated, rows in bins of equal mass. The grey band is where a calibrated model's points
    lie nineteen times in twenty, with so many rows.

    Parameters
    ----------
    nominal, observed : ndarray of shape (n_points,)
        Shares, in [0, 1].
    n_rows : ndarray of shape (n_points,)
        Rows behind each.
    x_name, y_name : str

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.display import CalibrationDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = BayesianMLPRegressor(budget=0.1, random_state=0).fit(X[:300], y[:300])
    >>> CalibrationDisplay.from_estimator(model, X[300:], y[300:]).nominal.shape
    (19,)
    """

    nominal: FloatArray
    observed: FloatArray
    n_rows: NDArray[np.intp]
    x_name: str = "nominal coverage"
    y_name: str = "observed coverage"

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: ArrayLike, y: ArrayLike, *, n_bins: int = 10, ax: Axes | None = None
    ) -> CalibrationDisplay:
        """Predict, and plot.

        Parameters
        ----------
        estimator : estimator with `predict_dist`, or what holds one
            Fitted.
        X : array-like of shape (n_samples, n_features)
            Rows that were not trained on.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        n_bins : int, default=10
            Bins of stated probabilities of classes.
        ax : matplotlib Axes, default=None

        Returns
        -------
        CalibrationDisplay
        """
        pyplot()
        return cls.from_predictions(predictive_distribution(estimator, X), y, n_bins=n_bins, ax=ax)

    @classmethod
    def from_predictions(
        cls, dist: PredictiveMixture, y: ArrayLike, *, n_bins: int = 10, ax: Axes | None = None
    ) -> CalibrationDisplay:
        """Plot predictive distributions against observations.

        Parameters
        ----------
        dist : PredictiveDistribution or ClassDistribution
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        n_bins : int, default=10
        ax : matplotlib Axes, default=None

        Returns
        -------
        CalibrationDisplay
        """
        pyplot()
        if isinstance(dist, ClassDistribution):
            return cls._of_classes(dist, np.asarray(y), n_bins).plot(ax)
        assert isinstance(dist, PredictiveDistribution)
        coverages = np.arange(1, _N_COVERAGES + 1) / (_N_COVERAGES + 1)
        observed = np.asarray(y, dtype=np.float64)
        ends = dist.interval(coverages)
        inside = (ends[..., 0] <= observed[..., None]) & (observed[..., None] <= ends[..., 1])
        shares = inside.reshape(-1, _N_COVERAGES).mean(axis=0)
        return cls(coverages, shares, np.full(_N_COVERAGES, len(observed))).plot(ax)

    @classmethod
    def _of_classes(
        cls, dist: ClassDistribution, y: NDArray[Any], n_bins: int
    ) -> CalibrationDisplay:
        stated = dist.probabilities()
        happened = (y[:, None] == dist.classes) if y.ndim == 1 else y.astype(bool)
        if y.ndim == 1 and dist.n_classes == 2:  # the other says the same
            stated, happened = stated[:, 1:], happened[:, 1:]
        stated, happened = stated.ravel(), happened.ravel()
        bins = [b for b in np.array_split(np.argsort(stated, kind="stable"), n_bins) if len(b)]
        return cls(
            np.array([stated[b].mean() for b in bins]),
            np.array([happened[b].mean() for b in bins]),
            np.array([len(b) for b in bins]),
            "stated probability",
            "observed frequency",
        )

    def _draw(self, ax: Axes) -> None:
        grid = np.linspace(0, 1, 101)
        n_rows = np.interp(grid, self.nominal, self.n_rows)
        half = _BAND_STD * np.sqrt(grid * (1 - grid) / n_rows)
        ax.fill_between(
            grid,
            np.clip(grid - half, 0, 1),
            np.clip(grid + half, 0, 1),
            color=REFERENCE,
            alpha=0.35,
            linewidth=0,
            label="where points lie 19 times in 20",
        )
        ax.plot([0, 1], [0, 1], color=REFERENCE, linewidth=1)
        ax.plot(self.nominal, self.observed, "o-", color=PREDICTED, markersize=4, label="measured")
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        ax.set_aspect("equal")
        ax.set_xlabel(self.x_name)
        ax.set_ylabel(self.y_name)
        legend(ax, loc="upper left")


@dataclass
class PITDisplay(Display):
    """Histogram of probability integral transforms: flat where the distributions are right.

    High at both ends: intervals are too narrow; high in the middle: too wide; higher on one side:
    predictions are too low or too high. Counts are spread over the probabilities that they stand
    for (Czado et al. 2009).

    Parameters
    ----------
    heights : ndarray of shape (n_bins,)
        Share of the observations in each bin, relative to a flat histogram.
    n_rows : int

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.display import PITDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = BayesianMLPRegressor(budget=0.1, random_state=0).fit(X[:300], y[:300])
    >>> float(PITDisplay.from_estimator(model, X[300:], y[300:]).heights.mean().round(6))
    1.0
    """

    heights: FloatArray
    n_rows: int

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: ArrayLike, y: ArrayLike, *, n_bins: int = 10, ax: Axes | None = None
    ) -> PITDisplay:
        """Predict, and plot.

        Parameters
        ----------
        estimator : regressor, or what holds one
            Fitted.
        X : array-like of shape (n_samples, n_features)
            Rows that were not trained on.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        n_bins : int, default=10
        ax : matplotlib Axes, default=None

        Returns
        -------
        PITDisplay
        """
        pyplot()
        return cls.from_predictions(predictive_distribution(estimator, X), y, n_bins=n_bins, ax=ax)

    @classmethod
    def from_predictions(
        cls, dist: PredictiveMixture, y: ArrayLike, *, n_bins: int = 10, ax: Axes | None = None
    ) -> PITDisplay:
        """Plot predictive distributions against observations.

        Parameters
        ----------
        dist : PredictiveDistribution
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        n_bins : int, default=10
        ax : matplotlib Axes, default=None

        Returns
        -------
        PITDisplay
        """
        pyplot()
        if not isinstance(dist, PredictiveDistribution):
            raise ValueError(f"dist must be of numbers: classes have no transform. Got {dist!r}.")
        below, at_most = dist.pit(y).reshape(-1, 2).T
        edges = np.linspace(0, 1, n_bins + 1)
        # Share of each transform's stretch below each edge; a step where it is a point.
        width = np.maximum(at_most - below, 1e-12)
        reached = np.clip((edges[:, None] - below) / width, 0, 1).mean(axis=1)
        reached[0], reached[-1] = 0.0, 1.0
        return cls(np.diff(reached) * n_bins, len(below)).plot(ax)

    def _draw(self, ax: Axes) -> None:
        n_bins = len(self.heights)
        half = _BAND_STD * np.sqrt((n_bins - 1) / self.n_rows)
        ax.axhspan(
            max(0.0, 1 - half),
            1 + half,
            color=REFERENCE,
            alpha=0.35,
            linewidth=0,
            label="where bars end 19 times in 20",
        )
        ax.axhline(1, color=REFERENCE, linewidth=1)
        edges = np.linspace(0, 1, n_bins + 1)
        ax.bar(
            edges[:-1],
            self.heights,
            1 / n_bins,
            align="edge",
            color=PREDICTED,
            alpha=0.75,
            edgecolor="white",
        )
        ax.set_xlim(0, 1)
        ax.set_ylim(0, max(2.0, 1.15 * self.heights.max()))
        ax.set_xlabel("probability integral transform")
        ax.set_ylabel("frequency, relative")
        legend(ax, labelcolor=OBSERVED)
