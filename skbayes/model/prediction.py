"""From weight vectors and inputs to predictive distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods import Likelihood
from skbayes.model.nested_rows import NestedRows
from skbayes.model.networks import Network
from skbayes.model.row_source import RowSource
from skbayes.predictive import PredictiveMixture
from skbayes.threads import map_in_threads

# Rows are predicted in blocks whose hidden activations, over all draws, hold about this many
# numbers: few enough for the cache, many enough for the matrix products.
_BLOCK_SIZE = 2**20
_MIN_BLOCK_ROWS = 16
# Of modules, in one call for all draws.
_MODULE_BLOCK_SIZE = 2**17
# Of arrays: many rows of few draws, each of which has products of its own, that stay in the cache
# of a core; and enough blocks for every thread.
_ARRAY_BLOCK_SIZE = 2**16
_ARRAY_BLOCK_ROWS = 128
# Multiply-adds from which a product is shared among threads, as in OpenBLAS.
_LARGE_PRODUCT = 2**18


def predict_outputs(
    network: Network, weights: NDArray[Any], inputs: FloatArray | RowSource
) -> FloatArray:
    """Outputs ``(D, n, o)`` of the network for arrays, made in blocks of rows and draws.

    Parameters
    ----------
    network : Network
    weights : ndarray of shape (D, P)
        Of single or double precision; exponentials are in the same.
    inputs : ndarray of shape (n, d) or RowSource
    """
    precision = weights.dtype
    weights = weights.astype(np.float64, copy=False)
    n_vectors = len(weights)
    # The products of large matrices use several threads by themselves.
    is_small = _MIN_BLOCK_ROWS * network.width**2 <= _LARGE_PRODUCT
    if network.uses_threads:  # as modules do
        n_rows, n_draws = _block_rows(network, n_vectors, _MODULE_BLOCK_SIZE), n_vectors
    else:
        n_rows = min(_ARRAY_BLOCK_ROWS, len(inputs))
        if is_small:
            n_rows = min(n_rows, _LARGE_PRODUCT // network.width**2)
        n_draws = max(1, _ARRAY_BLOCK_SIZE // (n_rows * network.width))
    starts, first_draws = range(0, len(inputs), n_rows), range(0, n_vectors, n_draws)

    def predict_from(start: int) -> FloatArray:
        if isinstance(inputs, RowSource):
            index = torch.arange(start, min(start + n_rows, len(inputs)))
            rows = inputs.index_select(0, index).numpy()
        else:
            rows = inputs[start : start + n_rows]
        parts = [
            network.predict(weights[draw : draw + n_draws], rows, precision) for draw in first_draws
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    n_multiply_adds = weights.size * len(inputs) if is_small and not network.uses_threads else 0
    blocks = map_in_threads(predict_from, starts, n_multiply_adds)
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)


def predictive_mixture(
    network: Network,
    likelihood: Likelihood,
    vectors: Tensor,
    inputs: Tensor | RowSource | NestedRows,
) -> PredictiveMixture:
    """Equal mixture over draws, in the units of the user; no prior is needed.

    Parameters
    ----------
    network : Network
    likelihood : Likelihood
    vectors : Tensor of shape (D, P)
        Weights of the network, then parameters of the likelihood.
    inputs : Tensor of shape (n, ...), RowSource or NestedRows
    """
    weights, parameters = vectors[:, : network.n_weights], vectors[:, network.n_weights :]
    n_rows = _block_rows(network, len(vectors), _BLOCK_SIZE)
    outputs = torch.cat([network.forward(weights, rows) for rows in inputs.split(n_rows)], dim=1)
    return likelihood.predictive(outputs.cpu().double(), parameters.cpu().double())


def _block_rows(network: Network, n_vectors: int, size: int) -> int:
    return max(_MIN_BLOCK_ROWS, size // (network.width * n_vectors))
