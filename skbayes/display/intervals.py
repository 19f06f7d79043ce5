"""Pictures of intervals, with what was observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from skbayes.arrays import FloatArray
from skbayes.columns import column_of
from skbayes.display.along import find_column, line_through, places_of, values_along
from skbayes.display.base import (
    OBSERVED,
    PREDICTED,
    Display,
    first_target,
    legend,
    point_style,
    pyplot,
)
from skbayes.metrics import predictive_distribution
from skbayes.predictive import PredictiveDistribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def _regression(estimator: Any, X: Any) -> PredictiveDistribution:
    dist = predictive_distribution(estimator, X)
    if not isinstance(dist, PredictiveDistribution):
        raise ValueError(
            f"estimator must be a regressor. {type(estimator).__name__} predicts classes."
        )
    return dist


@dataclass
class PredictionIntervalDisplay(Display):
    """Predictions with their intervals.

    Along one column, the others at their median or most frequent value, with the observed rows
    behind; or, without a column, each observation over its prediction, with its interval.

    Parameters
    ----------
    x : ndarray of shape (n_points,)
        Values of the column, or predicted means in order.
    mean : ndarray of shape (n_points,)
    intervals : ndarray of shape (n_points, n_coverages, 2)
    coverages : ndarray of shape (n_coverages,)
    observed_x, observed_y : ndarray of shape (n_rows,) or None
        Rows to draw; for observations over predictions, those of `x`.
    x_name, y_name : str
    is_along : bool
        Whether `x` is a column.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.display import PredictionIntervalDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = BayesianMLPRegressor(budget=0.1, random_state=0).fit(X[:300], y[:300])
    >>> display = PredictionIntervalDisplay.from_estimator(model, X[300:], y[300:], feature=2)
    >>> display.ax_.get_xlabel()
    'x2'
    """

    x: NDArray[Any]
    mean: FloatArray
    intervals: FloatArray
    coverages: FloatArray
    observed_x: NDArray[Any] | None = None
    observed_y: FloatArray | None = None
    x_name: str = "predicted mean"
    y_name: str = "y"
    is_along: bool = False

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        feature: str | int | None = None,
        coverages: Sequence[float] = (0.5, 0.9),
        target: int = 0,
        ax: Axes | None = None,
    ) -> PredictionIntervalDisplay:
        """Predict, and plot.

        Parameters
        ----------
        estimator : regressor, or what holds one
            Fitted, as for `skbayes.metrics.predictive_distribution`.
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Observed targets; needed without a feature.
        feature : str or int, default=None
            Column to draw along; the only one of a table of one column.
        coverages : sequence of float, default=(0.5, 0.9)
        target : int, default=0
            Which of several targets.
        ax : matplotlib Axes, default=None
            None for new ones, in a figure of their own.

        Returns
        -------
        PredictionIntervalDisplay
        """
        pyplot()
        observed = None if y is None else np.asarray(y, dtype=np.float64)
        if observed is not None and observed.ndim == 2:
            observed = observed[:, target]
        if feature is None and np.shape(X)[1] == 1:
            feature = 0
        y_name = str(y.name) if isinstance(y, pd.Series) and y.name is not None else "y"
        levels = np.asarray(coverages, dtype=np.float64)
        if feature is not None:
            number, name = find_column(X, feature)
            values = values_along(X, number)
            dist = _regression(estimator, line_through(X, number, values))
            return cls(
                values,
                first_target(dist.mean(), target, dist.n_outputs),
                first_target(dist.interval(levels), target, dist.n_outputs),
                levels,
                None if observed is None else column_of(X, number).to_numpy(),
                observed,
                name,
                y_name,
                is_along=True,
            ).plot(ax)
        if observed is None:
            raise ValueError("y must be given where there is no feature to draw along.")
        dist = _regression(estimator, X)
        mean = first_target(dist.mean(), target, dist.n_outputs)
        order = np.argsort(mean, kind="stable")
        intervals = first_target(dist.interval(levels), target, dist.n_outputs)
        return cls(
            mean[order],
            mean[order],
            intervals[order],
            levels,
            mean[order],
            observed[order],
            y_name=y_name,
        ).plot(ax)

    def _draw(self, ax: Axes) -> None:
        order = np.argsort(-self.coverages)
        is_category = self.x.dtype == object
        if self.is_along:
            self._draw_bands(ax, places_of(ax, self.x), order, is_category)
        else:
            self._draw_rows(ax, order)
        ax.set_xlabel(self.x_name)
        ax.set_ylabel(self.y_name)
        legend(ax)

    def _draw_bands(self, ax: Axes, place: Any, order: Any, is_category: bool) -> None:
        for rank, k in enumerate(order):
            lower, upper = self.intervals[:, k].T
            label = f"{100 * self.coverages[k]:g} % interval"
            alpha = 0.18 + 0.2 * rank
            if is_category:
                ax.bar(place, upper - lower, 0.5, lower, color=PREDICTED, alpha=alpha, label=label)
            else:
                ax.fill_between(
                    place, lower, upper, color=PREDICTED, alpha=alpha, linewidth=0, label=label
                )
        style: dict[str, Any] = {"marker": "_", "ls": "", "ms": 18} if is_category else {}
        ax.plot(place, self.mean, color=PREDICTED, label="mean", **style)
        if self.observed_y is None or self.observed_x is None:
            return
        observed_x = self.observed_x
        if is_category:
            numbers = {value: k for k, value in enumerate(self.x)}
            found = np.array([numbers.get(value, np.nan) for value in observed_x])
            shift = np.random.RandomState(0).uniform(-0.15, 0.15, len(found))
            observed_x = found + shift
        ax.scatter(
            observed_x,
            self.observed_y,
            color=OBSERVED,
            label="observed",
            zorder=3,
            **point_style(len(self.observed_y)),
        )

    def _draw_rows(self, ax: Axes, order: Any) -> None:
        assert self.observed_y is not None
        n_rows = len(self.x)
        for rank, k in enumerate(order):
            lower, upper = self.intervals[:, k].T
            width = max(0.4, min(3.0, 300 / n_rows))
            colour = (0.17, 0.42, 0.69, min(0.5, 0.15 + 0.2 * rank))
            ax.vlines(self.x, lower, upper, color=colour, linewidth=width)
            label = f"{100 * self.coverages[k]:g} % interval"
            ax.plot([], [], color=PREDICTED, alpha=0.3 + 0.3 * rank, linewidth=4, label=label)
        ends = np.array([self.x.min(), self.x.max()])
        ax.plot(ends, ends, color=PREDICTED, linewidth=1, label="observed = predicted")
        lower, upper = self.intervals[:, order[0]].T
        is_inside = (lower <= self.observed_y) & (self.observed_y <= upper)
        style = point_style(n_rows)
        ax.scatter(
            self.x[is_inside],
            self.observed_y[is_inside],
            color=OBSERVED,
            zorder=3,
            label=f"observed, {100 * is_inside.mean():.0f} % inside the widest",
            **style,
        )
        ax.scatter(
            self.x[~is_inside],
            self.observed_y[~is_inside],
            color="#c53030",
            zorder=3,
            label="observed, outside",
            **{**style, "alpha": max(0.5, style["alpha"])},
        )
