"""Student-t likelihood with learned scale and degrees of freedom per target."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import LogLikelihoodGradient
from skbayes.model.likelihoods.degrees_of_freedom import (
    LEAST_DF,
    LEAST_DF_WITH_VARIANCE,
    LOG_DF_PRIOR_LOC,
    LOG_DF_PRIOR_SCALE,
    degrees_of_freedom,
    eta_gradient,
    log_normaliser,
)
from skbayes.model.likelihoods.location_scale import LocationScaleLikelihood
from skbayes.model.likelihoods.noise import StudentTNoise
from skbayes.model.likelihoods.regression import PlainFamily
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.predictive import PredictiveDistribution, StudentTMixture

if TYPE_CHECKING:
    from typing_extensions import Self


class StudentTLikelihood(LocationScaleLikelihood):
    r"""``y ~ f(x) + s T`` with ``T`` Student-t with learned degrees of freedom, per target.

    Heavy tails: an outlier moves the fit the less the further away it is (Lange, Little & Taylor
    1989). The degrees of freedom are ``1 + exp(eta)``: above 1 the mean exists, and it is what
    a prediction reports. Up to 2 the variance is infinite. The parameters are the ``rho``
    of the scales, then the ``eta``.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns.
    units : TargetUnits, default=None
        Of the network's outputs; None for targets that are standardised already.

    References
    ----------
    M. A. Juárez, M. F. J. Steel. "Model-based clustering of non-Gaussian panel data based on
    skew-t distributions", Journal of Business & Economic Statistics 28 (2010).

    K. L. Lange, R. J. A. Little, J. M. G. Taylor. "Robust statistical modeling using the t
    distribution", Journal of the American Statistical Association 84 (1989).

    Examples
    --------
    >>> import torch
    >>> parameters = torch.tensor([[0.0, 0.0]])  # scale 1.001, 2 degrees of freedom
    >>> StudentTLikelihood().log_prob(torch.zeros(1, 1, 1), torch.zeros(1, 1), parameters)
    tensor([[-1.0407]])
    """

    # Units that an outlier cannot spoil.
    unit_rule = "trimmed_moments"
    _least_df = LEAST_DF

    def __init__(self, n_targets: int = 1, *, units: TargetUnits | None = None) -> None:
        super().__init__(n_targets, units=units)
        self.n_parameters = 2 * n_targets

    def parameter_prior(self) -> tuple[Tensor, Tensor]:
        loc, scale = super().parameter_prior()
        return (
            torch.cat([loc, torch.full_like(loc, LOG_DF_PRIOR_LOC)]),
            torch.cat([scale, torch.full_like(scale, LOG_DF_PRIOR_SCALE)]),
        )

    def df(self, parameters: Tensor) -> Tensor:
        """Degrees of freedom ``[K, t]`` for parameters ``[K, q]``."""
        return degrees_of_freedom(parameters[:, self.n_targets :], self._least_df)

    def named_parameters(self, parameters: Tensor) -> dict[str, Tensor]:
        return {**super().named_parameters(parameters), "df": self.df(parameters)}

    def noise_variance(self, parameters: Tensor) -> Tensor | None:
        df = self.df(parameters)
        factor = torch.where(df > 2, df / (df - 2), math.inf)
        return (self._scale * self.noise_scale(parameters)).square() * factor

    def with_variance(self) -> Self:
        other = copy.copy(self)
        other._least_df = LEAST_DF_WITH_VARIANCE
        return other

    def noise(self, parameters: Tensor) -> StudentTNoise:
        return StudentTNoise(self.df(parameters).unsqueeze(1))

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        scale, df = self.noise_scale(parameters), self.df(parameters)
        residual = targets - outputs
        square_over_df = residual.square() / (scale.square() * df).unsqueeze(1)
        # How much a residual counts: (df + 1) / (df + z^2)
        factor = ((df + 1) / (df * scale.square())).unsqueeze(1) / (1 + square_over_df)
        output_gradient = factor * residual
        log_kernel = torch.log1p(square_over_df)
        total_weight: float | Tensor = residual.shape[1]
        if row_weights is not None:
            weights = row_weights.unsqueeze(-1)
            output_gradient *= weights
            log_kernel *= weights
            total_weight = row_weights.sum(-1, keepdim=True)  # [1] or [K, 1]
        # sum_i w_i z_i^2 (df + 1) / (df + z_i^2), and sum_i w_i log(1 + z_i^2 / df)
        chi_square = torch.linalg.vecdot(residual, output_gradient, dim=1)
        log_kernel = log_kernel.sum(1)
        constant = (log_normaliser(df) - scale.log()) * total_weight
        log_likelihood = (constant - 0.5 * (df + 1) * log_kernel).sum(-1)
        log_scale_gradient = (chi_square - total_weight) * (
            1 - self._scale_floor.like(scale) / scale
        )
        df_gradient = eta_gradient(df, self._least_df, total_weight, log_kernel, chi_square)
        parameter_gradient = torch.cat([log_scale_gradient, df_gradient], -1)
        return LogLikelihoodGradient(log_likelihood, output_gradient, parameter_gradient)

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution:
        scale = self.noise_scale(parameters).unsqueeze(1)
        return StudentTMixture(
            self._loc + self._scale * outputs, self._scale * scale, self.df(parameters).unsqueeze(1)
        )


class StudentT(PlainFamily):
    """Student-t noise, scale and degrees of freedom learned: ``likelihood="student_t"``.

    Outliers hardly move the fit. Where the degrees of freedom may be 2 or fewer, standard
    deviations are infinite.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import StudentT
    >>> BayesianMLPRegressor(likelihood=StudentT())
    BayesianMLPRegressor(likelihood=StudentT())
    """

    name = "student_t"
    likelihood = StudentTLikelihood
