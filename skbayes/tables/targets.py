"""Targets, validated and in their own type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import check_X_y

from skbayes.tables.table import Table
from skbayes.tables.unreadable import refuse_times


def read_target(estimator: Any, table: Table, y: Any, **check: Any) -> NDArray[Any]:
    """Validate the targets of the rows of a table; `check` is as for `check_X_y`."""
    rows = np.empty((len(table), 0))
    checked: NDArray[Any]
    y = _without_nullable_dtypes(y)
    values = np.asarray(y)
    _refuse_gaps(values)
    if check.get("y_numeric"):
        refuse_times(values)
        _refuse_text(values)
    _, checked = check_X_y(rows, y, ensure_min_features=0, estimator=estimator, **check)
    return checked


def _without_nullable_dtypes(y: Any) -> Any:
    """A pandas series of a nullable or Arrow dtype as NumPy would hold it, if nothing is missing.

    Labels come back from `predict` in their own type: "boolean" ones as True and False.
    """
    if not isinstance(y, pd.Series) or isinstance(y.dtype, np.dtype) or y.isna().any():
        return y
    kind = getattr(y.dtype, "numpy_dtype", None)
    return y if kind is None else y.to_numpy(dtype=kind)


def _refuse_gaps(values: NDArray[Any]) -> None:
    """Refuse objects among which something is missing, whatever stands for it.

    scikit-learn finds NaN, but neither compares nor sorts None and pandas.NA.
    """
    if values.dtype == object and values.ndim and pd.isna(values).any():
        raise ValueError(
            "Input y contains NaN, or what else stands for a missing value (None, pandas.NA). Rows "
            "without a target cannot be fitted to: leave them out."
        )


def _refuse_text(values: NDArray[Any]) -> None:
    """Refuse targets of a regression that are text and not numbers."""
    if values.dtype.kind not in "OSUT":
        return
    for text in filter(lambda value: isinstance(value, (str, bytes)), values.flat):
        try:
            float(text)
        except ValueError:
            raise ValueError(
                f"y holds text such as {str(text)!r}, and a regression needs numbers. For "
                "classes use BayesianMLPClassifier."
            ) from None
