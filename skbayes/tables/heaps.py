"""Targets that heap at their largest or smallest value, as those do that were cut off there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skbayes.arrays import FloatArray

# A heap has more than this share of the rows, and at least so many of them ...
_LEAST_SHARE, _LEAST_ROWS = 0.01, 10
# ... so many times as many as each other value has on average, of which there are so many ...
_LEAST_EXCESS, _LEAST_VALUES = 5.0, 15
# ... of which the nearest hundredth is within half an interquartile range of it: where they are all
# far off, what lies there is something else, not what would have been a little further out.
_WIDEST_GAP, _NEAREST = 0.5, 0.01


class Heap(NamedTuple):
    """Many rows at one end of a target."""

    target: int
    side: str  # "lower" or "upper"
    value: float
    share: float


def heaps_at_ends(targets: FloatArray, row_weights: FloatArray | None) -> list[Heap]:
    """Heaps at the ends of targets that have many values otherwise, beginning near them.

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
    found = []
    for number, column in enumerate(targets.T):
        for side, value in (("lower", column.min()), ("upper", column.max())):
            if share := _share_of_heap(column, weights, value):
                found.append(Heap(number, side, float(value), share))
    return found


def _share_of_heap(targets: FloatArray, weights: FloatArray, value: float) -> float:
    """Share of the rows with one value ``targets (n,)`` at their end; 0 where it is no heap."""
    is_there, total = targets == value, weights.sum()
    mass = weights[is_there].sum()
    if mass < max(_LEAST_SHARE * total, _LEAST_ROWS - 0.5):  # before anything is sorted
        return 0.0
    others = targets[~is_there]
    n_values = len(np.unique(others))
    if n_values < _LEAST_VALUES or mass < _LEAST_EXCESS * (total - mass) / n_values:
        return 0.0
    distance = np.abs(others - value)
    nearest, lower, upper = np.quantile(distance, [_NEAREST, 0.25, 0.75])
    return float(mass / total) if nearest < _WIDEST_GAP * (upper - lower) else 0.0
