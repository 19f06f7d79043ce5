"""Heaps at the ends of a target: seen where a cap is, and not where values are few."""

import numpy as np
import pytest

from skbayes.tables import heaps_at_ends


def _sides(y: np.ndarray, weights: np.ndarray | None = None) -> list[str]:
    return [heap.side for heap in heaps_at_ends(np.reshape(y, (len(y), -1)), weights)]


@pytest.mark.parametrize(
    ("y", "sides"),
    [
        (np.random.RandomState(0).normal(size=500), []),
        (np.random.RandomState(0).normal(size=500).clip(max=1.5), ["upper"]),
        (np.random.RandomState(0).normal(size=500).clip(-1.0, 1.5), ["lower", "upper"]),
        (np.random.RandomState(0).normal(size=100).clip(max=1.8), []),  # fewer than ten rows
        (np.random.RandomState(0).randint(0, 6, size=500), []),  # grades
        (np.random.RandomState(0).randint(0, 100, size=5000), []),  # whole numbers
        (np.random.RandomState(0).randint(0, 100, size=5000).clip(max=90), ["upper"]),
        (np.random.RandomState(0).negative_binomial(0.3, 0.05, size=1000), ["lower"]),
        (np.random.RandomState(0).normal(size=40).clip(min=0.0), ["lower"]),
        (np.random.RandomState(0).normal(size=20).clip(min=0.0), []),  # too few others
        # Rows at zero are of a kind of their own where the others are all far from it.
        (np.random.RandomState(0).normal(5, 1, size=500) * (np.arange(500) % 2), []),
        (np.exp(np.random.RandomState(0).normal(size=500)) * (np.arange(500) % 2), ["lower"]),
        (np.ones(100), []),
    ],
)
def test_heaps_are_seen_where_there_are_some(y: np.ndarray, sides: list[str]) -> None:
    assert _sides(y) == sides


def test_weights_count_and_targets_are_apart() -> None:
    y = np.random.RandomState(0).normal(size=(300, 2))
    y[0, 1] = y[:, 1].max() + 0.1
    weights = np.ones(300)
    assert _sides(y, weights) == []
    weights[0] = 20.0
    (heap,) = heaps_at_ends(y, weights)
    assert (heap.target, heap.side, heap.value) == (1, "upper", y[0, 1])
    assert heap.share == pytest.approx(20 / 319)
