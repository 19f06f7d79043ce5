"""Likelihoods of which the network gives the logarithm of the mean."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.bounded import LOG_LOCATION_BOUND, Bounded
from skbayes.model.likelihoods.constant import Constant
from skbayes.model.likelihoods.location_scale import (
    LOG_SCALE_PRIOR_LOC,
    LOG_SCALE_PRIOR_SCALE,
    SCALE_FLOOR,
)
from skbayes.model.likelihoods.regression import RegressionLikelihood
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.model.networks import InitialOutputs


class LogLinkLikelihood(RegressionLikelihood):
    r"""``log E[y] = loc + f(x)``, with ``loc`` the logarithm of the mean of all targets.

    An output of zero, the centre of the prior, stands for the overall mean, whatever its
    magnitude. Outputs are smoothly bounded to ``(-20, 20)``, and unchanged within
    ``(-15, 15)``: a mean between a 3-millionth of the overall one and 3 million times it is exactly
    log-linear in the output, and far from the data no mean overflows.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns ``t``.
    units : TargetUnits, default=None
        Of the network's outputs; None for targets with a mean of 1.
    """

    positive_only = True
    unit_rule = "log_of_mean"

    def encode(self, targets: FloatArray) -> FloatArray:
        return targets

    def decode(self, targets: FloatArray) -> FloatArray:
        return targets

    def log_jacobian(self, targets: FloatArray) -> FloatArray:
        return np.zeros(len(targets))

    def initial_outputs(self) -> InitialOutputs:
        # The overall mean everywhere: the exponentials of random outputs would make some rows'
        # first gradients many times those of the others.
        start = super().initial_outputs()
        return start._replace(weight_factor=torch.zeros_like(start.weight_factor))

    @cached_property
    def _log_unit(self) -> Constant:
        """Logarithm of the mean of all targets: ``loc``."""
        return Constant(self._loc)

    def _log_mean(self, outputs: Tensor) -> Bounded:
        """Logarithm of the mean less ``loc``, ``[K, B, t]``."""
        return LOG_LOCATION_BOUND.about(self._centre, self._size, outputs)


class DispersedLikelihood(LogLinkLikelihood):
    r"""A log link, and one learned relative noise for each target.

    The relative noise ``c = 0.001 + exp(rho)`` has the prior of a learned scale, relative to the
    mean. The variance has the part ``(c E[y])^2``.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns ``t``.
    units : TargetUnits, default=None
        Of the network's outputs; None for targets with a mean of 1.
    """

    def __init__(self, n_targets: int = 1, *, units: TargetUnits | None = None) -> None:
        super().__init__(n_targets, units=units)
        self.n_parameters = n_targets

    def parameter_prior(self) -> tuple[Tensor, Tensor]:
        loc = torch.full((self.n_targets,), LOG_SCALE_PRIOR_LOC, dtype=torch.float64)
        return loc, torch.full_like(loc, LOG_SCALE_PRIOR_SCALE)

    def _shape(self, parameters: Tensor) -> Tensor:
        """``1 / c^2``, ``[K, t]``: the shape of a gamma distribution with this noise."""
        return (SCALE_FLOOR + parameters.exp()).pow(-2)

    def _shape_slope(self, parameters: Tensor) -> Tensor:
        """Derivative of the shape with respect to ``rho``."""
        noise = parameters.exp()
        return -2 * noise * (SCALE_FLOOR + noise).pow(-3)
