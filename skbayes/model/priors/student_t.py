"""Student-t prior."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, ClassVar

from skbayes.choice import Interval
from skbayes.lazy_torch import Tensor
from skbayes.model.priors.base import LocationScalePrior, LogProbGradient, PriorFamily


class StudentTPrior(LocationScalePrior):
    """Independent Student-t densities: a bell with heavy tails that leave large weights alone.

    There is no closed form of its expectation under a normal; the bound estimates it.

    Parameters
    ----------
    loc, scale : Tensor of shape (P,) or (M, P)
        Centres and scales (not standard deviations).
    df : float, default=4.0
        Degrees of freedom: 1 is Cauchy, infinity normal.

    Examples
    --------
    >>> import torch
    >>> prior = StudentTPrior(torch.zeros(2), torch.ones(2), df=1.0)
    >>> prior.log_prob(torch.zeros(1, 2))
    tensor([-2.2895])
    """

    def __init__(self, loc: Tensor, scale: Tensor, *, df: float = 4.0) -> None:
        super().__init__(loc, scale)
        self._df = df
        self._precision = scale.square().mul_(df).reciprocal_()
        log_normaliser = (
            math.lgamma(0.5 * df) - math.lgamma(0.5 * (df + 1)) + 0.5 * math.log(df * math.pi)
        )
        self._log_normaliser = scale.log().sum(-1) + scale.shape[-1] * log_normaliser

    def log_prob(self, vectors: Tensor) -> Tensor:
        squares = (vectors - self.loc).square() * self._precision
        return -0.5 * (self._df + 1) * squares.log1p().sum(-1) - self._log_normaliser

    def log_prob_gradient(self, vectors: Tensor) -> LogProbGradient:
        deviation = vectors - self.loc
        weighted = deviation * self._precision
        squares = deviation.mul_(weighted)
        exponent = 0.5 * (self._df + 1)
        log_prob = -exponent * squares.log1p().sum(-1) - self._log_normaliser
        gradient = weighted.div_(squares.add_(1)).mul_(-2 * exponent)
        return LogProbGradient(log_prob, gradient)


class StudentT(PriorFamily):
    """Student-t prior with the scale ``prior_sigma / sqrt(fan_in)``.

    Parameters
    ----------
    df : float, default=4.0
        Degrees of freedom: 1 is Cauchy; the larger, the closer to normal.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.priors import StudentT
    >>> regressor = BayesianMLPRegressor(prior=StudentT(df=3), prior_sigma=1.0)
    >>> regressor.get_params()["prior__df"]
    3
    """

    name = "student_t"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "df": [Interval(Real, 0, None, closed="neither")]
    }

    def __init__(self, df: float = 4.0) -> None:
        self.df = df

    def at(self, loc: Tensor, scale: Tensor) -> StudentTPrior:
        return StudentTPrior(loc, scale, df=float(self.df))
