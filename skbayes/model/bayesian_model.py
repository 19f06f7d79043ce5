"""Network, likelihood and prior over one flat vector: everything that is assumed."""

from __future__ import annotations

import copy
import math

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.data import Data
from skbayes.model.likelihoods import Likelihood
from skbayes.model.likelihoods.balanced_means import balance_means
from skbayes.model.networks import Network
from skbayes.model.priors import FlatPrior, NormalPrior, Prior, concatenated


class BayesianModel:
    """A network, a likelihood and a prior over ``[network weights | likelihood parameters]``.

    Parameters
    ----------
    network : Network
    likelihood : Likelihood
    weight_prior : Prior
        Over the network's weights that are not points; the likelihood brings the prior of its own
        parameters.

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
        parts = [weight_prior]
        if network.n_points:
            parts.append(FlatPrior(weight_prior.loc.new_zeros(network.n_points)))
        if likelihood.n_parameters:
            loc, scale = (x.to(weight_prior.loc) for x in likelihood.parameter_prior())
            parts.append(NormalPrior(loc, scale))
        self.prior = concatenated(*parts)

    @property
    def can_be_recorded(self) -> bool:
        """Whether a density and its gradient are the same operations every time."""
        parts = (self.network, self.likelihood, self.prior)
        return all(part.can_be_recorded for part in parts)

    def layer_index(self) -> Tensor:
        """Layer of each entry, ``[P]``, int64: the last one has the likelihood's parameters too."""
        layers = self.network.layer_index()
        return torch.cat([layers, layers.max().expand(self.likelihood.n_parameters)])

    def points(self) -> Tensor:
        """Whether each entry is a point whatever the posterior, ``[P]``."""
        network = self.network
        is_point = torch.zeros(self.n_entries, dtype=torch.bool)
        is_point[network.n_weights - network.n_points : network.n_weights] = True
        return is_point

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

    def predictive_log_prob(self, vectors: Tensor, data: Data) -> Tensor:
        """Log density of each row under the mixture of ``vectors [K, P]``, ``[B]``, in nats."""
        return self.log_prob(vectors, data).double().logsumexp(0) - math.log(len(vectors))

    def predictive_loss(self, vectors: Tensor, data: Data) -> FloatArray:
        """How far off the mixture of ``vectors [K, P]`` is, for each row, ``(n,)``.

        It is what the likelihood calls a loss: a proper score that no row can dominate.
        """
        return self.likelihood.predictive_loss(*self._on_cpu(vectors, data))

    def normal_scores(self, vectors: Tensor, data: Data) -> FloatArray:
        """Where the targets are in the mixture of ``vectors [K, P]``, ``(n, t)``, as in a standard
        normal distribution; of likelihoods of numbers.
        """
        return self.likelihood.normal_scores(*self._on_cpu(vectors, data))

    def _on_cpu(self, vectors: Tensor, data: Data) -> tuple[Tensor, Tensor, Tensor]:
        """Outputs, targets and parameters of the likelihood."""
        weights, parameters = (part.cpu() for part in self.split(vectors))
        outputs = self.network.forward(weights, data.dense_inputs.cpu())
        return outputs, data.targets.cpu(), parameters

    def log_likelihood(self, vectors: Tensor, data: Data) -> Tensor:
        """Weighted log-likelihood of `data` under each of ``vectors [K, P]``, ``[K]``, nats."""
        log_prob = self.log_prob(vectors, data)
        return (log_prob if data.row_weights is None else log_prob * data.row_weights).sum(-1)


class LogLikelihoodEvaluator:
    """Log-likelihood and gradient of `K` vectors, in buffers that are made once.

    Write the vectors to `vectors`, call the evaluator, read `gradient`.

    Parameters
    ----------
    model : BayesianModel
    vectors : Tensor of shape (K, P)
        Buffer from which the vectors are read.
    balances_means : bool, default=False
        Whether noisy rows count for more than the log-likelihood says in the gradient of their
        means: see `balance_means`.

    Attributes
    ----------
    gradient : Tensor of shape (K, P)
        Gradient of the log-likelihood of the last call.
    """

    def __init__(
        self, model: BayesianModel, vectors: Tensor, *, balances_means: bool = False
    ) -> None:
        self._balances_means = balances_means
        self.gradient = torch.zeros_like(vectors)
        self._likelihood = model.likelihood
        weights, self._parameters = model.split(vectors)
        weight_gradient, self._parameter_gradient = model.split(self.gradient)
        self._network = model.network.evaluator(weights, weight_gradient)

    def __call__(self, data: Data, generator: torch.Generator | None = None) -> Tensor:
        """Weighted log-likelihood ``[K]`` of the rows of `data` in all, in nats.

        Parameters
        ----------
        data : Data
        generator : torch.Generator, default=None
            In training, source of what is random in the network; None elsewhere.
        """
        outputs = self._network.forward(data.dense_inputs, generator)
        result = self._likelihood.gradient(
            outputs, data.targets, self._parameters, data.row_weights
        )
        if self._balances_means and result.log_noise is not None:
            balance_means(result.outputs, result.log_noise, data.row_weights, data.peers)
        self._network.backward(result.outputs)
        if self._parameters.shape[1]:
            self._parameter_gradient.copy_(result.parameters)
        if data.peers is not None:
            data.peers.all_reduce(result.log_likelihood, self.gradient)
        return result.log_likelihood
