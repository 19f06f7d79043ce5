"""Logit-normal likelihood: a normal one of the log odds of where a target lies in an interval."""

from __future__ import annotations

from numbers import Real
from typing import Any, ClassVar

import numpy as np

from skbayes.arrays import FloatArray
from skbayes.choice import Interval
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.regression import LikelihoodFamily, UnitRule
from skbayes.model.likelihoods.support import check_inside
from skbayes.model.likelihoods.target_bounds import Bounds
from skbayes.model.likelihoods.transformed_normal import TransformedNormalLikelihood
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.predictive import LogitNormalMixture, PredictiveDistribution


class LogitNormalLikelihood(TransformedNormalLikelihood):
    r"""``logit((y - l) / (u - l)) ~ N(f(x), s^2)`` with a learned ``s`` per target.

    For targets in an interval ``(l, u)``: rates and shares.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns.
    units : TargetUnits, default=None
        Of the network's outputs; None for log odds that are standardised already.
    bounds : Bounds, default=None
        Ends of the interval of each target; None for 0 and 1.

    References
    ----------
    J. Aitchison, S. M. Shen. "Logistic-normal distributions: some properties and uses",
    Biometrika 67 (1980).

    Examples
    --------
    >>> import torch
    >>> rho = torch.zeros(1, 1)  # a standard deviation of 0.001 + exp(0)
    >>> LogitNormalLikelihood().log_prob(torch.zeros(1, 1, 1), torch.zeros(1, 1), rho)
    tensor([[-0.9199]])
    """

    unit_rule = "logit_moments"

    def __init__(
        self,
        n_targets: int = 1,
        *,
        units: TargetUnits | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        super().__init__(n_targets, units=units)
        self._bounds = Bounds.of(0.0, 1.0, n_targets) if bounds is None else bounds

    def transform(self, targets: FloatArray) -> FloatArray:
        return self._bounds.log_odds(targets)

    def inverse(self, transformed: FloatArray) -> FloatArray:
        lower, upper = self._bounds
        # Odds beyond the largest double are an end of the interval.
        with np.errstate(over="ignore"):
            inverse: FloatArray = lower + (upper - lower) / (1 + np.exp(-transformed))
        return inverse

    def log_slope(self, targets: FloatArray) -> FloatArray:
        lower, upper = self._bounds
        slope: FloatArray = (
            np.log(upper - lower) - np.log(targets - lower) - np.log(upper - targets)
        )
        return slope

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution:
        lower, upper = (torch.from_numpy(bound) for bound in self._bounds)
        return LogitNormalMixture(*self._location_and_scale(outputs, parameters), lower, upper)


class LogitNormal(LikelihoodFamily):
    """Targets strictly inside an interval, such as rates and shares.

    ``likelihood="logit_normal"`` is short for the interval from 0 to 1. The log odds
    ``log((y - lower) / (upper - y))`` are normal, with a noise that is learned. Targets at a bound
    are for `Censored`.

    Parameters
    ----------
    lower, upper : float, default=0.0 and 1.0
        Ends of the interval, in units of the target, or one for each target, array-like of shape
        (n_targets,).

    References
    ----------
    J. Aitchison, S. M. Shen. "Logistic-normal distributions: some properties and uses",
    Biometrika 67 (1980).

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import LogitNormal
    >>> BayesianMLPRegressor(likelihood=LogitNormal(upper=100.0))  # percentages
    BayesianMLPRegressor(likelihood=LogitNormal(upper=100.0))
    """

    name = "logit_normal"
    likelihood: ClassVar[type[LogitNormalLikelihood]] = LogitNormalLikelihood
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "lower": [Interval(Real, None, None, closed="neither"), "array-like"],
        "upper": [Interval(Real, None, None, closed="neither"), "array-like"],
    }

    def __init__(self, lower: Any = 0.0, upper: Any = 1.0) -> None:
        self.lower = lower
        self.upper = upper

    @property
    def unit_rule(self) -> UnitRule:
        return self.likelihood.unit_rule

    @property
    def positive_only(self) -> bool:
        return bool(np.all(np.asarray(self.lower) >= 0))

    def bounds(self, n_targets: int) -> Bounds:
        bounds = Bounds.of(self.lower, self.upper, n_targets)
        for name, bound in zip(("lower", "upper"), bounds, strict=True):
            if not np.isfinite(bound).all():
                raise ValueError(
                    f"{name} must be finite. Got {name}={getattr(self, name)!r} instead."
                )
        return bounds

    def check_targets(self, targets: FloatArray) -> None:
        is_usual = repr(self) == repr(LogitNormal())  # which has a name
        given = repr(self.name) if is_usual else repr(self)
        check_inside(targets, self.bounds(targets.shape[1]), given)

    def build(self, n_targets: int, units: TargetUnits) -> LogitNormalLikelihood:
        return self.likelihood(n_targets, units=units, bounds=self.bounds(n_targets))
