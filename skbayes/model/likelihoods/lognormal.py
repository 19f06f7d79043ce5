"""Lognormal likelihood: a normal one of the logarithms."""

from __future__ import annotations

import numpy as np

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor
from skbayes.model.likelihoods.regression import PlainFamily
from skbayes.model.likelihoods.support import check_positive
from skbayes.model.likelihoods.transformed_normal import TransformedNormalLikelihood
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.predictive import LogNormalMixture, PredictiveDistribution


class LogNormalLikelihood(TransformedNormalLikelihood):
    r"""``log y ~ N(f(x), s^2)`` with a learned ``s`` per target, for positive targets.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns.
    units : TargetUnits, default=None
        Of the network's outputs; None for logarithms that are standardised already.

    Examples
    --------
    >>> import torch
    >>> rho = torch.zeros(1, 1)  # a standard deviation of 0.001 + exp(0)
    >>> LogNormalLikelihood().log_prob(torch.zeros(1, 1, 1), torch.zeros(1, 1), rho)
    tensor([[-0.9199]])
    """

    positive_only = True
    unit_rule = "log_moments"

    def __init__(self, n_targets: int = 1, *, units: TargetUnits | None = None) -> None:
        super().__init__(n_targets, units=units)

    @classmethod
    def check_targets(cls, targets: FloatArray) -> None:
        check_positive(targets, "lognormal")

    def transform(self, targets: FloatArray) -> FloatArray:
        return np.log(targets)

    def inverse(self, transformed: FloatArray) -> FloatArray:
        return np.exp(transformed)

    def log_slope(self, targets: FloatArray) -> FloatArray:
        return -np.log(targets)

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution:
        return LogNormalMixture(*self._location_and_scale(outputs, parameters))


class LogNormal(PlainFamily):
    """Lognormal targets: ``likelihood="lognormal"``.

    For positive targets whose noise grows with their mean.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import LogNormal
    >>> BayesianMLPRegressor(likelihood=LogNormal())
    BayesianMLPRegressor(likelihood=LogNormal())
    """

    name = "lognormal"
    likelihood = LogNormalLikelihood
