"""The grid of numbers that were rounded."""

import numpy as np
import pytest

from skbayes.tables.rounding import grid_width

RNG = np.random.RandomState(0)


@pytest.mark.parametrize(
    ("values", "width"),
    [
        (RNG.randint(0, 9, size=100), 1.0),
        (0.1 * RNG.randint(0, 30, size=300), 0.1),
        (100.0 * RNG.randint(0, 9, size=100) + 3, 100.0),
        (RNG.normal(size=100), 0.0),
        (np.full(100, 7.0), 0.0),
        (np.array([]), 0.0),
        (np.tile([0.3, 0.1 + 0.2], 50), 0.0),  # one value, rounded twice
    ],
)
def test_width(values: np.ndarray, width: float) -> None:
    assert grid_width(values) == pytest.approx(width)


def test_how_many_have_to_be_shared() -> None:
    values = np.arange(50.0)
    assert grid_width(np.append(values, values)) == 1.0
    assert grid_width(np.append(values, values[:-2])) == 0.0
