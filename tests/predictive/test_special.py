"""Special functions, against SciPy."""

import numpy as np
import pytest
import torch
from scipy import special, stats

from skbayes.predictive.special import (
    deviance,
    log_beta_kernel,
    normal_cdf,
    regularised_beta,
    regularised_gamma,
    stirling_error,
)

N = 20_000


def _tensors(*arrays: np.ndarray) -> list[torch.Tensor]:
    return [torch.from_numpy(x) for x in arrays]


def _assert_close(actual: torch.Tensor, expected: np.ndarray, rtol: float) -> None:
    normal = expected > 1e-280  # below, SciPy itself underflows
    np.testing.assert_allclose(actual.numpy()[normal], expected[normal], rtol=rtol)


def test_normal_distribution_agrees_with_scipy() -> None:
    z = np.linspace(-35, 8, 500)
    np.testing.assert_allclose(normal_cdf(torch.from_numpy(z)), special.ndtr(z), rtol=1e-12)


def test_stirling_error_completes_the_formula() -> None:
    z = torch.logspace(-6, 3, 200, dtype=torch.float64)
    stirling = (z + 0.5) * z.log() - z + 0.5 * np.log(2 * np.pi)
    expected = torch.from_numpy(special.gammaln(z.numpy() + 1))
    torch.testing.assert_close(stirling_error(z) + stirling, expected, rtol=1e-13, atol=1e-13)


def test_stirling_error_of_large_numbers_keeps_its_digits() -> None:
    z = torch.tensor([1e3, 1e8, 1e15], dtype=torch.float64)
    torch.testing.assert_close(stirling_error(z) * z, (1 / 12 - 1 / 360 / z.square()))


def test_deviance_near_its_zero() -> None:
    # x log(x/m) + m - x = m (d^2/2 - d^3/6 + ...) for x = m (1 + d)
    x = torch.tensor([1 + 1e-9], dtype=torch.float64)
    d = float(x) - 1
    assert float(deviance(x, torch.ones_like(x))) == pytest.approx(d**2 / 2, rel=1e-8, abs=0)
    assert float(deviance(torch.zeros(1), torch.tensor([3.0]))) == 3.0


def test_deviance_agrees_with_scipy() -> None:
    rng = np.random.RandomState(0)
    x, mean = 10 ** rng.uniform(-2, 3, N), 10 ** rng.uniform(-2, 3, N)
    expected = special.rel_entr(x, mean) + mean - x
    np.testing.assert_allclose(deviance(*_tensors(x, mean)), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("smallest", "largest"), [(-2, 1), (0, 2), (1, 4)])
def test_beta_agrees_with_scipy_in_both_tails(smallest: float, largest: float) -> None:
    rng = np.random.RandomState(0)
    a, b = 10 ** rng.uniform(smallest, largest, (2, N))
    std = np.sqrt(a * b / (a + b + 1)) / (a + b)
    x = np.clip(a / (a + b) + std * rng.normal(0, 6, N), 1e-12, 1 - 1e-12)
    lower, upper = regularised_beta(*_tensors(a, b, x, 1 - x))
    _assert_close(lower, special.betainc(a, b, x), 2e-12)
    _assert_close(upper, special.betaincc(a, b, x), 2e-12)
    _assert_close(
        log_beta_kernel(*_tensors(a, b, x, 1 - x)).exp(),
        np.exp(special.xlogy(a, x) + special.xlog1py(b, -x) - special.betaln(a, b)),
        1e-9,
    )


def test_beta_at_the_ends() -> None:
    half = torch.tensor(0.5, dtype=torch.float64)
    for x, expected in ((0.0, (0.0, 1.0)), (1.0, (1.0, 0.0))):
        end = torch.tensor(x, dtype=torch.float64)
        lower, upper = regularised_beta(half, 3 * half, end, 1 - end)
        assert (float(lower), float(upper)) == expected


def test_beta_of_nothing() -> None:
    empty = torch.empty(0, dtype=torch.float64)
    assert regularised_beta(empty, empty, empty, empty)[0].shape == (0,)


def test_student_t_tails_through_the_beta_function() -> None:
    rng = np.random.RandomState(0)
    df, z = 10 ** rng.uniform(0, 5, N), 10 ** rng.uniform(-3, 1.5, N)
    square, half = z**2, np.full(N, 0.5)
    lower, _ = regularised_beta(*_tensors(df / 2, half, df / (df + square), square / (df + square)))
    _assert_close(0.5 * lower, stats.t.sf(z, df), 1e-12)


@pytest.mark.parametrize(("smallest", "largest"), [(-2, 1), (1, 2), (2, 5)])
def test_gamma_agrees_with_scipy_in_both_tails(smallest: float, largest: float) -> None:
    rng = np.random.RandomState(0)
    a = 10 ** rng.uniform(smallest, largest, N)
    x = np.abs(a + np.sqrt(a) * rng.normal(0, 4, N))
    lower, upper = regularised_gamma(*_tensors(a, x))
    # SciPy loses digits where it leaves its own expansion, beyond 4.5 standard deviations.
    near = np.abs(x - a) < 4.4 * np.sqrt(a)
    _assert_close(lower[near], special.gammainc(a, x)[near], 1e-12)
    _assert_close(upper[near], special.gammaincc(a, x)[near], 1e-12)
    _assert_close(lower, special.gammainc(a, x), 1e-10)
    _assert_close(upper, special.gammaincc(a, x), 1e-10)


def test_gamma_at_zero() -> None:
    lower, upper = regularised_gamma(torch.tensor([2.0, 50.0]), torch.zeros(2))
    assert lower.tolist() == [0.0, 0.0]
    assert upper.tolist() == [1.0, 1.0]
