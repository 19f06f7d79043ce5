"""Any distribution of `torch.distributions` as a prior."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.priors.base import LogProbGradient, Prior

if TYPE_CHECKING:
    from torch.distributions import Distribution


class DistributionPrior(Prior):
    """Independent entries, each with the distribution that is given.

    It has no closed form: the cross-entropy is estimated on the draws of the posterior.

    Parameters
    ----------
    distribution : torch.distributions.Distribution
        Of real numbers, with the batch shape () or (P,).
    loc : Tensor of shape (P,)
        Where the vector starts from, of the precision and on the device that are wanted.

    Raises
    ------
    ValueError
        If the distribution is not one of as many real numbers.

    Examples
    --------
    >>> import torch
    >>> prior = DistributionPrior(torch.distributions.Cauchy(0.0, 1.0), torch.zeros(3))
    >>> prior.log_prob(torch.zeros(1, 3))
    tensor([-3.4342])
    """

    can_be_recorded = False  # it may check what it is given

    def __init__(self, distribution: Distribution, loc: Tensor) -> None:
        if distribution.event_shape or distribution.batch_shape not in ((), loc.shape):
            raise ValueError(
                "prior must be a distribution of single numbers, one for all weights or one for "
                f"each of the {len(loc)}. Got {distribution!r}."
            )
        self.loc = loc
        self._distribution = distribution

    def log_prob(self, vectors: Tensor) -> Tensor:
        return self._distribution.log_prob(vectors).to(vectors).sum(-1)

    def log_prob_gradient(self, vectors: Tensor) -> LogProbGradient:
        with torch.enable_grad():
            leaf = vectors.detach().requires_grad_()
            log_prob = self.log_prob(leaf)
            (gradient,) = torch.autograd.grad(log_prob.sum(), leaf)
        return LogProbGradient(log_prob.detach(), gradient)
