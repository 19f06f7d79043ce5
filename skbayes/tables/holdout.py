"""Rows held out to watch training."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

# Scoring more rows would cost more than training does, and tell no more.
_MAX_ROWS = 10_000


def split_rows(
    n_rows: int, fraction: float, strata: NDArray[np.float64] | None, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows to train on and rows to hold out, each in their order.

    Parameters
    ----------
    n_rows : int
    fraction : float
        Share of the rows to hold out, in (0, 1); never more than 10,000 rows.
    strata : ndarray of shape (n_rows,) or None
        Classes of which both parts have the same shares.
    seed : int

    Raises
    ------
    ValueError
        If there are too few rows, in all or in a class.
    """
    n_held_out = min(math.ceil(fraction * n_rows), _MAX_ROWS)
    if n_held_out >= n_rows:
        raise ValueError(
            f"early_stopping=True with validation_fraction={fraction!r} leaves none of the "
            f"{n_rows} rows to train on. Lower validation_fraction or set early_stopping=False."
        )
    try:
        kept, held_out = train_test_split(
            np.arange(n_rows), test_size=n_held_out, stratify=strata, random_state=seed
        )
    except ValueError as error:
        raise ValueError(
            f"early_stopping=True with validation_fraction={fraction!r} holds out rows of every "
            f"class, of which there are too few: {error}. Change validation_fraction or set "
            "early_stopping=False."
        ) from error
    return np.sort(kept), np.sort(held_out)
