"""Checks of targets against the support of a likelihood."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray
from skbayes.model.likelihoods.target_bounds import Bounds

# Doubles do not count further.
_LARGEST_COUNT = 2.0**53


def check_positive(targets: FloatArray, likelihood: str) -> None:
    """Raise a ValueError unless all `targets` are positive."""
    _refuse(targets, targets <= 0, repr(likelihood), "positive targets")


def check_counts(targets: FloatArray, likelihood: str) -> None:
    """Raise a ValueError unless all `targets` are counts."""
    is_count = (targets >= 0) & (targets == np.floor(targets)) & (targets <= _LARGEST_COUNT)
    _refuse(targets, ~is_count, repr(likelihood), "counts as targets (0, 1, 2, ... up to 2**53)")


def check_inside(targets: FloatArray, bounds: Bounds, likelihood: str) -> None:
    """Raise a ValueError unless all `targets` lie strictly inside their bounds."""
    ends = (np.unique(bound).tolist() for bound in bounds)
    lower, upper = (end[0] if len(end) == 1 else end for end in ends)
    _refuse(
        targets,
        ~bounds.inside(targets),
        likelihood,
        f"targets strictly between {lower} and {upper} (values at a bound are for "
        "skbayes.likelihoods.Censored)",
    )


def _refuse(
    targets: FloatArray, is_wrong: NDArray[np.bool_], likelihood: str, allowed: str
) -> None:
    if is_wrong.any():
        row, column = np.argwhere(is_wrong)[0]
        raise ValueError(
            f"likelihood={likelihood} needs {allowed}. "
            f"Got {targets[row, column]:g} in row {row}, column {column} of y instead."
        )
