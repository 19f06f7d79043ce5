"""Units of targets: wild values do not count, and a grid that was recorded to does."""

import numpy as np
import pytest

from skbayes.tables import target_units


def _resolution(targets: np.ndarray, rule: str = "moments") -> float:
    units = target_units(np.reshape(targets, (-1, 1)), None, rule, standardize=False)
    return float(units.resolution[0])


@pytest.mark.parametrize("step", [1.0, 0.1, 1e-9, 1e9])
def test_rounded_targets_have_a_resolution(step: float) -> None:
    targets = step * np.random.RandomState(0).randint(3, 9, size=200)
    assert _resolution(targets) == pytest.approx(step, rel=1e-6)


def test_numbers_that_differ_by_rounding_errors_are_one() -> None:
    assert _resolution(np.array([0.3, 0.1 + 0.2, 0.1, 0.2] * 10)) == pytest.approx(0.1)


def test_targets_that_are_mostly_distinct_and_constants_have_none() -> None:
    assert _resolution(np.random.RandomState(0).normal(size=200)) == 0
    assert _resolution(np.ones(20)) == 0
    assert _resolution(np.random.RandomState(0).randint(1, 5, size=200), "log_moments") == 0


def test_is_in_the_units_of_the_network() -> None:
    targets = np.array([[0.0], [10.0]] * 20)
    units = target_units(targets, None, "moments", standardize=True)
    assert units.resolution == pytest.approx(10 / targets.std())
