"""Student-t likelihood with learned scale and degrees of freedom per target."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from skbayes.docstrings import with_texts
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import LogLikelihoodGradient
from skbayes.model.likelihoods.location_scale import LocationScaleLikelihood
from skbayes.model.likelihoods.noise import SkewedStudentTNoise, StudentTNoise, total_weight_of
from skbayes.model.likelihoods.student_t_shape import (
    SKEWED_PARAMETER,
    StudentTFamily,
    StudentTShape,
)
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.predictive import PredictiveDistribution

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
    is_skewed : bool, default=False
        Whether the noise has a scale on each side of its mode; see `StudentTShape`.

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

    def __init__(
        self, n_targets: int = 1, *, units: TargetUnits | None = None, is_skewed: bool = False
    ) -> None:
        super().__init__(n_targets, units=units)
        self._shape = StudentTShape.of(n_targets, is_skewed=is_skewed)
        self.n_parameters = n_targets + self._shape.n_parameters

    def parameter_prior(self) -> tuple[Tensor, Tensor]:
        of_scale, of_shape = super().parameter_prior(), self._shape.prior()
        return torch.cat([of_scale[0], of_shape[0]]), torch.cat([of_scale[1], of_shape[1]])

    def named_parameters(self, parameters: Tensor) -> dict[str, Tensor]:
        return super().named_parameters(parameters) | self._shape.named_parameters(parameters)

    def noise_variance(self, parameters: Tensor) -> Tensor | None:
        one = torch.ones((), dtype=torch.float64)
        var = self._shape.mixture(one, one, parameters)._component_var().squeeze(1)
        return (self._scale * self.noise_scale(parameters)).square() * var

    def with_variance(self) -> Self:
        other = copy.copy(self)
        other._shape = self._shape.with_variance()
        return other

    def noise(self, parameters: Tensor) -> StudentTNoise | SkewedStudentTNoise:
        return self._shape.noise(parameters)

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        scale = self.noise_scale(parameters)
        standardised = (targets - outputs) / scale.unsqueeze(1)
        noise = self.noise(parameters)
        of_noise = noise.gradient(standardised, row_weights)
        total_weight = total_weight_of(row_weights, standardised)
        log_likelihood = (of_noise.log_likelihood - scale.log() * total_weight).sum(-1)
        of_log_scale = of_noise.z_pull.sum(1) - total_weight
        of_rho = of_log_scale * (1 - self._scale_floor.like(scale) / scale)
        of_shape = self._shape.gradient(noise, of_noise)
        return LogLikelihoodGradient(
            log_likelihood,
            of_noise.pull.div_(scale.unsqueeze(1)),
            torch.cat([of_rho, of_shape], -1),
        )

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution:
        scale = self.noise_scale(parameters).unsqueeze(1)
        return self._shape.mixture(
            self._loc + self._scale * outputs, self._scale * scale, parameters
        )


@with_texts(skewed_parameter=SKEWED_PARAMETER)
class StudentT(StudentTFamily):
    """Student-t noise, scale and degrees of freedom learned: ``likelihood="student_t"``.

    Outliers hardly move the fit. Where the degrees of freedom may be 2 or fewer, standard
    deviations are infinite.

    {skewed_parameter}

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import StudentT
    >>> BayesianMLPRegressor(likelihood=StudentT())
    BayesianMLPRegressor(likelihood=StudentT())
    """

    name = "student_t"
    likelihood = StudentTLikelihood
