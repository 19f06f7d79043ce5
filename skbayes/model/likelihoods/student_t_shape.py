"""What is learned of Student-t noise beside its scale: how heavy its tails are, and how skewed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.noise import NoiseGradient, SkewedStudentTNoise, StudentTNoise
from skbayes.model.likelihoods.regression import PlainFamily, RegressionLikelihood
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.predictive import LocationScaleMixture, SkewedStudentTMixture, StudentTMixture

# log(df - 1) ~ N(log 10, 1): the central 95 % of the degrees of freedom run from 2.4 to 72. That
# is close to the Gamma(2, rate 0.1) of Juárez & Steel 2010: nearly normal unless the data object.
_LOG_DF_PRIOR_LOC = math.log(10.0)
_LOG_DF_PRIOR_SCALE = 1.0
# Above 1 the mean exists, and it is what a prediction reports; above 2 the variance.
_LEAST_DF, _LEAST_DF_WITH_VARIANCE = 1.0, 2.0
# log g ~ N(0, 0.5^2), with g^2 the odds of a target above the mode: in the central 95 % from 1 in 7
# to 7. Exponential noise has 0.8 and more; a few dozen rows outweigh the prior.
_LOG_SKEW_PRIOR_SCALE = 0.5


@dataclass(frozen=True)
class StudentTShape:
    """The last parameters of a likelihood: ``eta`` of each target, then ``log g`` if skewed.

    The degrees of freedom are ``least_df + exp(eta)``.

    Parameters
    ----------
    n_targets : int
    is_skewed : bool
        Whether ``g`` is learned; see `SkewedStudentTNoise`.
    least_df : float
    """

    n_targets: int
    is_skewed: bool
    least_df: float

    @classmethod
    def of(cls, n_targets: int, *, is_skewed: bool) -> StudentTShape:
        # The mean of skewed noise is as far from its mode as the tails are heavy, without limit
        # towards one degree of freedom.
        return cls(n_targets, is_skewed, _LEAST_DF_WITH_VARIANCE if is_skewed else _LEAST_DF)

    def with_variance(self) -> StudentTShape:
        return replace(self, least_df=_LEAST_DF_WITH_VARIANCE)

    @property
    def n_parameters(self) -> int:
        return (2 if self.is_skewed else 1) * self.n_targets

    def prior(self) -> tuple[Tensor, Tensor]:
        """Location and scale of the normal prior of the parameters."""
        ones = torch.ones(self.n_targets, dtype=torch.float64)
        loc, scale = _LOG_DF_PRIOR_LOC * ones, _LOG_DF_PRIOR_SCALE * ones
        if not self.is_skewed:
            return loc, scale
        return torch.cat([loc, 0 * ones]), torch.cat([scale, _LOG_SKEW_PRIOR_SCALE * ones])

    def df(self, parameters: Tensor) -> Tensor:
        """Degrees of freedom ``[K, t]``, for parameters ``[K, q]`` of which these are the last."""
        return self.least_df + self._own(parameters)[:, : self.n_targets].exp()

    def named_parameters(self, parameters: Tensor) -> dict[str, Tensor]:
        named = {"df": self.df(parameters)}
        if self.is_skewed:
            named["skew"] = self._log_skew(parameters).exp()
        return named

    def noise(self, parameters: Tensor) -> StudentTNoise | SkewedStudentTNoise:
        df = self.df(parameters).unsqueeze(1)
        if not self.is_skewed:
            return StudentTNoise(df)
        return SkewedStudentTNoise(df, self._log_skew(parameters).unsqueeze(1))

    def gradient(self, noise: StudentTNoise | SkewedStudentTNoise, of: NoiseGradient) -> Tensor:
        """Derivative by the parameters, ``[K, q]``, of what has those of `of` by the noise's."""
        of_df, *of_skew = of.of_parameters
        of_eta = of_df * (noise.parameters[0].squeeze(1) - self.least_df)
        return torch.cat([of_eta, *of_skew], -1) if of_skew else of_eta

    def mixture(self, loc: Tensor, scale: Tensor, parameters: Tensor) -> LocationScaleMixture:
        """The predictive mixture with these means and scales ``[D, n, t]``."""
        df = self.df(parameters).unsqueeze(1)
        if not self.is_skewed:
            return StudentTMixture(loc, scale, df)
        return SkewedStudentTMixture(loc, scale, df, self._log_skew(parameters).unsqueeze(1))

    def _own(self, parameters: Tensor) -> Tensor:
        return parameters[:, -self.n_parameters :]

    def _log_skew(self, parameters: Tensor) -> Tensor:
        return parameters[:, -self.n_targets :]


#: Of the families' docstrings.
SKEWED_PARAMETER = """
Parameters
----------
skewed : bool, default=False
    Whether noise may reach further on one side: it then has a scale on each side of its mode,
    ``g`` times the scale above and ``1 / g`` times below, and ``g`` is learned ([1]_).
    `likelihood_parameters_` has it as "skew". The degrees of freedom are then more than 2, and the
    network's output is the mean.

References
----------
.. [1] C. Fernández, M. F. J. Steel. "On Bayesian modeling of fat tails and skewness",
   Journal of the American Statistical Association 93 (1998).
"""


class StudentTFamily(PlainFamily):
    """A family of Student-t noise, skewed or not."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"skewed": ["boolean"]}

    skewed: bool = False  # of models that were saved before there was a choice

    def __init__(self, skewed: bool = False) -> None:
        self.skewed = skewed

    def build(self, n_targets: int, units: TargetUnits) -> RegressionLikelihood:
        make: Callable[..., RegressionLikelihood] = self.likelihood
        return make(n_targets, units=units, is_skewed=bool(self.skewed))
