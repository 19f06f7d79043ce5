"""What the displays share: how they are drawn, axes and colours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from typing_extensions import Self

#: Of what is predicted, what was observed, and what is measured against.
PREDICTED, OBSERVED, REFERENCE = "#2b6cb0", "#2d3748", "#a0aec0"
ALEATORIC, EPISTEMIC = "#dd9a3c", "#2f9e82"
# More points than this hide one another: they are drawn smaller and lighter.
_MANY_POINTS = 500


@dataclass
class Display(ABC):
    """A picture: what it shows is kept as arrays, and drawn by `plot` as often as is asked.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    ax_: Any = field(default=None, init=False, repr=False)
    figure_: Any = field(default=None, init=False, repr=False)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None for new ones, in a figure of their own.

        Returns
        -------
        self
        """
        self.ax_ = pyplot().subplots(layout="constrained")[1] if ax is None else ax
        self.figure_ = self.ax_.figure
        self._draw(self.ax_)
        return self

    @abstractmethod
    def _draw(self, ax: Any) -> None:
        """Draw on these axes."""


def pyplot() -> Any:
    """The pyplot of matplotlib, asked for before anything is computed that could then not be drawn.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            'The displays need matplotlib. Install it with: pip install "skbayes[plot]".'
        ) from error
    return plt


def several_axes(axes: Any, n_axes: int, width: float = 4.2) -> NDArray[Any]:
    """The axes given, or a row of so many in a new figure."""
    if axes is None:
        size = (width * n_axes, 3.4)
        _, axes = pyplot().subplots(1, n_axes, figsize=size, layout="constrained")
    flat = np.ravel(np.asarray(axes, dtype=object))
    if len(flat) != n_axes:
        raise ValueError(f"ax must be {n_axes} axes. Got {len(flat)}.")
    return flat


def point_style(n_points: int) -> dict[str, Any]:
    """How to draw so many points that they can be told apart."""
    if n_points <= _MANY_POINTS:
        return {"s": 14, "alpha": 0.7, "linewidths": 0}
    return {"s": 4, "alpha": max(0.08, 0.7 * _MANY_POINTS / n_points), "linewidths": 0}


def legend(ax: Axes, **style: Any) -> None:
    """Say what is what."""
    ax.legend(frameon=False, fontsize="small", **style)


def first_target(values: ArrayLike, target: int, n_outputs: int) -> NDArray[np.float64]:
    """Of several targets the one to draw, ``(n, ...)``."""
    array: NDArray[np.float64] = np.asarray(values)
    return array[:, target] if n_outputs > 1 else array
