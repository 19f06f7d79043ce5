"""Normal prior."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from skbayes.choice import StrOptions
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.networks import GROUPINGS, Network
from skbayes.model.priors.base import (
    CrossEntropy,
    LocationScalePrior,
    LogProbGradient,
    PriorFamily,
)
from skbayes.model.priors.learned_scale import LearnedScalePrior


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

    reads_moments_alone = True

    def __init__(self, loc: Tensor, scale: Tensor) -> None:
        super().__init__(loc, scale)
        self._precision = scale.square().reciprocal()
        n_entries = scale.shape[-1]
        self._log_normaliser = scale.log().sum(-1) + 0.5 * n_entries * math.log(2 * math.pi)

    def log_prob(self, vectors: Tensor) -> Tensor:
        squares = ((vectors - self.loc).square() * self._precision).sum(-1)
        return -0.5 * squares - self._log_normaliser

    def log_prob_gradient(self, vectors: Tensor) -> LogProbGradient:
        missing = self.loc - vectors
        gradient = missing * self._precision
        log_prob = torch.linalg.vecdot(missing, gradient).mul_(-0.5).sub_(self._log_normaliser)
        return LogProbGradient(log_prob, gradient)

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


class Normal(PriorFamily):
    """Normal prior, the same as ``prior="normal"``.

    The only family whose scales can be learned, with ``prior_sigma="auto"``.

    Parameters
    ----------
    grouping : {"unit", "layer", "feature"}, default="unit"
        Which weights share a learned scale; only used when ``prior_sigma="auto"``.

        - "unit": the weights into a hidden unit with its bias, the weights out of a unit of the
          last hidden layer, the linear skip, the output biases. Units that the data do not
          need are switched off.
        - "layer": the weights of a layer, its biases, the linear skip.
        - "feature": the weights that read a feature, in the first layer and the skip. Features
          that the data do not need are switched off, and `feature_prior_scales_` tells them. Other
          layers as for "unit".

        Where the network gives the noise too (a heteroscedastic `likelihood`), the weights of the
        output layer that lead to it, its biases, the skip to it and the direct effects of
        categories on it are a group each, so that it stays the same everywhere unless the data say
        that it does not. Of a module they are not told apart.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.priors import Normal
    >>> BayesianMLPRegressor(prior=Normal(grouping="feature"))
    BayesianMLPRegressor(prior=Normal(grouping='feature'))
    """

    name = "normal"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "grouping": [StrOptions(set(GROUPINGS))]
    }

    def __init__(self, grouping: str = "unit") -> None:
        self.grouping = grouping

    def at(self, loc: Tensor, scale: Tensor) -> NormalPrior:
        return NormalPrior(loc, scale)

    @property
    def learns_scales(self) -> bool:
        return True

    def with_learned_scales(
        self, network: Network, fan_in: Tensor, n_noise_outputs: int = 0
    ) -> LearnedScalePrior:
        return LearnedScalePrior(fan_in, network.groups(self.grouping, n_noise_outputs))
