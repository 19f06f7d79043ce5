"""Weighted mean and standard deviation of columns, for any unit."""

from __future__ import annotations

import numpy as np

from skbayes.arrays import FloatArray

#: Share of the values on either side that are not in the middle of a column.
FENCE_TAIL = 0.05
_FENCE_WIDTHS = 2.0
_FENCE_MIN_ROWS = 10


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
    """Weighted mean and standard deviation of each column, values beyond its `fences` left out.

    A few wild values do not change them. A skewed column, which is not wild, keeps its own: the
    median and the median absolute deviation of a target that is small in most rows would make the
    others enormous.

    Parameters
    ----------
    values : ndarray of shape (n, n_columns)
        Gaps are NaN.
    row_weights : ndarray of shape (n,) or None
        How many rows each row stands for; None for one each.

    Returns
    -------
    loc, scale : ndarray of shape (n_columns,)

    Examples
    --------
    >>> import numpy as np
    >>> values = np.append(np.arange(20.0), 1e9)[:, None]
    >>> robust_location_and_scale(values, None)
    (array([9.5]), array([5.766...]))
    """
    lower, upper = fences(values, row_weights)
    is_wild = (values < lower) | (values > upper)
    return location_and_scale(np.where(is_wild, np.nan, values), row_weights)


def fences(values: FloatArray, row_weights: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """Limits of each column beyond which its values are wild.

    They lie two widths beyond the middle nine tenths of the values, a width being that of these
    nine tenths (after Tukey 1977, who takes 1.5 widths of the middle half). Columns of fewer than
    ten values, and those of which nine tenths are equal, have infinite ones. The parameters
    are those of `robust_location_and_scale`.

    Returns
    -------
    lower, upper : ndarray of shape (n_columns,)

    References
    ----------
    J. W. Tukey. "Exploratory Data Analysis", Addison-Wesley 1977.
    """
    lower, upper = np.full((2, values.shape[1]), [[-np.inf], [np.inf]])
    for j, column in enumerate(values.T):
        is_present = ~np.isnan(column)
        weights = None if row_weights is None else row_weights[is_present]
        low, high = _middle(column[is_present], weights)
        if low < high:
            margin = _FENCE_WIDTHS * (high - low)
            lower[j], upper[j] = low - margin, high + margin
    return lower, upper


def _middle(values: FloatArray, weights: FloatArray | None) -> tuple[float, float]:
    """Ends of the middle nine tenths of the rows that `values` stand for; none of few."""
    n_rows = float(len(values)) if weights is None else float(weights.sum())
    if n_rows < _FENCE_MIN_ROWS:
        return np.nan, np.nan
    tail = np.ceil(FENCE_TAIL * (n_rows - 1))
    if weights is None:
        places = [int(tail), len(values) - 1 - int(tail)]
        low, high = np.partition(values, places)[places]
    else:
        order = np.argsort(values)
        reached = np.cumsum(weights[order])
        places = [int(np.argmax(reached > place)) for place in (tail, n_rows - 1 - tail)]
        low, high = values[order[places]]
    return float(low), float(high)
