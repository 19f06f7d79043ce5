"""Student-t likelihood whose scale depends on the inputs."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from skbayes.docstrings import with_texts
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import LogLikelihoodGradient
from skbayes.model.likelihoods.heteroscedastic import HeteroscedasticLikelihood
from skbayes.model.likelihoods.noise import SkewedStudentTNoise, StudentTNoise
from skbayes.model.likelihoods.student_t_shape import (
    SKEWED_PARAMETER,
    StudentTFamily,
    StudentTShape,
)
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.predictive import PredictiveDistribution

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
    is_skewed : bool, default=False
        Whether the noise has a scale on each side of its mode; see `StudentTShape`.

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

    def __init__(
        self, n_targets: int = 1, *, units: TargetUnits | None = None, is_skewed: bool = False
    ) -> None:
        super().__init__(n_targets, units=units)
        self._shape = StudentTShape.of(n_targets, is_skewed=is_skewed)
        self.n_parameters = self._shape.n_parameters

    def parameter_prior(self) -> tuple[Tensor, Tensor]:
        return self._shape.prior()

    def named_parameters(self, parameters: Tensor) -> dict[str, Tensor]:
        return self._shape.named_parameters(parameters)

    def with_variance(self) -> Self:
        other = copy.copy(self)
        other._shape = self._shape.with_variance()
        return other

    def noise(self, parameters: Tensor) -> StudentTNoise | SkewedStudentTNoise:
        return self._shape.noise(parameters)

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        n_targets = self.n_targets
        log_scale, slope = self._read(outputs)
        precision_root = torch.exp(-log_scale)
        standardised = (targets - outputs[..., :n_targets]) * precision_root
        noise = self.noise(parameters)
        of_noise = noise.gradient(standardised, row_weights)
        weights: float | Tensor = 1.0
        weighted_log_scale = log_scale
        if row_weights is not None:
            weights = row_weights.unsqueeze(-1)
            weighted_log_scale = log_scale * weights
        output_gradient = torch.empty_like(outputs)
        torch.mul(of_noise.pull, precision_root, out=output_gradient[..., :n_targets])
        torch.mul(of_noise.z_pull.sub_(weights), slope, out=output_gradient[..., n_targets:])
        log_likelihood = (of_noise.log_likelihood - weighted_log_scale.sum(1)).sum(-1)
        of_shape = self._shape.gradient(noise, of_noise)
        return LogLikelihoodGradient(log_likelihood, output_gradient, of_shape, log_scale)

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution:
        mean = self._loc + self._scale * outputs[..., : self.n_targets]
        return self._shape.mixture(mean, self._scale * self.noise_scale(outputs), parameters)


@with_texts(skewed_parameter=SKEWED_PARAMETER)
class HeteroscedasticStudentT(StudentTFamily):
    """Student-t noise whose scale the network gives: ``likelihood="heteroscedastic_student_t"``.

    A target that is far from where the noise is small costs less than with normal noise. The
    degrees of freedom are learned.

    {skewed_parameter}

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import HeteroscedasticStudentT
    >>> BayesianMLPRegressor(likelihood=HeteroscedasticStudentT())
    BayesianMLPRegressor(likelihood=HeteroscedasticStudentT())
    """

    name = "heteroscedastic_student_t"
    likelihood = HeteroscedasticStudentTLikelihood
