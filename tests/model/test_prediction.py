"""From weight vectors to predictive distributions."""

import numpy as np
import pytest
import torch

from skbayes.model import NormalLikelihood, Perceptron, predictive_mixture


def test_blocks_of_rows_do_not_change_a_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    network, likelihood = Perceptron(3, (4,), 2, "tanh"), NormalLikelihood(2)
    vectors = torch.randn(5, network.n_weights + 2, generator=generator)
    inputs = torch.randn(40, 3, generator=generator)
    whole = predictive_mixture(network, likelihood, vectors, inputs).function_values()
    monkeypatch.setattr("skbayes.model.prediction._BLOCK_SIZE", 1)
    blocks = predictive_mixture(network, likelihood, vectors, inputs).function_values()
    np.testing.assert_allclose(whole, blocks, rtol=1e-5, atol=1e-6)
