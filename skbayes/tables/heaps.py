"""Heaps of targets: values that many rows have."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from skbayes.arrays import FloatArray
from skbayes.tables.rounding import grid_width

# A heap at an end has more than this share of the rows, and at least so many of them ...
_LEAST_SHARE, _LEAST_ROWS = 0.01, 10
# ... so many times as many as each other value has on average, of which there are so many ...
_LEAST_EXCESS, _LEAST_VALUES = 5.0, 15
# ... of which the nearest hundredth is within half an interquartile range of it: where they are all
# far off, what lies there is something else, not what would have been a little further out.
_WIDEST_GAP, _NEAREST = 0.5, 0.01
# With so many rows at the end the others would be dense near it, had they been cut off: their
# nearest twentieth is within 1.5 times the distance that it would have, if they were normal.
_LARGE_SHARE, _NEAR, _SPARSE = 0.2, 0.05, 1.5
# A heap elsewhere has more than this share, and is compared with so many values around it: common
# values of a target that has others far out are no heap.
_LEAST_SHARE_APART, _N_AROUND = 0.05, 10
# Of few other values, but more than one, every value is common: a heap has more rows than they.
_LEAST_SHARE_OF_FEW, _LEAST_OTHERS = 0.5, 2


class Heap(NamedTuple):
    """Many rows with one value of a target."""

    target: int
    side: str  # "lower" or "upper" where others would be a little further out, else "apart"
    value: float
    share: float


def heaps_of(targets: FloatArray, row_weights: FloatArray | None) -> list[Heap]:
    """Heaps of targets: of each those at its ends that others lead up to, or a larger one apart.

    Parameters
    ----------
    targets : ndarray of shape (n, t)
    row_weights : ndarray of shape (n,) or None
        How many rows each row stands for; None for one each.

    Examples
    --------
    >>> import numpy as np
    >>> heaps_of(np.minimum(np.arange(200.0), 180.0)[:, None], None)
    [Heap(target=0, side='upper', value=180.0, share=0.1)]
    >>> heaps_of(np.append(np.arange(150.0), np.full(50, 70.0))[:, None], None)
    [Heap(target=0, side='apart', value=70.0, share=0.255)]
    """
    weights = np.ones(len(targets)) if row_weights is None else row_weights
    found = []
    for number, column in enumerate(targets.T):
        at_ends = [
            Heap(number, side, float(value), share)
            for side, value in (("lower", column.min()), ("upper", column.max()))
            if (share := _share_at_end(column, weights, value))
        ]
        value, share = _apart(column, weights)
        is_larger = share > max((heap.share for heap in at_ends), default=0.0)
        found += [Heap(number, "apart", value, share)] if is_larger else at_ends
    return found


def _apart(targets: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """The commonest value of ``targets (n,)``, and its share: 0 where it is no heap."""
    values, index = np.unique(targets, return_inverse=True)
    mass = np.bincount(index, weights).astype(np.float64)
    first = int(mass.argmax())
    share = float(mass[first] / mass.sum())
    is_heap = mass[first] >= _LEAST_ROWS - 0.5 and _stands_out(mass, first, share)
    return float(values[first]), share if is_heap else 0.0


def _stands_out(mass: FloatArray, first: int, share: float) -> bool:
    """Whether the commonest value is a heap: number `first` of values that ``mass`` rows have."""
    n_others = len(mass) - 1
    if n_others < _LEAST_VALUES:
        return n_others >= _LEAST_OTHERS and share > _LEAST_SHARE_OF_FEW
    near = slice(max(0, first - _N_AROUND // 2), first + _N_AROUND // 2 + 1)
    around = np.delete(mass[near], first - near.start).mean()
    return share > _LEAST_SHARE_APART and bool(mass[first] >= _LEAST_EXCESS * around)


def _share_at_end(targets: FloatArray, weights: FloatArray, value: float) -> float:
    """Share of the rows with one value ``targets (n,)`` at their end; 0 where it is no heap."""
    is_there, total = targets == value, weights.sum()
    mass = weights[is_there].sum()
    if mass < max(_LEAST_SHARE * total, _LEAST_ROWS - 0.5):  # before anything is sorted
        return 0.0
    others = targets[~is_there]
    n_values = len(np.unique(others))
    if n_values < _LEAST_VALUES or mass < _LEAST_EXCESS * (total - mass) / n_values:
        return 0.0
    share = float(mass / total)
    return share if _begin_near(np.abs(others - value), share) else 0.0


def _begin_near(distance: FloatArray, share: float) -> bool:
    """Whether others at some distances from a heap ``(n,)`` look as if they went on beyond it."""
    nearest, near, lower, upper = np.quantile(distance, [_NEAREST, _NEAR, 0.25, 0.75])
    if nearest >= _WIDEST_GAP * (upper - lower):
        return False
    if share < _LARGE_SHARE:
        return True
    near -= grid_width(distance)  # the next value of a grid is not far
    quantiles = ndtri((1 - share) * (1 - np.array([0.0, _NEAR, 0.25, 0.75])))
    _, normal_near, normal_lower, normal_upper = quantiles[0] - quantiles
    return bool(near * (normal_upper - normal_lower) < _SPARSE * normal_near * (upper - lower))
