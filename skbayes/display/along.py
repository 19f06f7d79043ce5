"""Tables whose rows differ in one column alone, to draw along it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skbayes.columns import column_of, is_number, with_column

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Points of a curve.
N_POINTS = 200


def find_column(X: Any, feature: str | int) -> tuple[int, str]:
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


def values_along(X: Any, number: int, n_points: int = N_POINTS) -> NDArray[Any]:
    """Values of a column to look at: evenly between its ends, or its categories."""
    known = column_of(X, number).dropna()
    if not is_number(known):
        return np.array(sorted(known.unique(), key=str), dtype=object)
    ends = known.to_numpy(dtype=np.float64)
    return np.linspace(ends.min(), ends.max(), n_points)


def line_through(X: Any, number: int, values: NDArray[Any]) -> Any:
    """Rows with these values in one column; the others at their median or most frequent value."""
    copies = np.zeros(len(values), dtype=np.intp)
    is_frame = isinstance(X, pd.DataFrame)
    rows = X.iloc[copies].reset_index(drop=True) if is_frame else np.asarray(X)[copies]
    for other in range(rows.shape[1]):
        typical = [_typical(column_of(X, other))] * len(rows)
        rows = with_column(rows, other, values if other == number else typical)
    return rows


def _typical(column: pd.Series[Any]) -> Any:
    return column.median() if is_number(column) else column.mode().iloc[0]


def places_of(ax: Axes, x: NDArray[Any]) -> NDArray[Any]:
    """Where to draw values of a column: numbers at themselves, categories in a row by name."""
    if x.dtype != object:
        return x
    places = np.arange(len(x))
    names = [str(value) for value in x]
    is_long = sum(map(len, names)) > 30
    slant: dict[str, Any] = {"rotation": 30, "ha": "right"} if is_long else {}
    ax.set_xticks(places, names, **slant)
    return places
