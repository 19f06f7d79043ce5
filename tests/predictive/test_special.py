"""Special functions, against mpmath: what SciPy has not, and what is taken from it."""

import numpy as np
import pytest
import torch
from mpmath import mp

from skbayes.predictive.special import (
    deviance,
    log_beta_kernel,
    normal_cdf,
    regularised_beta,
    regularised_gamma,
    stirling_error,
    student_t_log_peak,
)


def _tensors(*arrays: np.ndarray) -> list[torch.Tensor]:
    return [torch.from_numpy(x) for x in arrays]


@pytest.mark.parametrize("z", [-37.0, -20.0, -8.0, -1.0, 0.0, 3.0, 8.0])
def test_normal_cdf_has_its_digits_in_the_tail(z: float) -> None:
    found = normal_cdf(torch.tensor(z, dtype=torch.float64))
    assert float(found) == pytest.approx(float(mp.ncdf(z)), rel=1e-13)


@pytest.mark.parametrize("z", [1e-6, 0.5, 1.0, 14.9, 15.1, 300.0])
def test_stirling_error_completes_the_formula(z: float) -> None:
    with mp.workdps(40):
        x = mp.mpf(z)
        exact = mp.loggamma(x + 1) - ((x + 0.5) * mp.log(x) - x + mp.log(2 * mp.pi) / 2)
    found = stirling_error(torch.tensor([z], dtype=torch.float64))
    assert float(found) == pytest.approx(float(exact), abs=2e-14)


def test_stirling_error_of_large_numbers_keeps_its_digits() -> None:
    z = torch.tensor([1e3, 1e8, 1e15], dtype=torch.float64)
    torch.testing.assert_close(stirling_error(z) * z, (1 / 12 - 1 / 360 / z.square()))


@pytest.mark.parametrize("df", [1.0, 1.5, 4.0, 15.9, 16.1, 100.0, 1e6, 1e12])
def test_student_t_density_at_zero(df: float) -> None:
    with mp.workdps(40):
        half = mp.mpf(df) / 2
        exact = mp.loggamma(half + 0.5) - mp.loggamma(half) - mp.log(2 * mp.pi * half) / 2
    found = student_t_log_peak(torch.tensor([df], dtype=torch.float64))
    assert float(found) == pytest.approx(float(exact), abs=1e-14)


def test_deviance_near_its_zero() -> None:
    # x log(x/m) + m - x = m (d^2/2 - d^3/6 + ...) for x = m (1 + d)
    x = torch.tensor([1 + 1e-9], dtype=torch.float64)
    d = float(x) - 1
    assert float(deviance(x, torch.ones_like(x))) == pytest.approx(d**2 / 2, rel=1e-8, abs=0)
    assert float(deviance(torch.zeros(1), torch.tensor([3.0]))) == 3.0


@pytest.mark.parametrize("x", [1e-3, 0.7, 1.05, 80.0])
@pytest.mark.parametrize("mean", [1e-2, 1.0, 75.0])
def test_deviance_is_its_formula(x: float, mean: float) -> None:
    with mp.workdps(40):
        exact = mp.mpf(x) * mp.log(mp.mpf(x) / mean) + mean - x
    found = deviance(*_tensors(np.array([x]), np.array([mean])))
    assert float(found) == pytest.approx(float(exact), rel=1e-13)


def _beta(a: float, b: float, x: float, y: float) -> tuple[float, float]:
    lower, upper = regularised_beta(*(torch.tensor([v], dtype=torch.float64) for v in (a, b, x, y)))
    return float(lower), float(upper)


def _exact_beta(a: float, b: float, x: mp.mpf) -> mp.mpf:
    """``I_x(a, b)`` by its continued fraction (DLMF 8.17.22), in 40 digits."""
    a, b = mp.mpf(a), mp.mpf(b)
    if x > (a + 1) / (a + b + 2):
        return 1 - _exact_beta(b, a, 1 - x)
    c, d = mp.mpf(1), 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 100_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            c, d = 1 + term / c, 1 / (1 + term * d)
            fraction *= c * d
        if abs(c * d - 1) < mp.mpf(10) ** -35:
            break
    log_factor = a * mp.log(x) + b * mp.log(1 - x) - mp.log(mp.beta(a, b)) - mp.log(a)
    return mp.exp(log_factor) * fraction


@pytest.mark.parametrize("a", [1e-3, 0.5, 7.0, 1e4])
@pytest.mark.parametrize("b", [1e-3, 0.5, 7.0, 1e4])
@pytest.mark.parametrize("deviations", [-6.0, -1.0, 0.1, 2.0, 6.0])
def test_beta_has_its_digits_in_both_tails(a: float, b: float, deviations: float) -> None:
    with mp.workdps(40):
        std = np.sqrt(a * b / (a + b + 1)) / (a + b)
        x = float(np.clip(a / (a + b) + deviations * std, 1e-9, 1 - 1e-9))
        exact = _exact_beta(a, b, mp.mpf(x))
        lower, upper = _beta(a, b, x, 1 - x)
        # The rounding of x alone moves a tail by its logarithmic slope times 1e-16.
        slope = max(a / x, b / (1 - x)) * 1e-16
        assert lower == pytest.approx(float(exact), rel=1e-11 + slope)
        assert upper == pytest.approx(float(1 - exact), rel=1e-11 + slope)


def test_the_smaller_argument_of_beta_counts() -> None:
    # 1 - y rounds to 1.
    y = 1e-20
    lower, upper = _beta(3.0, 0.5, 1 - y, y)
    assert lower == pytest.approx(1 - 2e-10, abs=1e-10)
    with mp.workdps(40):
        assert upper == pytest.approx(float(_exact_beta(0.5, 3.0, mp.mpf(y))), rel=1e-12)


@pytest.mark.parametrize(("a", "b", "x"), [(0.5, 30.0, 0.01), (1e4, 2.0, 0.9999), (1e6, 1e6, 0.5)])
def test_beta_kernel(a: float, b: float, x: float) -> None:
    with mp.workdps(40):
        exact = mp.mpf(a) * mp.log(x) + b * mp.log(1 - mp.mpf(x)) - mp.log(mp.beta(a, b))
        tensors = (torch.tensor([v], dtype=torch.float64) for v in (a, b, x, 1 - x))
        assert float(log_beta_kernel(*tensors)) == pytest.approx(float(exact), abs=1e-10)


def test_beta_at_the_ends() -> None:
    half = torch.tensor(0.5, dtype=torch.float64)
    for x, expected in ((0.0, (0.0, 1.0)), (1.0, (1.0, 0.0))):
        end = torch.tensor(x, dtype=torch.float64)
        lower, upper = regularised_beta(half, 3 * half, end, 1 - end)
        assert (float(lower), float(upper)) == expected


def test_beta_of_nothing() -> None:
    empty = torch.empty(0, dtype=torch.float64)
    assert regularised_beta(empty, empty, empty, empty)[0].shape == (0,)


@pytest.mark.parametrize("a", [1e-4, 0.5, 1.0, 20.0, 50.0, 1e3, 1e5])
@pytest.mark.parametrize("deviations", [-8.0, -3.0, -0.1, 0.0, 0.1, 3.0, 8.0])
def test_gamma_has_its_digits_in_both_tails(a: float, deviations: float) -> None:
    x = a + deviations * np.sqrt(a)
    if x <= 0:
        pytest.skip("below the smallest value")
    with mp.workdps(40):
        exact = mp.gammainc(a, 0, x, regularized=True), mp.gammainc(a, x, mp.inf, regularized=True)
    found = regularised_gamma(*(torch.tensor([v], dtype=torch.float64) for v in (a, x)))
    for tail, expected in zip(found, exact, strict=True):
        assert float(tail) == pytest.approx(float(expected), rel=1e-11)


def test_gamma_at_zero() -> None:
    lower, upper = regularised_gamma(torch.tensor([2.0, 50.0]), torch.zeros(2))
    assert lower.tolist() == [0.0, 0.0]
    assert upper.tolist() == [1.0, 1.0]
