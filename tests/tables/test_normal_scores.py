"""Normal scores, against SciPy's ranks and normal quantiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from skbayes.tables.normal_scores import NormalScores

# Relative to the largest magnitude, as the estimators pass them.
columns = hnp.arrays(
    np.float64,
    st.integers(1, 9),
    elements=st.one_of(st.floats(-1, 1), st.sampled_from([0.0, 1e-300, -1.0, 0.1])),
)


def _expected(values: np.ndarray) -> np.ndarray:
    scores = stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values))
    return (scores - scores.mean()) / (scores.std() or 1.0)


@given(values=columns)
def test_are_standardised_normal_quantiles_of_mean_ranks(values: np.ndarray) -> None:
    # With fewer rows than knots the curve passes through every value.
    scores = NormalScores.of(values, np.ones(len(values)))(values)
    np.testing.assert_allclose(scores, _expected(values), atol=1e-9)


@given(values=columns, beyond=st.floats(0, 1e3))
def test_increase_on_the_values_and_beyond(values: np.ndarray, beyond: float) -> None:
    curve = NormalScores.of(values, np.ones(len(values)))
    probes = np.unique(np.r_[values, values.min() - beyond, values.max() + beyond, 0.05])
    scores = curve(probes)
    assert np.isfinite(scores).all()
    assert np.all(np.diff(scores) >= 0)


def test_values_that_differ_by_less_than_a_normal_double_do_not_overflow() -> None:
    curve = NormalScores.of(np.array([2.3e-311, 0.0]), np.ones(2))
    assert np.isfinite(curve(np.array([0.0, 2.3e-311, 0.05]))).all()


@given(values=columns, data=st.data())
def test_whole_weights_are_copies_of_rows(values: np.ndarray, data: st.DataObject) -> None:
    counts = data.draw(hnp.arrays(np.int64, len(values), elements=st.integers(1, 40)))
    weighted = NormalScores.of(values, counts.astype(float))
    repeated = NormalScores.of(np.repeat(values, counts), np.ones(counts.sum()))
    np.testing.assert_array_equal(weighted.knots, repeated.knots)
    np.testing.assert_allclose(weighted.scores, repeated.scores, atol=1e-9)


@pytest.mark.parametrize("n_rows", [100, 2000, 20_000])
def test_make_heavy_tails_normal(n_rows: int) -> None:
    values = np.random.RandomState(0).standard_cauchy(n_rows)
    curve = NormalScores.of(values, np.ones(n_rows))
    scores = curve(values)
    assert len(curve.knots) <= 200
    # Between knots the curve is straight: some mass of each piece moves towards its middle.
    assert abs(scores.mean()) < 0.05
    assert scores.std() == pytest.approx(1, abs=0.05)
    assert stats.kstest(scores, "norm").statistic < 0.05
    # The most extreme of n normal values.
    assert np.abs(scores).max() < stats.norm.isf(0.4 / n_rows)


def test_goes_straight_on_beyond_the_training_values() -> None:
    values = np.array([1.0, 2.0, 3.0, 1000.0])
    curve = NormalScores.of(values, np.ones(4))
    slope = (curve.scores[-1] - curve.scores[0]) / 999
    np.testing.assert_allclose(np.diff(curve(np.array([1000.0, 1500.0, 2000.0]))), 500 * slope)
    np.testing.assert_allclose(np.diff(curve(np.array([-499.0, 1.0]))), 500 * slope)


def test_a_share_beyond_the_precision_of_a_double_is_finite() -> None:
    curve = NormalScores.of(np.array([1.0, 2.0]), np.array([1.0, 1e-20]))
    assert np.isfinite(curve.scores).all()
    # Both values at their places, and mean 0, standard deviation 1 with these weights.
    assert curve.scores[1] == pytest.approx(1e10, rel=1e-6)


@pytest.mark.parametrize("values", [[], [0.7], [0.7] * 30])
def test_nothing_to_rank_is_zero(values: list[float]) -> None:
    curve = NormalScores.of(np.array(values), np.ones(len(values)))
    centre = values[0] if values else 0.0
    assert curve(np.array([centre, centre + 2.0])).tolist() == pytest.approx([0.0, 2.0])
