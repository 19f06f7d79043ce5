"""Each hand-written derivative is the derivative of its function."""

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
