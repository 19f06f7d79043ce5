"""From weight vectors to predictive distributions."""

import numpy as np
import pytest
import torch
from scipy import sparse

from skbayes.model import (
    NormalLikelihood,
    Perceptron,
    SparseRows,
    predict_outputs,
    predictive_mixture,
)


def test_blocks_of_rows_do_not_change_a_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    network, likelihood = Perceptron(3, (4,), 2, "tanh"), NormalLikelihood(2)
    vectors = torch.randn(5, network.n_weights + 2, generator=generator)
    inputs = torch.randn(40, 3, generator=generator)
    whole = predictive_mixture(network, likelihood, vectors, inputs).function_values()
    monkeypatch.setattr("skbayes.model.prediction._BLOCK_SIZE", 1)
    blocks = predictive_mixture(network, likelihood, vectors, inputs).function_values()
    np.testing.assert_allclose(whole, blocks, rtol=1e-5, atol=1e-6)


def test_arrays_and_sparse_rows_are_predicted_as_tensors(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    network = Perceptron(3, (4,), 2, "silu")
    weights = torch.randn(5, network.n_weights, generator=generator).double()
    inputs = torch.randn(40, 3, generator=generator).double()
    inputs[inputs < 0] = 0.0
    csr = sparse.csr_array(inputs.numpy())
    rows = SparseRows(
        torch.from_numpy(csr.indptr).long(),
        torch.from_numpy(csr.indices).long(),
        torch.from_numpy(csr.data),
        torch.zeros(3, dtype=torch.float64),
    )
    expected = network.forward(weights, inputs).numpy()
    # One block; three of rows, each of three draws and of two; of a draw each.
    for block_size, block_rows in ((2**20, 128), (200, 16), (1, 1)):
        monkeypatch.setattr("skbayes.model.prediction._ARRAY_BLOCK_SIZE", block_size)
        monkeypatch.setattr("skbayes.model.prediction._ARRAY_BLOCK_ROWS", block_rows)
        for given in (inputs.numpy(), rows):
            actual = predict_outputs(network, weights.numpy(), given)
            # Sums of a few terms of order 1, in another order.
            np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-13)
            # Weights in single precision have been rounded, and so are the hidden units then.
            single = predict_outputs(network, weights.float().numpy(), given)
            np.testing.assert_allclose(single, expected, rtol=1e-5, atol=1e-5)
            assert not np.array_equal(
                single, predict_outputs(network, weights.float().double().numpy(), given)
            )
