"""Each hand-written derivative is the derivative of its function."""

import pytest
import torch

from skbayes.model import ACTIVATIONS


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_backward_agrees_with_autograd(name: str) -> None:
    activation = ACTIVATIONS[name]
    # Away from the kink of relu at 0, where any subgradient is right.
    pre = torch.linspace(-4, 4, 40, dtype=torch.float64).requires_grad_()
    gradient = torch.linspace(0.5, 2, 40, dtype=torch.float64)
    post = activation.forward(pre)
    (expected,) = torch.autograd.grad(post, pre, gradient)
    actual = activation.backward(gradient, pre.detach(), post.detach())
    torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-12)
