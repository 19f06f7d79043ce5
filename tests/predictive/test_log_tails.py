"""Logarithms of tails: SciPy's where it has digits, and finite with gradients where it has none."""

import mpmath
import numpy as np
import pytest
import torch
from scipy import special, stats

from skbayes.predictive import laplace_log_tail, normal_log_tail, student_t_log_tail

Z = torch.tensor([-30.0, -2.0, 0.0, 1e-3, 0.02, 0.1, 1.0, 3.0, 20.0, 1e4], dtype=torch.float64)


def _student_t(z: torch.Tensor, df: torch.Tensor) -> torch.Tensor:
    log_peak = torch.lgamma(0.5 * df + 0.5) - torch.lgamma(0.5 * df) - 0.5 * (np.pi * df).log()
    return student_t_log_tail(z, df, log_peak - 0.5 * (df + 1) * torch.log1p(z.square() / df))


@pytest.mark.parametrize("df", [1.001, 1.5, 2.0, 5.0, 40.0, 1e3])
def test_student_t_agrees_with_scipy(df: float) -> None:
    z = Z[:8]
    np.testing.assert_allclose(
        _student_t(z, torch.full_like(z, df)), stats.t(df).logsf(z.numpy()), rtol=1e-10, atol=1e-11
    )


@pytest.mark.parametrize("df", [1.5, 40.0, 1e3])
@pytest.mark.parametrize("z", [0.5, 30.0, 1e5])
def test_student_t_far_out_agrees_with_many_digits(df: float, z: float) -> None:
    with mpmath.workdps(40):
        x = df / (df + mpmath.mpf(z) ** 2)
        exact = mpmath.log(mpmath.betainc(df / 2, 0.5, 0, x, regularized=True) / 2)
    actual = _student_t(torch.tensor([z]).double(), torch.tensor([df]).double())
    assert float(actual) == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize("df", [1.5, 5.0, 200.0])
def test_gradients_of_student_t_are_those_of_finite_differences(df: float) -> None:
    z, nu = Z.clone().requires_grad_(), torch.full_like(Z, df).requires_grad_()
    gradients = torch.autograd.grad(_student_t(z, nu).sum(), (z, nu))
    with torch.no_grad():
        for gradient, index in zip(gradients, (0, 1), strict=True):
            step = 1e-5 * (1 + (z, nu)[index].abs())
            moved = [[z, nu], [z, nu]]
            moved[0][index], moved[1][index] = (z, nu)[index] + step, (z, nu)[index] - step
            slope = (_student_t(*moved[0]) - _student_t(*moved[1])) / (2 * step)
            torch.testing.assert_close(gradient, slope, rtol=1e-5, atol=1e-7)


def test_normal_and_laplace_agree_with_scipy() -> None:
    z = torch.cat([Z, torch.tensor([200.0]).double()])
    np.testing.assert_allclose(normal_log_tail(z), special.log_ndtr(-z.numpy()), rtol=1e-12)
    exact = np.where(z < 700, stats.laplace().logsf(z.numpy().clip(max=700)), -z - np.log(2))
    np.testing.assert_allclose(laplace_log_tail(z), exact, rtol=1e-12)


def test_many_degrees_of_freedom_are_normal() -> None:
    z = Z[:8]
    np.testing.assert_allclose(
        _student_t(z, torch.full_like(z, 1e9)), normal_log_tail(z), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("tail", [normal_log_tail, laplace_log_tail])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_far_out_are_finite(tail, dtype: torch.dtype) -> None:
    z = Z.to(dtype).requires_grad_()
    (gradient,) = torch.autograd.grad(tail(z).sum(), z)
    assert gradient.dtype == dtype
    assert bool(gradient.isfinite().all())
