"""Weighted mean and standard deviation of columns, for any unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def location_and_scale(
    values: FloatArray, row_weights: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Weighted mean and standard deviation of each column.

    A constant column gets its magnitude as its scale (1 if it is zero).

    Parameters
    ----------
    values : ndarray of shape (n, n_columns)
    row_weights : ndarray of shape (n,) or None
        How many rows each row stands for; None for one each.

    Returns
    -------
    loc, scale : ndarray of shape (n_columns,)

    Examples
    --------
    >>> import numpy as np
    >>> location_and_scale(np.array([[1.0, 5.0], [3.0, 5.0]]), None)
    (array([2., 5.]), array([1., 5.]))
    """
    # In units of the largest value no square over- or underflows.
    magnitude = np.abs(values).max(axis=0)
    magnitude[magnitude == 0] = 1.0
    relative = values / magnitude
    n_rows = len(values) if row_weights is None else row_weights.sum()
    mean = np.average(relative, axis=0, weights=row_weights)
    deviations = relative - mean
    variance = np.average(np.square(deviations), axis=0, weights=row_weights)
    # Squares of the rounding errors of a constant column, as in scikit-learn's StandardScaler.
    epsilon = np.finfo(np.float64).eps
    is_constant = variance <= n_rows * epsilon * variance + np.square(n_rows * mean * epsilon)
    return mean * magnitude, np.where(is_constant, 1.0, np.sqrt(variance)) * magnitude
