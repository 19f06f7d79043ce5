"""Standardisation of columns, robust to constants and to any unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skbayes.model import location_and_scale

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ColumnScaling:
    """The map ``(values - loc) / scale`` of each column.

    Attributes
    ----------
    loc, scale : ndarray of shape (n_columns,)
    """

    loc: FloatArray
    scale: FloatArray

    @classmethod
    def identity(cls, n_columns: int) -> ColumnScaling:
        """The map that changes nothing."""
        return cls(np.zeros(n_columns), np.ones(n_columns))

    @classmethod
    def standardising(cls, values: FloatArray, row_weights: FloatArray | None) -> ColumnScaling:
        """The map to weighted mean 0 and standard deviation 1.

        A constant column is divided by its magnitude instead (by 1 if it is zero).
        """
        return cls(*location_and_scale(values, row_weights))

    def apply(self, values: FloatArray) -> FloatArray:
        """Scaled copy of ``values (n, n_columns)``."""
        scaled: FloatArray = (values - self.loc) / self.scale
        return scaled
