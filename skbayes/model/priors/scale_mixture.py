"""Mixture of two normals."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, ClassVar

from skbayes.choice import Interval
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.priors.base import LocationScalePrior, LogProbGradient, PriorFamily


class ScaleMixturePrior(LocationScalePrior):
    r"""Independent ``pi N(loc, (sigma1 scale)^2) + (1 - pi) N(loc, (sigma2 scale)^2)``.

    The scale mixture of Blundell et al. (2015, eq. 7): a wide component for the weights that
    matter and a narrow one that holds the others near zero.

    There is no closed form of its expectation under a normal; the bound estimates it.

    Parameters
    ----------
    loc, scale : Tensor of shape (P,) or (M, P)
        Centres, and the unit of both standard deviations.
    pi : float, default=0.5
        Weight of the first component, in (0, 1).
    sigma1, sigma2 : float, default=1.0 and 0.1
        Standard deviations of the components, in units of `scale`.

    Examples
    --------
    >>> import torch
    >>> prior = ScaleMixturePrior(torch.zeros(2), torch.ones(2))
    >>> prior.log_prob(torch.zeros(1, 2))
    tensor([1.5716])
    """

    def __init__(
        self,
        loc: Tensor,
        scale: Tensor,
        *,
        pi: float = 0.5,
        sigma1: float = 1.0,
        sigma2: float = 0.1,
    ) -> None:
        super().__init__(loc, scale)
        self._inverse_scale = scale.reciprocal()
        self._log_normaliser = scale.log().sum(-1) + 0.5 * scale.shape[-1] * math.log(2 * math.pi)
        self._log_weight1 = math.log(pi) - math.log(sigma1)
        self._log_weight2 = math.log1p(-pi) - math.log(sigma2)
        self._precision1 = sigma1**-2
        self._precision2 = sigma2**-2

    def log_prob(self, vectors: Tensor) -> Tensor:
        squares = ((vectors - self.loc) * self._inverse_scale).square()
        return torch.logaddexp(*self._log_components(squares)).sum(-1) - self._log_normaliser

    def log_prob_gradient(self, vectors: Tensor) -> LogProbGradient:
        standardised = (vectors - self.loc) * self._inverse_scale
        first, second = self._log_components(standardised.square())
        log_prob = torch.logaddexp(first, second).sum(-1) - self._log_normaliser
        # The precision to expect, given how likely each component made the entry.
        responsibility = first.sub_(second).sigmoid_()
        precision = responsibility.mul_(self._precision1 - self._precision2)
        precision.add_(self._precision2)
        gradient = standardised.mul_(precision).mul_(self._inverse_scale).neg_()
        return LogProbGradient(log_prob, gradient)

    def _log_components(self, squares: Tensor) -> tuple[Tensor, Tensor]:
        """Log of each weighted component, up to what both share."""
        return (
            self._log_weight1 - 0.5 * self._precision1 * squares,
            self._log_weight2 - 0.5 * self._precision2 * squares,
        )


class ScaleMixture(PriorFamily):
    """Mixture of a wide and a narrow normal (Blundell et al. 2015, eq. 7).

    Parameters
    ----------
    pi : float, default=0.5
        Weight of the first component, in (0, 1).
    sigma1, sigma2 : float, default=1.0 and 0.1
        Standard deviations of the components, in units of ``prior_sigma / sqrt(fan_in)``.

    References
    ----------
    C. Blundell, J. Cornebise, K. Kavukcuoglu, D. Wierstra. "Weight uncertainty in neural
    networks", ICML 2015.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.priors import ScaleMixture
    >>> BayesianMLPRegressor(prior=ScaleMixture(sigma2=0.05), prior_sigma=1.0)
    BayesianMLPRegressor(prior=ScaleMixture(sigma2=0.05), prior_sigma=1.0)
    """

    name = "scale_mixture"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "pi": [Interval(Real, 0, 1, closed="neither")],
        "sigma1": [Interval(Real, 0, None, closed="neither")],
        "sigma2": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, pi: float = 0.5, sigma1: float = 1.0, sigma2: float = 0.1) -> None:
        self.pi = pi
        self.sigma1 = sigma1
        self.sigma2 = sigma2

    def at(self, loc: Tensor, scale: Tensor) -> ScaleMixturePrior:
        return ScaleMixturePrior(
            loc,
            scale,
            pi=float(self.pi),
            sigma1=float(self.sigma1),
            sigma2=float(self.sigma2),
        )
