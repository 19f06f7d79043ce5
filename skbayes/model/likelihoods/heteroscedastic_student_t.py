"""Student-t likelihood whose scale depends on the inputs."""

from __future__ import annotations

import copy
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
from skbayes.model.likelihoods.heteroscedastic import HeteroscedasticLikelihood
from skbayes.model.likelihoods.noise import StudentTNoise
from skbayes.model.likelihoods.regression import PlainFamily
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.predictive import PredictiveDistribution, StudentTMixture

if TYPE_CHECKING:
    from typing_extensions import Self


class HeteroscedasticStudentTLikelihood(HeteroscedasticLikelihood):
    r"""``y ~ f(x) + s(x) T`` with ``T`` Student-t: location and log scale from the network.

    The outputs are those of `HeteroscedasticLikelihood`; the degrees of freedom, ``1 + exp(eta)``
    for each target, are learned. A normal density with a scale that changes with the inputs is
    sure of itself wherever the scale is small, and one target that it did not expect there can
    cost more than all the others: heavy tails put a limit to that.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns ``t``.
    units : TargetUnits, default=None
        Of the network's outputs; None for targets that are standardised already.

    Examples
    --------
    >>> import torch
    >>> likelihood = HeteroscedasticStudentTLikelihood()
    >>> outputs, df_2 = torch.tensor([[[0.0, 1.0]]]), torch.zeros(1, 1)  # mean 0, scale 1
    >>> likelihood.log_prob(outputs, torch.zeros(1, 1), df_2)
    tensor([[-1.0397]])
    """

    # Units that an outlier cannot spoil.
    unit_rule = "trimmed_moments"
    _least_df = LEAST_DF

    def __init__(self, n_targets: int = 1, *, units: TargetUnits | None = None) -> None:
        super().__init__(n_targets, units=units)
        self.n_parameters = n_targets

    def parameter_prior(self) -> tuple[Tensor, Tensor]:
        loc = torch.full((self.n_targets,), LOG_DF_PRIOR_LOC, dtype=torch.float64)
        return loc, torch.full_like(loc, LOG_DF_PRIOR_SCALE)

    def df(self, parameters: Tensor) -> Tensor:
        """Degrees of freedom ``[K, t]`` for parameters ``[K, t]``."""
        return degrees_of_freedom(parameters, self._least_df)

    def named_parameters(self, parameters: Tensor) -> dict[str, Tensor]:
        return {"df": self.df(parameters)}

    def with_variance(self) -> Self:
        other = copy.copy(self)
        other._least_df = LEAST_DF_WITH_VARIANCE
        return other

    def noise(self, parameters: Tensor) -> StudentTNoise:
        return StudentTNoise(self.df(parameters).unsqueeze(1))

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        n_targets = self.n_targets
        df = self.df(parameters)
        log_scale, slope = self._read(outputs)
        weighted_log_scale = log_scale
        precision_root = torch.exp(-log_scale)
        standardised = (targets - outputs[..., :n_targets]) * precision_root
        square_over_df = standardised.square() / df.unsqueeze(1)
        # How much a residual counts: (df + 1) / (df + z^2)
        factor = ((df + 1) / df).unsqueeze(1) / (1 + square_over_df)
        pull = factor * standardised
        log_kernel = torch.log1p(square_over_df)
        weights: float | Tensor = 1.0
        total_weight: float | Tensor = standardised.shape[1]
        if row_weights is not None:
            weights = row_weights.unsqueeze(-1)
            pull *= weights
            log_kernel *= weights
            weighted_log_scale = log_scale * weights
            total_weight = row_weights.sum(-1, keepdim=True)  # [1] or [K, 1]
        chi_square = pull * standardised
        output_gradient = torch.empty_like(outputs)
        torch.mul(pull, precision_root, out=output_gradient[..., :n_targets])
        torch.mul(chi_square - weights, slope, out=output_gradient[..., n_targets:])
        log_kernel = log_kernel.sum(1)
        log_likelihood = (
            log_normaliser(df) * total_weight
            - 0.5 * (df + 1) * log_kernel
            - weighted_log_scale.sum(1)
        ).sum(-1)
        df_gradient = eta_gradient(df, self._least_df, total_weight, log_kernel, chi_square.sum(1))
        return LogLikelihoodGradient(log_likelihood, output_gradient, df_gradient, log_scale)

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution:
        return StudentTMixture(
            self._loc + self._scale * outputs[..., : self.n_targets],
            self._scale * self.noise_scale(outputs),
            self.df(parameters).unsqueeze(1),
        )


class HeteroscedasticStudentT(PlainFamily):
    """Student-t noise whose scale the network gives: ``likelihood="heteroscedastic_student_t"``.

    A target that is far from where the noise is small costs less than with normal noise. The
    degrees of freedom are learned.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import HeteroscedasticStudentT
    >>> BayesianMLPRegressor(likelihood=HeteroscedasticStudentT())
    BayesianMLPRegressor(likelihood=HeteroscedasticStudentT())
    """

    name = "heteroscedastic_student_t"
    likelihood = HeteroscedasticStudentTLikelihood
