"""Network, likelihood and prior over one flat vector: everything that is assumed."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from skbayes.model.data import Data
from skbayes.model.likelihoods import Likelihood
from skbayes.model.network import Network, Workspace
from skbayes.model.priors import ConcatenatedPrior, NormalPrior, Prior
from skbayes.model.sparse_rows import SparseRows
from skbayes.predictive import PredictiveMixture

# Rows are predicted in blocks whose hidden activations, over all draws, hold about this many
# numbers: few enough for the cache, many enough for the matrix products.
_BLOCK_SIZE = 2**20
_MIN_BLOCK_ROWS = 16


class BayesianModel:
    """A network, a likelihood and a prior over ``[network weights | likelihood parameters]``.

    Parameters
    ----------
    network : Network
    likelihood : Likelihood
    weight_prior : Prior
        Over the network's weights; the likelihood brings the prior of its own parameters.

    Attributes
    ----------
    n_entries : int
        Length ``P`` of the flat vector.
    weight_prior : Prior
    prior : Prior
        Over the whole vector.
    """

    def __init__(self, network: Network, likelihood: Likelihood, weight_prior: Prior) -> None:
        self.network = network
        self.likelihood = likelihood
        self.n_entries = network.n_weights + likelihood.n_parameters
        self.weight_prior = weight_prior
        self.prior = weight_prior
        if likelihood.n_parameters:
            loc, scale = (x.to(weight_prior.loc) for x in likelihood.parameter_prior())
            self.prior = ConcatenatedPrior(weight_prior, NormalPrior(loc, scale))

    def last_layer(self) -> Tensor:
        """Whether each entry is a weight of the last layer (or of what is added to it) or one of
        the likelihood's parameters, ``[P]``.
        """
        is_last = torch.ones(self.n_entries, dtype=torch.bool)
        layer_index = self.network.layer_index()
        is_last[: self.network.n_weights] = layer_index == len(self.network.layers) - 1
        return is_last

    def split(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Views of the network weights and the likelihood parameters."""
        n_weights = self.network.n_weights
        return vectors[..., :n_weights], vectors[..., n_weights:]

    def with_prior(self, prior: Prior) -> BayesianModel:
        """The same network and likelihood with another prior over the whole vector."""
        other = copy.copy(self)
        other.prior = prior
        return other

    def log_prob(self, vectors: Tensor, data: Data) -> Tensor:
        """Log density of each row under each of ``vectors [K, P]``, ``[K, B]``, in nats."""
        weights, parameters = self.split(vectors)
        outputs = self.network.forward(weights, data.dense_inputs)
        return self.likelihood.log_prob(outputs, data.targets, parameters)

    def log_likelihood(self, vectors: Tensor, data: Data) -> Tensor:
        """Weighted log-likelihood of `data` under each of ``vectors [K, P]``, ``[K]``, nats."""
        log_prob = self.log_prob(vectors, data)
        return (log_prob if data.row_weights is None else log_prob * data.row_weights).sum(-1)

    def predictive(self, vectors: Tensor, inputs: Tensor | SparseRows) -> PredictiveMixture:
        """Equal mixture over ``vectors [D, P]``, in the units of the user."""
        weights, parameters = self.split(vectors)
        width = max(max(layer.n_inputs, layer.n_outputs) for layer in self.network.layers)
        n_rows = max(_MIN_BLOCK_ROWS, _BLOCK_SIZE // (width * len(vectors)))
        outputs = torch.cat(
            [self.network.forward(weights, rows) for rows in inputs.split(n_rows)], dim=1
        )
        return self.likelihood.predictive(outputs, parameters)


class LogLikelihoodEvaluator:
    """Log-likelihood and gradient of `K` vectors, in buffers that are made once.

    Write the vectors to `vectors`, call the evaluator, read `gradient`. The layer views of
    both buffers are made once too: on small tables the slicing would cost as much as the
    arithmetic.

    Parameters
    ----------
    model : BayesianModel
    vectors : Tensor of shape (K, P)
        Buffer from which the vectors are read.

    Attributes
    ----------
    gradient : Tensor of shape (K, P)
        Gradient of the log-likelihood of the last call.
    """

    def __init__(self, model: BayesianModel, vectors: Tensor) -> None:
        self.gradient = torch.zeros_like(vectors)
        self._network = model.network
        self._workspace: Workspace | None = None
        self._n_rows = 0
        self._likelihood = model.likelihood
        weights, self._parameters = model.split(vectors)
        weight_gradient, self._parameter_gradient = model.split(self.gradient)
        self._views = self._network.unpack(weights)
        self._gradient_views = self._network.unpack(weight_gradient)

    def __call__(self, data: Data) -> Tensor:
        """Weighted log-likelihood ``[K]`` of the rows of `data`, in nats."""
        if self._workspace is None or self._n_rows != data.n_rows:
            self._n_rows = data.n_rows
            self._workspace = self._network.workspace(
                len(self.gradient), data.n_rows, self.gradient
            )
        trace = self._network.trace(self._views, data.dense_inputs, self._workspace)
        result = self._likelihood.gradient(
            trace.outputs, data.targets, self._parameters, data.row_weights
        )
        self._network.backward(
            self._views, trace, result.outputs, self._gradient_views, self._workspace
        )
        if self._parameters.shape[1]:
            self._parameter_gradient.copy_(result.parameters)
        return result.log_likelihood
