"""The decoherence length follows the spread of the chains, and forgets where they came from."""

import pytest
import torch

from skbayes.inference.sampling.decoherence import DecoherenceLength


def test_length_of_independent_normals() -> None:
    scale = torch.tensor([[1.0, 10.0], [2.0, 5.0]], dtype=torch.float64)
    tuning = DecoherenceLength(scale)
    generator = torch.Generator().manual_seed(0)
    lengths = []
    for step in range(1500):
        drift = 1000.0 if step < 100 else 0.0  # the descent, within the first window
        normals = torch.randn(2, 2, generator=generator, dtype=torch.float64)
        length = tuning.update(scale * normals + drift * step)
        if length is not None:
            lengths.append(float(length))
    assert len(lengths) == 4  # after 100, 300, 700 and 1500 steps
    assert lengths[0] > 100 * lengths[-1]
    # Two entries of variance 1: the root of 2, times 4; 800 steps know it to some per cent.
    assert lengths[-1] == pytest.approx(4 * 2**0.5, rel=0.05)
