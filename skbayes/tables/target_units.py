"""The units in which a network sees the targets of a regression."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skbayes.model import TargetUnits, UnitRule
from skbayes.tables.moments import FloatArray, location_and_scale, robust_location_and_scale

# Of a target with more distinct values, relative to its rows, nothing says that it was rounded.
_MOST_DISTINCT = 0.5
_ROUNDING = 1e-9


def target_units(
    targets: FloatArray, row_weights: FloatArray | None, rule: UnitRule, *, standardize: bool
) -> TargetUnits:
    """Units for targets in the units of the user.

    Parameters
    ----------
    targets : ndarray of shape (n, t)
    row_weights : ndarray of shape (n,) or None
        How many rows each row stands for; None for one each.
    rule : str
        What the likelihood's units are made of, its `unit_rule`.
    standardize : bool
        Whether the network sees standardised targets.

    Examples
    --------
    >>> import numpy as np
    >>> units = target_units(np.array([[8.0], [12.0]] * 5), None, "moments", standardize=True)
    >>> units.loc, units.scale, units.resolution
    (array([10.]), array([2.]), array([2.]))
    """
    location, spread = _RULES[rule](targets, row_weights)
    is_logarithmic = rule.startswith("log")
    resolution = np.zeros_like(spread) if is_logarithmic else _resolution(targets)
    return TargetUnits.of(location, spread, resolution, standardize=standardize)


def _resolution(targets: FloatArray) -> FloatArray:
    """Smallest distance between values of each target, where most rows share theirs; else 0.

    A target whose values are mostly shared was rounded, to whole numbers or to some other grid.
    """
    resolution = np.zeros(targets.shape[1])
    for j, column in enumerate(targets.T):
        values = np.unique(column)
        if 1 < len(values) <= _MOST_DISTINCT * len(column):
            distances = np.diff(values)
            # 0.3 and 0.1 + 0.2 are one value.
            is_rounding = distances <= _ROUNDING * np.abs(values).max()
            resolution[j] = np.min(distances[~is_rounding], initial=np.inf)
    return np.where(np.isfinite(resolution), resolution, 0.0)


def _log_moments(
    targets: FloatArray, row_weights: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    return location_and_scale(np.log(targets), row_weights)


def _log_of_mean(
    targets: FloatArray, row_weights: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Logarithm of the mean, at any magnitude, and a spread of 1."""
    magnitude = np.maximum(np.abs(targets).max(axis=0), np.finfo(np.float64).tiny)
    mean = np.average(targets / magnitude, axis=0, weights=row_weights) * magnitude
    # Where every count is zero the rate is below one in all rows: take half of that.
    n_rows = len(targets) if row_weights is None else float(row_weights.sum())
    log_mean = np.log(np.where(mean > 0, mean, 0.5 / n_rows))
    return log_mean, np.ones_like(log_mean)


_RULES: dict[UnitRule, Callable[[FloatArray, FloatArray | None], tuple[FloatArray, FloatArray]]] = {
    "moments": location_and_scale,
    "trimmed_moments": robust_location_and_scale,
    "log_moments": _log_moments,
    "log_of_mean": _log_of_mean,
}
