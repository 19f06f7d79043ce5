"""The step size settles where the signal is zero on average."""

import torch

from skbayes.inference.sampling.step_size import StepSizeTuning


def test_each_chain_settles_at_its_own_root_despite_noise() -> None:
    roots = torch.tensor([0.1, 1.0, 10.0], dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    tuning = StepSizeTuning(torch.full((3, 1), 0.05, dtype=torch.float64), 2000)
    for _ in range(2000):
        noise = 0.5 * torch.randn(3, generator=generator, dtype=torch.float64)
        tuning.update(roots.log() - tuning.step_size.log().squeeze(-1) + noise)
    # With a gain of 0.02 the average over 1000 steps keeps an error of about 0.02.
    torch.testing.assert_close(tuning.finish().squeeze(-1), roots, rtol=0.1, atol=0)


def test_no_step_no_change() -> None:
    start = torch.tensor([[0.3]])
    assert torch.equal(StepSizeTuning(start, 1).finish(), start)
