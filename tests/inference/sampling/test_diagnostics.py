"""Split R-hat and effective sample size on processes whose answer is known."""

import numpy as np
import pytest

from skbayes.inference import effective_sample_size, split_r_hat


def _autoregression(coefficient: float, shape: tuple[int, int, int]) -> np.ndarray:
    """Stationary AR(1) chains ``(n_chains, n_draws, n_quantities)`` of variance 1."""
    rng = np.random.RandomState(0)
    values = rng.standard_normal(shape)
    for t in range(1, shape[1]):
        innovation = np.sqrt(1 - coefficient**2) * values[:, t]
        values[:, t] = coefficient * values[:, t - 1] + innovation
    return values


def test_independent_draws_agree_and_count_in_full() -> None:
    values = _autoregression(0.0, (4, 1000, 50))
    assert np.all(split_r_hat(values) < 1.01)
    # Its mean over 50 quantities is known to 1 or 2 %.
    assert effective_sample_size(values).mean() == pytest.approx(4000, rel=0.05)


@pytest.mark.parametrize("coefficient", [0.5, 0.9, -0.4])
def test_effective_sample_size_of_an_autoregression(coefficient: float) -> None:
    values = _autoregression(coefficient, (4, 2000, 50))
    expected = 8000 * (1 - coefficient) / (1 + coefficient)
    # Geyer's truncation and the few lags it keeps cost some per cent.
    assert effective_sample_size(values).mean() == pytest.approx(expected, rel=0.1)


def test_chains_at_different_places_disagree() -> None:
    values = _autoregression(0.0, (4, 500, 3)) + np.arange(4)[:, None, None] * 3
    # Means 0, 3, 6, 9: a variance between them of 15 (over 8 halves: 12.86).
    np.testing.assert_allclose(split_r_hat(values), np.sqrt(1 + 12.86), rtol=0.03)
    assert np.all(effective_sample_size(values) < 10)


def test_a_drift_within_chains_is_seen() -> None:
    values = _autoregression(0.0, (4, 500, 1)) + np.linspace(0, 5, 500)[None, :, None]
    # Half chains have means 1.25 and 3.75, so a variance between them of 1.25^2 * 8 / 7, and
    # a variance within of 1 + 2.5^2 / 12.
    expected = np.sqrt(1 + 1.25**2 * 8 / 7 / (1 + 2.5**2 / 12))
    assert split_r_hat(values)[0] == pytest.approx(expected, rel=0.03)


def test_constants() -> None:
    values = np.zeros((4, 100, 2))
    values[2, :, 1] = 1.0  # a chain that never moves, apart from the others
    np.testing.assert_array_equal(split_r_hat(values), [1.0, np.inf])
    assert effective_sample_size(values)[0] == 400


def test_a_ratio_beyond_any_double_is_infinite() -> None:
    values = np.zeros((4, 100, 1))
    values[:3] += 1e-157 * np.arange(100)[:, None]
    values[3] = 1.0
    np.testing.assert_array_equal(split_r_hat(values), [np.inf])


@pytest.mark.parametrize("unit", [2.0**-1000, 2.0**-500, 2.0**500, 2.0**1000])
def test_any_unit_will_do(unit: float) -> None:
    values = np.random.RandomState(0).standard_normal((4, 50, 3))
    assert np.array_equal(split_r_hat(unit * values), split_r_hat(values))
    assert np.array_equal(effective_sample_size(unit * values), effective_sample_size(values))


def test_too_few_draws_are_refused() -> None:
    with pytest.raises(ValueError, match="At least four draws"):
        split_r_hat(np.zeros((2, 3)))
