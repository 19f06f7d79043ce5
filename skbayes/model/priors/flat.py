"""No prior: what points have."""

from __future__ import annotations

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.priors.base import CrossEntropy, LogProbGradient, Prior


class FlatPrior(Prior):
    """The constant 1 instead of a density, for entries that are points and not in doubt.

    Parameters
    ----------
    loc : Tensor of shape (P,)
        Of the precision and on the device that are wanted; zero.
    """

    reads_moments_alone = True

    def __init__(self, loc: Tensor) -> None:
        self.loc = loc

    def log_prob(self, vectors: Tensor) -> Tensor:
        return vectors.new_zeros(vectors.shape[:-1])

    def log_prob_gradient(self, vectors: Tensor) -> LogProbGradient:
        return LogProbGradient(self.log_prob(vectors), torch.zeros_like(vectors))

    def cross_entropy(self, mean: Tensor, scale: Tensor) -> CrossEntropy:
        return CrossEntropy(self.log_prob(mean), torch.zeros_like(mean), torch.zeros_like(scale))
