"""Pictures of chains."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skbayes.arrays import FloatArray
from skbayes.display.base import EPISTEMIC, OBSERVED, PREDICTED, Display, several_axes

if TYPE_CHECKING:
    from typing_extensions import Self


_N_TRACES = 3


@dataclass
class ChainDiagnosticsDisplay(Display):
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
            If the posterior was not sampled, or the chains were interrupted too early.
        """
        if not hasattr(estimator, "diagnostics_"):
            raise ValueError(
                "estimator must have been fitted by chains: inference='mclmc', 'hmc' or 'auto'. "
                f"Got inference={estimator.inference!r}, and no diagnostics_."
            )
        diagnostics = estimator.diagnostics_
        if diagnostics.r_hat is None:
            raise ValueError(f"estimator has no diagnostics of its chains. {diagnostics.reason}")
        n_rows = np.shape(X)[0]
        rows = np.unique([0, n_rows // 2, n_rows - 1])[:_N_TRACES]
        some = X.iloc[rows] if hasattr(X, "iloc") else np.asarray(X)[rows]
        values = estimator.predict_by_member(some)
        parts = (
            diagnostics.r_hat,
            diagnostics.effective_sample_size,
            diagnostics.prediction_change,
        )
        r_hat, size, change = (x.reshape(len(x), -1)[:, target] for x in parts)
        traces = values if values.ndim == 3 else values[..., target]
        return cls(traces, r_hat, size, change).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : sequence of four matplotlib Axes, default=None
            None for a new figure.

        Returns
        -------
        self
        """
        self.axes_ = several_axes(ax, 4)
        self.figure_ = self.axes_[0].figure
        self._draw(self.axes_)
        return self

    def _draw(self, axes: NDArray[Any]) -> None:
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
            axes[at].yaxis.get_major_locator().set_params(integer=True)
