"""Likelihoods with a learned scale for each target."""

from __future__ import annotations

from functools import cached_property

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.constant import Constant
from skbayes.model.likelihoods.scaled_noise import ScaledNoiseLikelihood
from skbayes.model.likelihoods.units import TargetUnits

# The prior of a learned scale, in standard deviations of the target: log s ~ N(-1, 2^2), whose
# central 95 % runs from 0.007 to 20. A few rows outweigh it.
LOG_SCALE_PRIOR_LOC = -1.0
LOG_SCALE_PRIOR_SCALE = 2.0
# The smallest learned scale, in standard deviations of the target: without it the density of a
# target that the network can fit exactly would grow without bound.
SCALE_FLOOR = 1e-3


class LocationScaleLikelihood(ScaledNoiseLikelihood):
    r"""A location from the network, and one learned scale for each target.

    The scale is ``s = s_min + exp(rho)`` with a normal prior on ``rho``. The first ``t``
    parameters are the ``rho``; a subclass may add others.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns ``t``.
    units : TargetUnits, default=None
        Of the network's outputs; None for targets that are standardised already.
    """

    def __init__(self, n_targets: int = 1, *, units: TargetUnits | None = None) -> None:
        super().__init__(n_targets, units=units)
        self.n_parameters = n_targets

    @cached_property
    def _scale_floor(self) -> Constant:
        return Constant(SCALE_FLOOR * self._size.values)

    def parameter_prior(self) -> tuple[Tensor, Tensor]:
        loc = LOG_SCALE_PRIOR_LOC + self._size.values.log()
        return loc, torch.full_like(loc, LOG_SCALE_PRIOR_SCALE)

    def noise_scale(self, parameters: Tensor) -> Tensor:
        """Scale ``[K, t]`` for parameters ``[K, q]``, in the units of the network."""
        return parameters[:, : self.n_targets].exp() + self._scale_floor.like(parameters)

    def scale(self, outputs: Tensor, parameters: Tensor) -> Tensor:
        return self.noise_scale(parameters).unsqueeze(1)

    def named_parameters(self, parameters: Tensor) -> dict[str, Tensor]:
        return {"scale": self._scale * self.noise_scale(parameters)}
