"""Bernoulli likelihood: each row has any of several labels."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from scipy import special

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import LogLikelihoodGradient
from skbayes.model.likelihoods.classes import LOGIT_UNIT, ClassFamily, ClassLikelihood
from skbayes.predictive import BernoulliMixture


class BernoulliLikelihood(ClassLikelihood):
    r"""``P(y_l = 1) = sigmoid(4 f_l(x))`` for each of ``L`` labels, independent given ``f``.

    Parameters
    ----------
    n_labels : int
        Number of labels. Targets are indicators 0 and 1.
    logit_unit : float, default=4.0
        Log odds, in nats, that an output of 1 stands for.

    Examples
    --------
    >>> import torch
    >>> likelihood = BernoulliLikelihood(2)
    >>> likelihood.log_prob(torch.zeros(1, 1, 2), torch.tensor([[0.0, 1.0]]), torch.zeros(1, 0))
    tensor([[-1.3863]])
    """

    def __init__(self, n_labels: int, *, logit_unit: float = LOGIT_UNIT) -> None:
        self._logit_unit = logit_unit
        self.n_targets = n_labels
        self.n_outputs = n_labels
        self.n_parameters = 0

    def log_prob(self, outputs: Tensor, targets: Tensor, parameters: Tensor) -> Tensor:
        return torch.nn.functional.logsigmoid(self._signed_units(targets) * outputs).sum(-1)

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        signs = self._signed_units(targets)
        log_prob = torch.nn.functional.logsigmoid(signs * outputs)
        log_likelihood = log_prob.sum(-1)
        # d log sigmoid(s f) / df = s (1 - sigmoid(s f))
        output_gradient = log_prob.expm1_().mul_(signs).neg_()
        if row_weights is not None:
            log_likelihood = log_likelihood * row_weights
            output_gradient *= row_weights.unsqueeze(-1)
        return LogLikelihoodGradient(
            log_likelihood.sum(-1), output_gradient, torch.zeros_like(parameters)
        )

    def function_values(self, outputs: FloatArray, parameters: FloatArray) -> FloatArray:
        probabilities: FloatArray = special.expit(self._logit_unit * outputs)
        return probabilities

    def predictive(self, outputs: Tensor, parameters: Tensor) -> BernoulliMixture:
        return BernoulliMixture(self._logit_unit * outputs)

    def _signed_units(self, targets: Tensor) -> Tensor:
        """What takes outputs to log odds: the unit where the observation is 1, less it where 0."""
        return self._logit_unit * (2 * targets - 1)


class Bernoulli(ClassFamily):
    """Each row has any of several labels."""

    name = "bernoulli"

    def build(self, classes: NDArray[Any]) -> BernoulliLikelihood:
        return BernoulliLikelihood(len(classes))
