"""The units in which a network sees the targets of a regression."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from skbayes.arrays import FloatArray
from skbayes.model import Bounds, TargetUnits, UnitRule
from skbayes.tables.moments import location_and_scale, robust_location_and_scale
from skbayes.tables.rounding import grid_width


def target_units(
    targets: FloatArray,
    row_weights: FloatArray | None,
    rule: UnitRule,
    bounds: Bounds | None = None,
    has_density: NDArray[np.bool_] | None = None,
    *,
    standardize: bool,
) -> TargetUnits:
    """Units for targets in the units of the user.

    Parameters
    ----------
    targets : ndarray of shape (n, t)
    row_weights : ndarray of shape (n,) or None
        How many rows each row stands for; None for one each.
    rule : str
        What the likelihood's units are made of, its `unit_rule`.
    bounds : Bounds, default=None
        Of each target: the interval whose log odds are meant, or else where targets were censored.
    has_density : ndarray of shape (n, t) of bool, default=None
        Which targets count; None for all, but for those that were censored.
    standardize : bool
        Whether the network sees standardised targets.

    Examples
    --------
    >>> import numpy as np
    >>> units = target_units(np.array([[8.0], [12.0]] * 5), None, "moments", standardize=True)
    >>> units.loc, units.scale, units.resolution
    (array([10.]), array([2.]), array([2.]))
    """
    if rule == "logit_moments":
        assert bounds is not None
        targets, bounds = bounds.log_odds(targets), None
    if bounds is not None:
        has_density = bounds.inside(targets)
    location, spread = _RULES[rule](targets, row_weights)
    if has_density is not None:
        counted = _RULES[rule](np.where(has_density, targets, np.nan), row_weights)
        if bounds is not None:
            counted = _uncensored(targets, row_weights, bounds, *counted)
        # A target with no two values that count keeps the units of all.
        has_values = [
            len(np.unique(column[counts])) > 1
            for column, counts in zip(targets.T, has_density.T, strict=True)
        ]
        location, spread = (
            np.where(has_values, one, other)
            for one, other in zip(counted, (location, spread), strict=True)
        )
    is_logarithmic = rule.startswith("log")
    resolution = np.zeros_like(spread) if is_logarithmic else _resolution(targets, has_density)
    return TargetUnits.of(location, spread, resolution, standardize=standardize)


def _uncensored(
    targets: FloatArray,
    row_weights: FloatArray | None,
    bounds: Bounds,
    location: FloatArray,
    spread: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Location and spread that targets had before they were cut, from those of the ones inside.

    These have the moments of a truncated normal distribution, whose share on either side is
    known (Johnson, Kotz & Balakrishnan 1994, section 13.10.1).
    """
    below = np.average(targets <= bounds.lower, axis=0, weights=row_weights)
    above = np.average(targets >= bounds.upper, axis=0, weights=row_weights)
    lower, upper = special.ndtri(below), -special.ndtri(above)
    first, last = (np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) for z in (lower, upper))
    with np.errstate(divide="ignore", invalid="ignore"):  # of what is not taken
        mean = (first - last) / (1 - below - above)
        # An infinite quantile has no density: 0 for the product.
        ends = [np.nan_to_num(z * density) for z, density in ((lower, first), (upper, last))]
        variance = 1 + (ends[0] - ends[1]) / (1 - below - above) - mean**2
        scale = spread / np.sqrt(variance)
        return location - scale * mean, scale


def _resolution(targets: FloatArray, has_density: NDArray[np.bool_] | None) -> FloatArray:
    """Width of the grid that each target was rounded to; 0 for none.

    Those at a bound, or at a value of its own, were not: they are left out.
    """
    counts = np.ones_like(targets, dtype=bool) if has_density is None else has_density
    return np.array(
        [grid_width(column[some]) for column, some in zip(targets.T, counts.T, strict=True)]
    )


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
    "logit_moments": location_and_scale,
    "log_of_mean": _log_of_mean,
}
