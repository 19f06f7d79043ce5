"""Pictures of where uncertainty comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skbayes.arrays import FloatArray
from skbayes.display.along import find_column, line_through, places_of, values_along
from skbayes.display.base import (
    ALEATORIC,
    EPISTEMIC,
    OBSERVED,
    Display,
    first_target,
    legend,
    pyplot,
)
from skbayes.metrics import predictive_distribution
from skbayes.predictive import ClassDistribution, PredictiveDistribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass
class UncertaintyDecompositionDisplay(Display):
    """Noise and what the data leave open, along a column or over rows in order.

    Parameters
    ----------
    x : ndarray of shape (n_points,)
    aleatoric, epistemic, total : ndarray of shape (n_points,)
        Standard deviations in units of the target; entropies in nats of classes.
    x_name : str
    unit : str

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.display import UncertaintyDecompositionDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = BayesianMLPRegressor(budget=0.1, random_state=0).fit(X, y)
    >>> display = UncertaintyDecompositionDisplay.from_estimator(model, X, feature=2)
    >>> display.ax_.get_ylabel()
    'standard deviation'
    """

    x: NDArray[Any]
    aleatoric: FloatArray
    epistemic: FloatArray
    total: FloatArray
    x_name: str
    unit: str

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        *,
        feature: str | int | None = None,
        target: int = 0,
        ax: Axes | None = None,
    ) -> UncertaintyDecompositionDisplay:
        """Predict, and plot.

        Parameters
        ----------
        estimator : estimator with `predict_dist`, or what holds one
            Fitted.
        X : array-like of shape (n_samples, n_features)
        feature : str or int, default=None
            Column to draw along, the others at their median or most frequent value. None for the
            rows of `X` in the order of their total.
        target : int, default=0
            Which of several targets or labels.
        ax : matplotlib Axes, default=None

        Returns
        -------
        UncertaintyDecompositionDisplay
        """
        pyplot()
        rows: Any = X
        name = "rows by total uncertainty"
        if feature is not None:
            number, name = find_column(X, feature)
            values = values_along(X, number)
            rows = line_through(X, number, values)
        dist = predictive_distribution(estimator, rows)
        parts: tuple[Any, Any, Any]
        if isinstance(dist, ClassDistribution):
            parts = dist.aleatoric_entropy(), dist.mutual_information(), dist.entropy()
            unit = "entropy (nats)"
        else:
            assert isinstance(dist, PredictiveDistribution)
            parts = dist.aleatoric_std(), dist.epistemic_std(), dist.std()
            unit = "standard deviation"
        aleatoric, epistemic, total = (first_target(x, target, dist.n_outputs) for x in parts)
        if feature is None:
            order = np.argsort(total, kind="stable")
            aleatoric, epistemic, total = aleatoric[order], epistemic[order], total[order]
            values = np.arange(len(total))
        return cls(values, aleatoric, epistemic, total, name, unit).plot(ax)

    def _draw(self, ax: Axes) -> None:
        is_category = self.x.dtype == object
        place = places_of(ax, self.x)
        for values, colour, label in (
            (self.total, OBSERVED, "total"),
            (self.aleatoric, ALEATORIC, "aleatoric: noise"),
            (self.epistemic, EPISTEMIC, "epistemic: what the data leave open"),
        ):
            ax.plot(place, values, color=colour, label=label, marker="o" if is_category else "")
        # Room for the legend.
        ax.set_ylim(0, 1.3 * float(np.max(self.total)) or 1.0)
        ax.set_xlabel(self.x_name)
        ax.set_ylabel(self.unit)
        legend(ax, loc="upper left")
