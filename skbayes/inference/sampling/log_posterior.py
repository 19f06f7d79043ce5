"""The log posterior density of many vectors at once, with its gradient."""

from __future__ import annotations

from skbayes.inference.batches import Batches
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import BayesianModel, Data, LogLikelihoodEvaluator, Recording


class LogPosterior:
    """``likelihood_weight * log p(data | w) + log p(w)`` of ``C`` vectors; buffers are made once.

    Parameters
    ----------
    model : BayesianModel
    vectors : Tensor of shape (C, P)
        Buffer from which the vectors are read; the caller updates it in place.
    batches : Batches
        Rows of an evaluation. The log-likelihood of a minibatch is scaled to the whole data set.
    likelihood_weight : float, default=1.0
        1 is Bayes' rule.

    Attributes
    ----------
    model : BayesianModel
    rows : Data
        Of the next evaluation.
    n_evaluations : int
        So far, of who calls it or counts what it evaluates.
    """

    def __init__(
        self,
        model: BayesianModel,
        vectors: Tensor,
        batches: Batches,
        likelihood_weight: float = 1.0,
    ) -> None:
        self.n_evaluations = 0
        self.model = model
        self._vectors = vectors
        self._prior = model.prior
        self._batches = batches
        self.rows = next(batches).dense()
        self._factor = likelihood_weight * batches.scale
        self._evaluator = LogLikelihoodEvaluator(model, vectors)
        self._recording = Recording(model)

    @property
    def is_stochastic(self) -> bool:
        """Whether an evaluation sees a part of the rows only."""
        return self._batches.is_stochastic

    def next_batch(self) -> None:
        """Go on to the next minibatch."""
        self.rows = next(self._batches).dense()

    def __call__(self) -> tuple[Tensor, Tensor]:
        """Log density ``[C]`` up to a constant, in nats, and its gradient ``[C, P]``."""
        self.n_evaluations += 1
        log_prob, gradient = self._recording(lambda rows, _: self.evaluate(rows), self.rows)
        return log_prob, gradient

    def evaluate(self, rows: Data) -> tuple[Tensor, Tensor]:
        """The same for some rows, to be a part of what is recorded."""
        log_likelihood = self._evaluator(rows)
        prior = self._prior.log_prob_gradient(self._vectors)
        return (
            torch.add(prior.log_prob, log_likelihood, alpha=self._factor),
            torch.add(prior.gradient, self._evaluator.gradient, alpha=self._factor),
        )
