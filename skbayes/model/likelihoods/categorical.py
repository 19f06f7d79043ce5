"""Categorical likelihood: each row has one of several classes."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import LogLikelihoodGradient
from skbayes.model.likelihoods.classes import LOGIT_UNIT, ClassFamily, ClassLikelihood
from skbayes.model.likelihoods.constant import Constant
from skbayes.predictive import CategoricalMixture


class CategoricalLikelihood(ClassLikelihood):
    r"""``P(y = c) = softmax(4 V f(x))_c`` with one output less than there are classes.

    A softmax of as many outputs as classes is over-parametrised: adding a constant to all of
    them changes nothing. Independent posteriors cannot follow the ridge that this leaves; for
    two classes they give the log odds twice the variance that the data allow. The outputs are
    therefore coordinates of the logits' differences alone. The columns of ``V [C, C - 1]``
    are Helmert contrasts (orthogonal to each other and to a constant), scaled so that the
    log odds of *any* two classes have the prior of one output, in units of 4 nats: no class is a
    reference, and two classes are logistic regression with one output.

    Parameters
    ----------
    classes : ndarray of shape (C,)
        What the user calls the classes, at least two. Targets are their numbers ``0..C-1``.
    contrasts : ndarray of shape (C, o), default=None
        What takes outputs to logits, in nats; None for ``4 V``. The identity takes outputs as
        logits of all classes, as other people's networks have them.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> likelihood = CategoricalLikelihood(np.array(["no", "yes"]))
    >>> likelihood.log_prob(torch.zeros(1, 2, 1), torch.tensor([[0.0], [1.0]]), torch.zeros(1, 0))
    tensor([[-0.6931, -0.6931]])
    """

    def __init__(self, classes: NDArray[Any], *, contrasts: FloatArray | None = None) -> None:
        if contrasts is None:
            contrasts = LOGIT_UNIT * _helmert_contrasts(len(classes))
        self._classes = classes
        self.n_targets = 1
        self.n_outputs = contrasts.shape[1]
        self.n_parameters = 0
        self._contrasts = contrasts

    def decode(self, targets: NDArray[np.float64]) -> NDArray[Any]:
        labels: NDArray[Any] = self._classes[targets[:, 0].astype(np.intp)]
        return labels

    def log_prob(self, outputs: Tensor, targets: Tensor, parameters: Tensor) -> Tensor:
        log_probs = self._log_probs(outputs)
        index = _class_index(targets, outputs)
        return log_probs.gather(0, index).view(outputs.shape[:-1])

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        log_probs = self._log_probs(outputs)
        index = _class_index(targets, outputs)
        log_likelihood = log_probs.gather(0, index).view(outputs.shape[:-1])
        # With respect to the logits: the observation, one-hot, less the probabilities.
        residual = log_probs.exp_().neg_()
        residual.scatter_add_(0, index, residual.new_ones(()).expand(index.shape))
        output_gradient = torch.mm(residual.mT, self._to_logits.like(outputs)).view(outputs.shape)
        if row_weights is not None:
            log_likelihood = log_likelihood * row_weights
            output_gradient *= row_weights.unsqueeze(-1)
        return LogLikelihoodGradient(
            log_likelihood.sum(-1), output_gradient, torch.zeros_like(parameters)
        )

    def predictive(self, outputs: Tensor, parameters: Tensor) -> CategoricalMixture:
        return CategoricalMixture(outputs @ self._to_logits.like(outputs).mT, self._classes)

    def function_values(self, outputs: FloatArray, parameters: FloatArray) -> FloatArray:
        logits: FloatArray = outputs @ self._contrasts.T
        logits -= logits.max(axis=-1, keepdims=True)
        probabilities = np.exp(logits, out=logits)
        probabilities /= probabilities.sum(axis=-1, keepdims=True)
        return probabilities

    @cached_property
    def _to_logits(self) -> Constant:
        return Constant(torch.from_numpy(self._contrasts))

    def _log_probs(self, outputs: Tensor) -> Tensor:
        """Log probabilities ``[C, K B]``: a softmax is ten times faster along the first axis."""
        columns = outputs.reshape(-1, self.n_outputs).mT
        return torch.log_softmax(torch.mm(self._to_logits.like(outputs), columns), 0)


def _class_index(targets: Tensor, outputs: Tensor) -> Tensor:
    """Class numbers ``[B, 1]`` or ``[K, B, 1]`` as indices ``[1, K B]``."""
    return targets.long().expand(*outputs.shape[:-1], 1).reshape(1, -1)


def _helmert_contrasts(n_classes: int) -> FloatArray:
    """Contrasts ``[C, C - 1]`` with which any two classes differ by a vector of length 1."""
    contrasts = np.zeros((n_classes, n_classes - 1))
    for column in range(n_classes - 1):
        later = column + 1
        contrasts[:later, column] = -1.0
        contrasts[later, column] = later
        contrasts[:, column] /= (2 * later * (later + 1)) ** 0.5
    return contrasts


class Categorical(ClassFamily):
    """Each row has one of several classes."""

    name = "categorical"

    def build(self, classes: NDArray[Any]) -> CategoricalLikelihood:
        return CategoricalLikelihood(classes)
