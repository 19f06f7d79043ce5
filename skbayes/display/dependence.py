"""Pictures of what predictions depend on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from skbayes.arrays import FloatArray
from skbayes.columns import column_of, with_column
from skbayes.display.along import find_column, places_of, values_along
from skbayes.display.base import OBSERVED, PREDICTED, REFERENCE, Display, legend, pyplot
from skbayes.metrics import predictive_distribution
from skbayes.predictive import ClassDistribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_MOST_FEATURES = 20


@dataclass
class PartialDependenceIntervalDisplay(Display):
    """Mean prediction as a function of one column, with the credible band of that function.

    Every posterior draw is averaged over the rows with the column set to each value (Friedman 2001,
    section 8.2): the band says how well the average is known, not where a new observation falls.

    Parameters
    ----------
    x : ndarray of shape (n_points,)
    draws : ndarray of shape (n_draws, n_points)
        The average of each draw.
    coverage : float
    x_name, y_name : str
    rows_x : ndarray or None
        Values of the column in the rows, for the ticks below.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.display import PartialDependenceIntervalDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = BayesianMLPRegressor(budget=0.1, random_state=0).fit(X, y)
    >>> display = PartialDependenceIntervalDisplay.from_estimator(model, X, feature=2, n_points=5)
    >>> display.draws.shape
    (200, 5)
    """

    x: NDArray[Any]
    draws: FloatArray
    coverage: float
    x_name: str
    y_name: str
    rows_x: NDArray[Any] | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        feature: str | int,
        *,
        coverage: float = 0.9,
        target: int | None = None,
        n_points: int = 40,
        max_rows: int = 200,
        ax: Axes | None = None,
    ) -> PartialDependenceIntervalDisplay:
        """Average predictions, and plot.

        Parameters
        ----------
        estimator : estimator with `predict_dist`, or what holds one
            Fitted.
        X : array-like of shape (n_samples, n_features)
        feature : str or int
        coverage : float, default=0.9
            Posterior probability of the band at each point.
        target : int, default=None
            Which of several targets, or number of the class whose probability is drawn. None
            for the first target, or the last class.
        n_points : int, default=40
            Values of the column.
        max_rows : int, default=200
            Rows to average over, evenly from `X`.
        ax : matplotlib Axes, default=None

        Returns
        -------
        PartialDependenceIntervalDisplay
        """
        pyplot()
        number, name = find_column(X, feature)
        values = values_along(X, number, n_points)
        table: Any = X if isinstance(X, pd.DataFrame) else np.asarray(X)
        every = np.unique(np.linspace(0, len(table) - 1, min(max_rows, len(table))).astype(int))
        rows = table.iloc[every] if isinstance(table, pd.DataFrame) else table[every]
        curves = []
        y_name = "mean of y"
        for value in values:
            changed = with_column(rows, number, [value] * len(rows))
            dist = predictive_distribution(estimator, changed)
            if isinstance(dist, ClassDistribution):
                which = dist.n_classes - 1 if target is None else target
                y_name = f"probability of {dist.classes[which]}"
            else:
                which = target or 0
            curves.append(dist.function_values()[..., which].mean(axis=1))
        rows_x = column_of(X, number).to_numpy()
        return cls(values, np.stack(curves, axis=1), coverage, name, y_name, rows_x).plot(ax)

    def _draw(self, ax: Axes) -> None:
        tail = (1 - self.coverage) / 2
        lower, upper = np.quantile(self.draws, [tail, 1 - tail], axis=0)
        mean = self.draws.mean(axis=0)
        label = f"{100 * self.coverage:g} % credible"
        x = places_of(ax, self.x)
        if self.x.dtype == object:
            ends = [mean - lower, upper - mean]
            ax.errorbar(x, mean, ends, fmt="o", color=PREDICTED, label=label)
        else:
            ax.fill_between(x, lower, upper, color=PREDICTED, alpha=0.25, linewidth=0, label=label)
            ax.plot(x, mean, color=PREDICTED, label="average prediction")
            if self.rows_x is not None:
                known = self.rows_x[~pd.isna(self.rows_x)].astype(np.float64)
                deciles = np.quantile(known, np.arange(1, 10) / 10)
                ax.vlines(
                    deciles,
                    0,
                    0.03,
                    transform=ax.get_xaxis_transform(),
                    color=REFERENCE,
                    label="deciles of the rows",
                )
        ax.set_xlabel(self.x_name)
        ax.set_ylabel(self.y_name)
        legend(ax)


@dataclass
class FeatureRelevanceDisplay(Display):
    """Share of the variance of predictions that each column is part of, over posterior draws.

    Parameters
    ----------
    draws : ndarray of shape (n_draws, n_features)
        Of `skbayes.feature_dependence`.
    names : ndarray of shape (n_features,)

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> import numpy as np
    >>> from skbayes.display import FeatureRelevanceDisplay
    >>> draws = np.random.RandomState(0).uniform(size=(50, 3)) * [1.0, 0.5, 0.1]
    >>> display = FeatureRelevanceDisplay(draws, np.array(["size", "age", "sex"])).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['sex', 'age', 'size']
    """

    draws: FloatArray
    names: NDArray[Any]

    @classmethod
    def from_dependence(cls, dependence: Any, *, ax: Axes | None = None) -> FeatureRelevanceDisplay:
        """Plot what `skbayes.feature_dependence` has found.

        Parameters
        ----------
        dependence : Bunch
            With `draws` and `names`.
        ax : matplotlib Axes, default=None

        Returns
        -------
        FeatureRelevanceDisplay
        """
        return cls(np.asarray(dependence.draws), np.asarray(dependence.names)).plot(ax)

    def _draw(self, ax: Axes) -> None:
        mean = self.draws.mean(axis=0)
        order = np.argsort(mean, kind="stable")[-_MOST_FEATURES:]
        lower, upper = np.quantile(self.draws[:, order], [0.05, 0.95], axis=0)
        place = np.arange(len(order))
        ax.barh(place, mean[order], color=PREDICTED, alpha=0.45, label="mean over draws")
        ax.hlines(place, lower, upper, color=OBSERVED, linewidth=1.5, label="90 % of the draws")
        ax.set_yticks(place, [str(name) for name in self.names[order]])
        ax.set_xlim(left=0)
        ax.set_xlabel("share of the variance of predictions")
        left_out = len(mean) - len(order)
        if left_out:
            ax.set_title(f"the first {len(order)} of {len(mean)} columns", fontsize="small")
        legend(ax, loc="lower right")
