"""The units in which a network sees the targets of a regression."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skbayes.model import TargetUnits, UnitRule
from skbayes.tables.moments import FloatArray, location_and_scale, robust_location_and_scale


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
    >>> target_units(np.array([[8.0], [12.0]]), None, "moments", standardize=True)
    TargetUnits(loc=array([10.]), scale=array([2.]), centre=array([0.]), size=array([1.]))
    """
    return TargetUnits.of(*_RULES[rule](targets, row_weights), standardize=standardize)


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
    "median": robust_location_and_scale,
    "log_moments": _log_moments,
    "log_of_mean": _log_of_mean,
}
