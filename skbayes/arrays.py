"""The type of nearly all arrays, by one name; and a unit in which squares are safe."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]


def binary_exponents(values: FloatArray, axis: int | tuple[int, ...]) -> NDArray[Any]:
    """Powers of two in units of which values along some axes are at most 1, and the largest one
    at least a half: their squares neither overflow nor vanish, and no digit changes.
    """
    _, exponents = np.frexp(np.abs(values).max(axis=axis))
    return exponents
