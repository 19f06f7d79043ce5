"""Units of targets: wild values do not count, and a grid that was recorded to does."""

import numpy as np
import pytest

from skbayes.model import Bounds
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


@pytest.mark.parametrize("rule", ["moments", "trimmed_moments"])
@pytest.mark.parametrize(
    ("lower", "upper"), [(None, 4.0), (3.0, None), (6.0, None), (2.0, 4.0), (-np.inf, 0.0)]
)
def test_units_of_censored_targets_are_those_before_they_were_cut(
    rule: str, lower: float | None, upper: float | None
) -> None:
    y = np.random.RandomState(0).normal(3.0, 2.0, size=(20_000, 1))
    bounds = Bounds.of(lower, upper, 1)
    units = target_units(bounds.clip(y), None, rule, bounds, standardize=True)
    # With 1,300 rows inside, far out, the standard error of the location is 0.08.
    assert units.loc[0] == pytest.approx(3.0, abs=0.25)
    assert units.scale[0] == pytest.approx(2.0, abs=0.1)


def test_weights_are_copies_of_rows_in_the_units_of_censored_targets() -> None:
    rng = np.random.RandomState(0)
    y, counts = rng.normal(size=(30, 2)), rng.randint(1, 4, size=30)
    bounds = Bounds.of([-0.5, -np.inf], [np.inf, 0.3], 2)
    weighted = target_units(y, counts.astype(float), "moments", bounds, standardize=True)
    repeated = target_units(np.repeat(y, counts, axis=0), None, "moments", bounds, standardize=True)
    np.testing.assert_allclose(weighted.loc, repeated.loc, rtol=1e-12)
    np.testing.assert_allclose(weighted.scale, repeated.scale, rtol=1e-12)


@pytest.mark.parametrize("inside", [[], [2.0], [2.0, 2.0]])
def test_without_two_values_inside_the_units_are_those_of_what_was_recorded(
    inside: list[float],
) -> None:
    y = np.array([5.0] * 8 + inside)[:, None]
    bounds = Bounds.of(None, 5.0, 1)
    censored = target_units(y, None, "moments", bounds, standardize=True)
    recorded = target_units(y, None, "moments", standardize=True)
    np.testing.assert_array_equal(censored.loc, recorded.loc)
    np.testing.assert_array_equal(censored.scale, recorded.scale)


def test_a_heap_at_a_bound_is_no_rounding() -> None:
    rng = np.random.RandomState(0)
    continuous, bounds = rng.normal(size=(300, 1)), Bounds.of(0.0, None, 1)
    units = target_units(bounds.clip(continuous), None, "moments", bounds, standardize=False)
    assert units.resolution[0] == 0
    # A cap of 500,001 does not make whole dollars of prices in hundreds.
    prices = np.minimum(100.0 * rng.randint(1000, 1050, size=(500, 1)), 104_001.0)
    capped = Bounds.of(None, 104_001.0, 1)
    units = target_units(prices, None, "moments", capped, standardize=False)
    assert units.resolution[0] == pytest.approx(100.0)


def test_units_of_targets_beside_a_value_are_those_of_the_others() -> None:
    rng = np.random.RandomState(0)
    y = np.column_stack([rng.normal(5.0, 2.0, 400), 10.0 * rng.randint(0, 30, 400)])
    expected = target_units(y[:200], None, "trimmed_moments", standardize=True)
    y[200:] = [-999.0, 3.0]
    has_density = y != [-999.0, 3.0]
    units = target_units(y, None, "trimmed_moments", None, has_density, standardize=True)
    np.testing.assert_allclose(units.loc, expected.loc, rtol=1e-12)
    np.testing.assert_allclose(units.scale, expected.scale, rtol=1e-12)
    assert units.resolution[1] * units.scale[1] == pytest.approx(10.0)
    # Where there are no two others, the value is as good as any.
    y[:200, 0] = 7.0
    units = target_units(y, None, "moments", None, y != [-999.0, 3.0], standardize=True)
    assert units.loc[0] == pytest.approx(y[:, 0].mean())


def test_units_inside_an_interval_are_those_of_the_log_odds() -> None:
    y = np.random.RandomState(0).uniform(10.0, 30.0, size=(50, 1))
    bounds = Bounds.of(10.0, 30.0, 1)
    units = target_units(y, None, "logit_moments", bounds, standardize=True)
    log_odds = np.log((y - 10) / (30 - y))
    assert units.loc[0] == pytest.approx(log_odds.mean())
    assert units.scale[0] == pytest.approx(log_odds.std())
    assert units.resolution[0] == 0
