"""Bounds of targets, as users state them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray


class Bounds(NamedTuple):
    """Lower and upper bound of each target, each ``(t,)``; infinite where there is none."""

    lower: FloatArray
    upper: FloatArray

    @classmethod
    def of(cls, lower: Any, upper: Any, n_targets: int) -> Bounds:
        """Bounds that are None, one number for all targets or one for each.

        Raises
        ------
        ValueError
            Naming the parameter, `lower` or `upper`, its value, and what is allowed.
        """
        bounds = cls(
            values_of_targets("lower", lower, -np.inf, n_targets),
            values_of_targets("upper", upper, np.inf, n_targets),
        )
        if not np.all(bounds.lower < bounds.upper):
            raise ValueError(
                f"lower must be less than upper. Got lower={lower!r} and upper={upper!r} instead."
            )
        return bounds

    def clip(self, targets: FloatArray) -> FloatArray:
        """Targets ``(n, t)``, those beyond a bound at it."""
        return np.clip(targets, self.lower, self.upper)

    def inside(self, targets: FloatArray) -> NDArray[np.bool_]:
        """Whether each target lies strictly between its bounds."""
        is_inside: NDArray[np.bool_] = (self.lower < targets) & (targets < self.upper)
        return is_inside

    def log_odds(self, targets: FloatArray) -> FloatArray:
        """``log((y - lower) / (upper - y))`` of targets strictly inside."""
        log_odds: FloatArray = np.log(targets - self.lower) - np.log(self.upper - targets)
        return log_odds


def values_of_targets(
    name: str, given: Any, default: float, n_targets: int, *, has_gaps: bool = False
) -> FloatArray:
    """A number for each target, from one for all or one for each, ``(t,)``.

    Parameters
    ----------
    name : str
        What errors call it.
    given : float, array-like of shape (t,) or None
    default : float
        For None.
    n_targets : int
    has_gaps : bool, default=False
        Whether some targets may have none, which is NaN.
    """
    if given is None:
        return np.full(n_targets, default)
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.array(np.nan)
    is_missing = np.isnan(values).any() and not has_gaps
    if values.ndim > 1 or values.size not in (1, n_targets) or is_missing:
        each = "" if n_targets == 1 else f" or one for each of {n_targets} targets"
        raise ValueError(f"{name} must be a number{each}. Got {name}={given!r} instead.")
    return np.broadcast_to(values.reshape(-1), n_targets).copy()
