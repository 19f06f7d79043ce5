"""From weight vectors and inputs to predictive distributions."""

from __future__ import annotations

import torch
from torch import Tensor

from skbayes.model.likelihoods import Likelihood
from skbayes.model.nested_rows import NestedRows
from skbayes.model.networks import Network
from skbayes.model.row_source import RowSource
from skbayes.predictive import PredictiveMixture

# Rows are predicted in blocks whose hidden activations, over all draws, hold about this many
# numbers: few enough for the cache, many enough for the matrix products.
_BLOCK_SIZE = 2**20
_MIN_BLOCK_ROWS = 16


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
    n_rows = max(_MIN_BLOCK_ROWS, _BLOCK_SIZE // (network.width * len(vectors)))
    outputs = torch.cat([network.forward(weights, rows) for rows in inputs.split(n_rows)], dim=1)
    return likelihood.predictive(outputs.cpu().double(), parameters.cpu().double())
