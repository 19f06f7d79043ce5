"""Heaps of a target: seen where a cap or a code is, and not where values are few."""

import numpy as np
import pytest

from skbayes.tables import heaps_of


def _sides(y: np.ndarray, weights: np.ndarray | None = None) -> list[str]:
    return [heap.side for heap in heaps_of(np.reshape(y * 1.0, (len(y), -1)), weights)]


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
        # Rows at zero are of a kind of their own where the others are all far from it, or get fewer
        # towards it; not where they are as many there as elsewhere, or whole numbers.
        (np.random.RandomState(0).normal(5, 1, size=500) * (np.arange(500) % 2), ["apart"]),
        (np.exp(0.6 * np.random.RandomState(0).normal(size=500)) * (np.arange(500) % 2), ["apart"]),
        (np.random.RandomState(0).exponential(size=500) * (np.arange(500) % 2), ["lower"]),
        (np.random.RandomState(0).normal(size=500).clip(min=0.3), ["lower"]),
        (np.random.RandomState(0).negative_binomial(0.5, 0.02, size=500), ["lower"]),
        # In the middle, and a code that is no number.
        (np.random.RandomState(0).normal(size=500) * (np.arange(500) % 3 > 0), ["apart"]),
        (np.where(np.arange(500) % 9, np.random.RandomState(0).normal(size=500), -999), ["apart"]),
        (np.random.RandomState(0).normal(size=500) * (np.arange(500) % 30 > 0), []),  # too few
        # Of few values more than half of the rows: claims, marks; not of two.
        (np.random.RandomState(0).poisson(0.4, size=500), ["apart"]),
        (np.round(0.5 * np.random.RandomState(0).normal(size=500)), ["apart"]),
        (np.round(np.random.RandomState(0).normal(size=500)), []),
        (np.random.RandomState(0).rand(500) < 0.1, []),
        # The commonest of values that are all common, some of which are far out.
        (np.random.RandomState(0).negative_binomial(2, 0.05, size=5000), []),
        (np.round(np.random.RandomState(0).standard_cauchy(size=5000), 1), []),
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
    weights[0] = 20.0  # of targets in the middle, too: that of the first is 1.76
    apart, heap = sorted(heaps_of(y, weights), key=lambda heap: heap.target)
    assert (apart.target, apart.side, apart.value) == (0, "apart", y[0, 0])
    assert (heap.target, heap.side, heap.value) == (1, "upper", y[0, 1])
    assert heap.share == pytest.approx(20 / 319)


def test_of_two_heaps_the_larger_one_counts() -> None:
    rng = np.random.RandomState(0)
    y = rng.normal(size=600).clip(max=0.8)
    for share, side in ((0.1, "upper"), (0.5, "apart")):
        y = np.where(rng.rand(600) < share, -0.4, y)
        assert _sides(y) == [side]
