"""Normal prior."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skbayes.model.priors.base import CrossEntropy, LocationScalePrior, LogProbGradient


class NormalPrior(LocationScalePrior):
    """Independent normals ``N(loc, scale^2)`` over the entries of the vector.

    Parameters
    ----------
    loc, scale : Tensor of shape (P,) or (M, P)
        Means and standard deviations (not variances).

    Examples
    --------
    >>> import torch
    >>> prior = NormalPrior(torch.zeros(3), torch.ones(3))
    >>> prior.log_prob(torch.zeros(1, 3))
    tensor([-2.7568])
    """

    def __init__(self, loc: Tensor, scale: Tensor) -> None:
        super().__init__(loc, scale)
        self._precision = scale.square().reciprocal()
        n_entries = scale.shape[-1]
        self._log_normaliser = scale.log().sum(-1) + 0.5 * n_entries * math.log(2 * math.pi)

    def log_prob(self, vectors: Tensor) -> Tensor:
        squares = ((vectors - self.loc).square() * self._precision).sum(-1)
        return -0.5 * squares - self._log_normaliser

    def log_prob_gradient(self, vectors: Tensor) -> LogProbGradient:
        deviation = vectors - self.loc
        gradient = deviation * self._precision
        log_prob = -0.5 * torch.linalg.vecdot(deviation, gradient) - self._log_normaliser
        return LogProbGradient(log_prob, gradient.neg_())

    def cross_entropy(self, mean: Tensor, scale: Tensor) -> CrossEntropy:
        deviation = mean - self.loc
        variance = scale.square()
        second_moments = torch.addcmul(variance, deviation, deviation)
        squares = torch.linalg.vecdot(second_moments, self._precision)
        return CrossEntropy(
            torch.add(self._log_normaliser, squares, alpha=0.5),
            deviation * self._precision,
            variance * self._precision,
        )
