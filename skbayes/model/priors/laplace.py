"""Laplace prior."""

from __future__ import annotations

import math

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.priors.base import CrossEntropy, LocationScalePrior, LogProbGradient, PriorFamily


class LaplacePrior(LocationScalePrior):
    r"""Independent ``exp(-|w - loc| / scale) / (2 scale)``.

    A sharper peak and wider shoulders than the normal's: few large weights cost less than
    many middling ones.

    Parameters
    ----------
    loc, scale : Tensor of shape (P,) or (M, P)
        Centres and mean absolute deviations (a standard deviation is ``sqrt(2)`` times that).

    Examples
    --------
    >>> import torch
    >>> prior = LaplacePrior(torch.zeros(2), torch.ones(2))
    >>> prior.log_prob(torch.zeros(1, 2))
    tensor([-1.3863])
    """

    def __init__(self, loc: Tensor, scale: Tensor) -> None:
        super().__init__(loc, scale)
        self._rate = scale.reciprocal()
        self._log_normaliser = (2 * scale).log().sum(-1)

    def log_prob(self, vectors: Tensor) -> Tensor:
        return -((vectors - self.loc).abs() * self._rate).sum(-1) - self._log_normaliser

    def log_prob_gradient(self, vectors: Tensor) -> LogProbGradient:
        deviation = vectors - self.loc
        gradient = -deviation.sign() * self._rate
        log_prob = torch.linalg.vecdot(deviation, gradient) - self._log_normaliser
        return LogProbGradient(log_prob, gradient)

    def cross_entropy(self, mean: Tensor, scale: Tensor) -> CrossEntropy:
        # The mean of a folded normal (Leone, Nelson & Nottingham 1961):
        # E|d| = s sqrt(2 / pi) exp(-d^2 / 2 s^2) + d erf(d / s sqrt(2)), and its derivatives
        # with respect to d and log s are the erf and the first term.
        deviation = mean - self.loc
        # At a scale of zero the ratio must be infinite, and 0 where the deviation is 0 too.
        ratio = deviation / scale.clamp_min(torch.finfo(scale.dtype).tiny)
        sign = torch.erf(ratio * math.sqrt(0.5))
        spread = scale * torch.exp(-0.5 * ratio.square()) * math.sqrt(2 / math.pi)
        absolute = torch.addcmul(spread, deviation, sign)
        return CrossEntropy(
            torch.linalg.vecdot(absolute, self._rate) + self._log_normaliser,
            sign * self._rate,
            spread * self._rate,
        )


class Laplace(PriorFamily):
    """Laplace prior, the same as ``prior="laplace"``.

    The density of a weight is ``exp(-|w| / s) / (2 s)`` with
    ``s = prior_sigma / sqrt(fan_in)``: more weights near zero, and more large ones, than under
    a normal.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.priors import Laplace
    >>> BayesianMLPRegressor(prior=Laplace(), prior_sigma=1.0)
    BayesianMLPRegressor(prior=Laplace(), prior_sigma=1.0)
    """

    name = "laplace"

    def at(self, loc: Tensor, scale: Tensor) -> LaplacePrior:
        return LaplacePrior(loc, scale)
