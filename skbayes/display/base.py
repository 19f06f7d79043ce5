"""What the displays share: axes, colours, and the rows of a line through a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Of what is predicted, what was observed, and what is measured against.
PREDICTED, OBSERVED, REFERENCE = "#2b6cb0", "#2d3748", "#a0aec0"
ALEATORIC, EPISTEMIC = "#dd9a3c", "#2f9e82"
#: Points of a curve.
N_POINTS = 200
# More points than this hide one another: they are drawn smaller and lighter.
_MANY_POINTS = 500


def axes_of(ax: Axes | None) -> Axes:
    """The axes given, or new ones.

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
    return plt.gca() if ax is None else ax


def several_axes(axes: Any, n_axes: int, width: float = 4.2) -> NDArray[Any]:
    """The axes given, or a row of so many new ones."""
    axes_of(None if axes is None else np.ravel(axes)[0])
    if axes is None:
        import matplotlib.pyplot as plt

        plt.close(plt.gcf()) if not plt.gcf().axes[0].has_data() else None
        _, axes = plt.subplots(1, n_axes, figsize=(width * n_axes, 3.4), layout="constrained")
    flat = np.ravel(np.asarray(axes, dtype=object))
    if len(flat) != n_axes:
        raise ValueError(f"ax must be {n_axes} axes. Got {len(flat)}.")
    return flat


def point_style(n_points: int) -> dict[str, Any]:
    """How to draw so many points that they can be told apart."""
    if n_points <= _MANY_POINTS:
        return {"s": 14, "alpha": 0.7, "linewidths": 0}
    return {"s": 4, "alpha": max(0.08, 0.7 * _MANY_POINTS / n_points), "linewidths": 0}


def column_of(X: Any, feature: str | int) -> tuple[int, str]:
    """Number and name of a column.

    Raises
    ------
    ValueError
        If there is none of that name or number.
    """
    names = list(X.columns) if isinstance(X, pd.DataFrame) else []
    if isinstance(feature, str):
        if feature not in names:
            raise ValueError(f"feature must be a column of X, one of {names}. Got {feature!r}.")
        return names.index(feature), feature
    n_columns = np.shape(X)[1]
    if not -n_columns <= feature < n_columns:
        raise ValueError(
            f"feature must be the number of a column, below {n_columns}. Got {feature!r}."
        )
    number = int(feature) % n_columns
    return number, str(names[number]) if names else f"x{number}"


def values_along(X: Any, number: int, n_points: int) -> NDArray[Any]:
    """Values of a column to look at: evenly between its ends, or its categories."""
    column = X.iloc[:, number] if isinstance(X, pd.DataFrame) else np.asarray(X)[:, number]
    series = pd.Series(column)
    if not pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        return np.array(sorted(series.dropna().unique(), key=str), dtype=object)
    known = series.dropna().to_numpy(dtype=np.float64)
    return np.linspace(known.min(), known.max(), n_points)


def line_through(X: Any, number: int, values: NDArray[Any]) -> Any:
    """Rows with these values in one column; the others at their median or most frequent value."""
    n_rows = len(values)
    if not isinstance(X, pd.DataFrame):
        table = np.asarray(X)
        typical = np.nanmedian(table.astype(np.float64), axis=0)
        rows = np.repeat(typical[None, :], n_rows, axis=0)
        rows[:, number] = values
        return rows
    parts: dict[Any, Any] = {}
    for j, name in enumerate(X.columns):
        column = X.iloc[:, j]
        if j == number:
            parts[name] = pd.Series(values).astype(column.dtype if len(values) else object)
            if pd.api.types.is_numeric_dtype(column):
                parts[name] = pd.Series(np.asarray(values, dtype=np.float64))
        elif pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            parts[name] = pd.Series(np.full(n_rows, column.median()))
        else:
            parts[name] = pd.Series([column.mode().iloc[0]] * n_rows).astype(column.dtype)
    return pd.DataFrame(parts)


def as_column(X: Any, number: int) -> NDArray[Any]:
    """Values of a column."""
    if isinstance(X, pd.DataFrame):
        return X.iloc[:, number].to_numpy()
    values: NDArray[Any] = np.asarray(X)[:, number]
    return values


def first_target(values: ArrayLike, target: int, n_outputs: int) -> NDArray[np.float64]:
    """Of several targets the one to draw, ``(n, ...)``."""
    array: NDArray[np.float64] = np.asarray(values)
    return array[:, target] if n_outputs > 1 else array


def name_places(ax: Axes, values: NDArray[Any]) -> None:
    """Name the places 0, 1, ... of an axis, slanted where the names are long."""
    names = [str(value) for value in values]
    is_long = sum(map(len, names)) > 30
    slant: dict[str, Any] = {"rotation": 30, "ha": "right"} if is_long else {}
    ax.set_xticks(np.arange(len(names)), names, **slant)
