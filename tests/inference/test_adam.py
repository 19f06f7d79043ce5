"""The optimiser, against PyTorch's."""

import torch

from skbayes.inference.adam import Adam


def test_steps_are_those_of_torch() -> None:
    generator = torch.Generator().manual_seed(0)
    ours = torch.randn(3, 4, dtype=torch.float64, generator=generator)
    theirs = ours.clone()
    gradient = torch.zeros_like(ours)
    theirs.grad = gradient
    adam, reference = Adam(ours, gradient), torch.optim.Adam([theirs], lr=0.1)
    for step in range(50):
        gradient.copy_(torch.randn(3, 4, dtype=torch.float64, generator=generator) + step % 7)
        learning_rate = 0.1 / (1 + step)
        reference.param_groups[0]["lr"] = learning_rate
        reference.step()
        adam.step(learning_rate)
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-14)
