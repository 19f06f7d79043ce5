"""Each hand-written derivative is the derivative of its function."""

import numpy as np
import pytest
import torch

from skbayes.model import ACTIVATIONS


def test_tanh_is_torchs_tanh_to_rounding() -> None:
    x = torch.linspace(-30, 30, 2001, dtype=torch.float64)
    actual = ACTIVATIONS["tanh"].forward(x, None)
    torch.testing.assert_close(actual, torch.tanh(x), rtol=0, atol=5e-16)
    extremes = torch.tensor([-1e308, -torch.inf, torch.inf, 1e308], dtype=torch.float64)
    assert ACTIVATIONS["tanh"].forward(extremes, None).tolist() == [-1, -1, 1, 1]


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_backward_agrees_with_autograd(name: str) -> None:
    activation = ACTIVATIONS[name]
    # Away from the kink of relu at 0, where any subgradient is right.
    pre = torch.linspace(-4, 4, 40, dtype=torch.float64).requires_grad_()
    gradient = torch.linspace(0.5, 2, 40, dtype=torch.float64)
    post = activation.forward(pre, None)
    (expected,) = torch.autograd.grad(post, pre, gradient)
    actual = activation.backward(gradient.clone(), pre.detach(), post.detach())
    torch.testing.assert_close(
        activation.forward(pre.detach(), torch.empty_like(post)), post.detach(), rtol=0, atol=0
    )
    torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_arrays_are_mapped_as_tensors_are(name: str) -> None:
    pre = torch.linspace(-40, 40, 801, dtype=torch.float64)
    expected = ACTIVATIONS[name].forward(pre, None).numpy()
    actual = ACTIVATIONS[name].predict(pre.numpy().copy(), np.float64)
    # Each is right to a few units in the last place; gelu subtracts nearly equal numbers in
    # PyTorch's form of it.
    np.testing.assert_allclose(actual, expected, rtol=1e-14, atol=1e-14)
    single = ACTIVATIONS[name].predict(pre.numpy().copy(), np.float32)
    # An exponential in single precision is right to a few times 1e-7 of it, and so is silu's.
    np.testing.assert_allclose(single, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize("precision", [np.float32, np.float64])
@pytest.mark.filterwarnings("error")
def test_arrays_of_extremes(name: str, precision: type) -> None:
    # Finite in double precision, and beyond single.
    extremes = np.array([-1e308, -1e39, -800.0, 800.0, 1e39, 1e308])
    expected = ACTIVATIONS[name].forward(torch.from_numpy(extremes), None).numpy()
    actual = ACTIVATIONS[name].predict(extremes.copy(), precision)
    np.testing.assert_allclose(actual, expected, atol=1e-300)
