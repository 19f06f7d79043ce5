"""The unnormalised log posterior of many vectors at once, with its gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from skbayes.inference.batches import Batches
from skbayes.model import BayesianModel, LogLikelihoodEvaluator


class LogPosterior:
    """``log p(data | w) + log p(w)`` of `K` vectors, in buffers that are made once.

    Parameters
    ----------
    model : BayesianModel
    vectors : Tensor of shape (K, P)
        Buffer from which the vectors are read; the caller updates it in place.
    batches : Batches
        Rows of each evaluation. The log-likelihood of a minibatch is scaled to the whole data set.

    Attributes
    ----------
    gradient : Tensor of shape (K, P)
        Gradient at the last call.
    """

    def __init__(self, model: BayesianModel, vectors: Tensor, batches: Batches) -> None:
        self.gradient = torch.zeros_like(vectors)
        self._vectors = vectors
        self._prior = model.prior
        self._batches = batches
        self._batch = next(batches)
        self._evaluator = LogLikelihoodEvaluator(model, vectors)

    def __call__(self) -> Tensor:
        """Log posterior density ``[K]`` up to a constant, in nats."""
        log_likelihood = self._evaluator(self._batch)
        prior = self._prior.log_prob_gradient(self._vectors)
        torch.add(
            prior.gradient, self._evaluator.gradient, alpha=self._batches.scale, out=self.gradient
        )
        return torch.add(prior.log_prob, log_likelihood, alpha=self._batches.scale)

    @property
    def is_stochastic(self) -> bool:
        """Whether an evaluation sees a part of the rows only."""
        return self._batches.is_stochastic

    def next_batch(self) -> None:
        """Go on to the next minibatch."""
        self._batch = next(self._batches)
