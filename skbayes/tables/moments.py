"""Weighted mean and standard deviation of columns, for any unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Median absolute deviation of a standard normal: the 75 % quantile.
_NORMAL_MEDIAN_DEVIATION = 0.6744897501960817


def location_and_scale(
    values: FloatArray, row_weights: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Weighted mean and standard deviation of the values of each column that are not NaN.

    A constant column gets its magnitude as its scale (1 if it is zero); a column without a
    single value, which tells nothing about its unit, the location 0 and an infinite scale.

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
    is_present = ~np.isnan(values)
    is_empty = ~is_present.any(axis=0)
    # In units of the largest value no square over- or underflows; fmax passes over NaN.
    magnitude = np.fmax.reduce(np.abs(values), axis=0, initial=0.0)
    magnitude[magnitude == 0] = 1.0
    relative = np.where(is_present, values / magnitude, 0.0)
    weights = is_present * (1.0 if row_weights is None else row_weights[:, None])
    total = np.where(is_empty, 1.0, weights.sum(axis=0))
    mean = (weights * relative).sum(axis=0) / total
    variance = (weights * np.square(relative - mean)).sum(axis=0) / total
    # Squares of the rounding errors of a constant column, as in scikit-learn's StandardScaler.
    epsilon = np.finfo(np.float64).eps
    is_constant = variance <= total * epsilon * variance + np.square(total * mean * epsilon)
    scale = np.where(is_constant, 1.0, np.sqrt(variance)) * magnitude
    return mean * magnitude, np.where(is_empty, np.inf, scale)


def robust_location_and_scale(
    values: FloatArray, row_weights: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Weighted median and median absolute deviation of each column, as for a normal.

    The deviation is divided by 0.6745, which makes it the standard deviation of normal values.
    Where more than half of the values are equal it is zero, and the standard deviation is
    returned instead.

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
    >>> robust_location_and_scale(np.array([[1.0], [2.0], [3.0], [4.0], [1e9]]), None)
    (array([3.]), array([1.4826...]))
    """
    median = _weighted_median(values, row_weights)
    deviation = _weighted_median(np.abs(values - median), row_weights) / _NORMAL_MEDIAN_DEVIATION
    _, scale = location_and_scale(values, row_weights)
    return median, np.where(deviation > 0, deviation, scale)


def _weighted_median(values: FloatArray, row_weights: FloatArray | None) -> FloatArray:
    """Median of each column of the rows that the weights stand for."""
    if row_weights is None:
        median: FloatArray = np.median(values, axis=0)
        return median
    order = np.argsort(values, axis=0)
    ordered = np.take_along_axis(values, order, axis=0)
    below = np.cumsum(row_weights[order], axis=0)
    half = 0.5 * below[-1]
    # Where half of the weight lies exactly below a value, halfway to the next.
    lower, upper = (np.argmax(reached, axis=0) for reached in (below >= half, below > half))
    columns = np.arange(values.shape[1])
    return 0.5 * ordered[lower, columns] + 0.5 * ordered[upper, columns]
