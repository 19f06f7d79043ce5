"""One column of a frame or an array: as a series, or with other values in its place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


def is_number(column: Any) -> bool:
    """Whether a column holds numbers: truth values are categories."""
    is_numeric: bool = pd.api.types.is_numeric_dtype(column)
    return is_numeric and not pd.api.types.is_bool_dtype(column)


def column_of(X: Any, number: int) -> pd.Series[Any]:
    """A column, with the type that its values have."""
    if isinstance(X, pd.DataFrame):
        return X.iloc[:, number]
    return pd.Series(np.asarray(X)[:, number]).infer_objects()


def with_column(X: Any, number: int, values: ArrayLike) -> Any:
    """The table with other values in one column; the table itself stays as it is.

    Parameters
    ----------
    X : ndarray or DataFrame of shape (n_samples, n_features)
    number : int
        Place of the column.
    values : array-like of shape (n_samples,)
        Values of a Series are taken in their order, whatever its index.

    Returns
    -------
    ndarray or DataFrame
        Numbers have the type of `values`, so that a column of whole numbers may take others;
        categories keep the type of the column.

    Examples
    --------
    >>> import numpy as np
    >>> with_column(np.array([[1, 2], [3, 4]]), 0, [0.5, 1.5])
    array([[0.5, 2. ],
           [1.5, 4. ]])
    """
    if not isinstance(X, pd.DataFrame):
        table = np.asarray(X)
        changed = table.astype(np.result_type(table, np.asarray(values)))
        changed[:, number] = values
        return changed
    column = pd.Series(values).set_axis(X.index)
    dtype = X.dtypes.iloc[number]
    frame = X.copy(deep=False)
    frame.isetitem(number, column if is_number(dtype) else column.astype(dtype))
    return frame
