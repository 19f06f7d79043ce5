"""Columns that are neither numbers nor categories, and targets that are times: refused."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# What to do about columns that are neither numbers nor categories.
_ELAPSED = (
    "Pass elapsed time as a number, such as (dates - dates.min()) / pd.Timedelta(days=1), and "
    "what repeats, such as dates.dt.month or dates.dt.dayofweek, as categories"
)
_REMEDIES = {
    "M": _ELAPSED,
    "m": "Pass a number in a unit of your choice, such as column / pd.Timedelta(hours=1)",
    "c": "Pass real and imaginary parts, or modulus and phase, as two columns",
    "nested": "Pass each part as a column of its own",
}

_REMEDIES_OF_TARGETS = {
    "M": "time from a date of your choice, such as (y - y.min()) / pd.Timedelta(days=1)",
    "m": "a number in a unit of your choice, such as y / pd.Timedelta(hours=1)",
}


def refuse_times(targets: NDArray[Any]) -> None:
    """Refuse targets that are dates or durations, of which the unit is not to be guessed.

    Raises
    ------
    ValueError
        With what to do.
    """
    column = pd.Series(targets.ravel()).infer_objects()
    if advice := _REMEDIES_OF_TARGETS.get(_unreadable_kind(column) or ""):
        raise ValueError(
            f"y holds values of type {column.dtype}, and a regression needs numbers. Pass {advice}."
        )


def refuse_unreadable(X: Any, categorical: Sequence[int]) -> None:
    """Refuse columns that are neither numbers nor categories, saying what to do.

    Raises
    ------
    ValueError
        Naming the first such column.
    """
    if isinstance(X, pd.DataFrame):
        for j in sorted(set(range(X.shape[1])) - set(categorical)):
            column = X.iloc[:, j]
            if kind := _unreadable_kind(column):
                raise _unreadable_error(f"Column {X.columns[j]!r}", column.dtype, kind)
    elif getattr(getattr(X, "dtype", None), "kind", "") in ("M", "m"):
        raise _unreadable_error("X", X.dtype, X.dtype.kind)


def _unreadable_kind(column: pd.Series[Any]) -> str | None:
    """Key of `_REMEDIES` for a column of numbers that holds none."""
    dtype = column.dtype
    if isinstance(dtype, pd.PeriodDtype):
        return "M"
    if getattr(dtype, "kind", "") in ("M", "m", "c"):
        return str(dtype.kind)
    if isinstance(dtype, pd.IntervalDtype):
        return "nested"
    for value in column if pd.api.types.is_object_dtype(dtype) else ():
        if isinstance(value, (list, tuple, dict, set, np.ndarray)):
            return "nested"
        if isinstance(value, complex):
            return "c"
        if isinstance(value, (datetime.date, np.datetime64, pd.Period)):
            return "M"
        if isinstance(value, (datetime.timedelta, np.timedelta64)):
            return "m"
    return None


def refuse_text(X: Any, categorical: Sequence[int]) -> None:
    """Refuse text in columns of numbers, with scikit-learn's words and what to do.

    Raises
    ------
    ValueError
        Naming the first such column and value.
    """
    if isinstance(X, pd.DataFrame):
        for j in sorted(set(range(X.shape[1])) - set(categorical)):
            column = X.iloc[:, j]
            if column.dtype == object or pd.api.types.is_string_dtype(column.dtype):
                _refuse_text_in(column.dropna(), f"Column {X.columns[j]!r}")
    elif not hasattr(X, "tocsr"):
        cells = np.asarray(X, dtype=object)
        for j in sorted(set(range(cells.shape[1] if cells.ndim == 2 else 0)) - set(categorical)):
            _refuse_text_in(cells[:, j], f"Column {j}")


def _refuse_text_in(values: Iterable[Any], what: str) -> None:
    for value in values:
        if isinstance(value, str):
            try:
                float(value)
            except ValueError:
                raise ValueError(
                    f"could not convert string to float: {value!r}. {what} holds text, and is not "
                    "one of the categorical columns. Replace what stands for a missing number by "
                    "NaN (pandas.to_numeric(column, errors='coerce')), or name the column in "
                    "categorical_features."
                ) from None


def _unreadable_error(what: str, dtype: Any, kind: str) -> ValueError:
    return ValueError(
        f"{what} is of dtype {dtype}, which is neither a number nor a category. "
        f"{_REMEDIES[kind]}; or name it in categorical_features."
    )
