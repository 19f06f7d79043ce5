"""Targets that heap at their largest or smallest value, as those do that were cut off there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skbayes.arrays import FloatArray

# A heap has more than this share of the rows, and at least so many of them ...
_LEAST_SHARE, _LEAST_ROWS = 0.01, 10
# ... so many times as many as the values have on average, of which there are at least this many.
_LEAST_EXCESS, _LEAST_VALUES = 5.0, 50


class Heap(NamedTuple):
    """Many rows at one end of a target."""

    target: int
    side: str  # "lower" or "upper"
    value: float
    share: float


def heaps_at_ends(targets: FloatArray, row_weights: FloatArray | None) -> list[Heap]:
    """Heaps at the ends of targets that have many values otherwise.

    Parameters
    ----------
    targets : ndarray of shape (n, t)
    row_weights : ndarray of shape (n,) or None
        How many rows each row stands for; None for one each.

    Examples
    --------
    >>> import numpy as np
    >>> heaps_at_ends(np.minimum(np.arange(200.0), 180.0)[:, None], None)
    [Heap(target=0, side='upper', value=180.0, share=0.1)]
    """
    weights = np.ones(len(targets)) if row_weights is None else row_weights
    total, found = weights.sum(), []
    for number, column in enumerate(targets.T):
        n_values = len(np.unique(column))
        least = max(_LEAST_SHARE * total, _LEAST_ROWS - 0.5, _LEAST_EXCESS * total / n_values)
        for side, value in (("lower", column.min()), ("upper", column.max())):
            n_rows = weights[column == value].sum()
            if n_values >= _LEAST_VALUES and n_rows > least:
                found.append(Heap(number, side, float(value), float(n_rows / total)))
    return found
