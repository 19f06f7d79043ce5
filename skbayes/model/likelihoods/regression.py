"""What the likelihoods of a regression share: units, support and learned noise."""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import cached_property
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from skbayes.arrays import FloatArray
from skbayes.choice import Choice
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import Likelihood
from skbayes.model.likelihoods.constant import Constant
from skbayes.model.likelihoods.target_bounds import Bounds
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.model.networks import InitialOutputs
from skbayes.predictive import PredictiveDistribution

UnitRule: TypeAlias = Literal[
    "moments", "trimmed_moments", "log_moments", "logit_moments", "log_of_mean"
]


# Normal scores end at three deviations: no single target is to say how all are spread.
_TAILS = (1e-3, 1 - 1e-3)
# Multiples of it fill the unit interval evenly.
_GOLDEN_RATIO = 0.5 * (math.sqrt(5) - 1)


class RegressionLikelihood(Likelihood):
    """Density of numeric targets, of which the network gives a location.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns ``t``.
    units : TargetUnits, default=None
        Of the network's outputs; None for targets that are standardised already.

    Attributes
    ----------
    positive_only : bool
        Whether negative targets are impossible.
    unit_rule : str
        What location and spread of the targets the network's units are made of: mean and standard
        deviation, those of the targets that are not wild, mean and standard deviation of
        the logarithms or of the log odds, or the logarithm of the mean.
    """

    positive_only: ClassVar[bool] = False
    unit_rule: ClassVar[UnitRule] = "moments"

    def __init__(self, n_targets: int = 1, *, units: TargetUnits | None = None) -> None:
        units = TargetUnits.standard(n_targets) if units is None else units
        self.n_targets = n_targets
        self.n_outputs = n_targets
        self.n_parameters = 0
        self._units = units

    # Tensors of the units, made when they are needed: what an output stands for can be said without
    # them. Copies: a model that was loaded memory-mapped has read-only arrays.
    @cached_property
    def _loc(self) -> Tensor:
        return torch.tensor(self._units.loc)

    @cached_property
    def _scale(self) -> Tensor:
        return torch.tensor(self._units.scale)

    @cached_property
    def _centre(self) -> Constant:
        return Constant(torch.tensor(self._units.centre))

    @cached_property
    def _size(self) -> Constant:
        return Constant(torch.tensor(self._units.size))

    @classmethod
    def check_targets(cls, targets: FloatArray) -> None:
        """Refuse targets that cannot occur.

        Parameters
        ----------
        targets : ndarray of shape (n, t)
            Finite, in the units of the user.

        Raises
        ------
        ValueError
            Naming the likelihood, what it allows and the first offending value.
        """

    def encode(self, targets: NDArray[np.float64]) -> NDArray[np.float64]:
        return (targets - self._units.loc) / self._units.scale

    def decode(self, targets: NDArray[np.float64]) -> NDArray[np.float64]:
        return targets * self._units.scale + self._units.loc

    def predictive_loss(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor
    ) -> NDArray[np.float64]:
        """Continuous ranked probability score, in units of the spread, summed over targets."""
        y, dist = self._predicted(outputs, targets, parameters)
        crps = dist.crps(y).reshape(len(y), self.n_targets)
        loss: NDArray[np.float64] = (crps / (self._units.scale * self._units.size)).sum(axis=1)
        return loss

    def normal_scores(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor
    ) -> NDArray[np.float64]:
        y, dist = self._predicted(outputs, targets, parameters)
        below, at_most = np.moveaxis(dist.pit(y), -1, 0)
        # Of a value that has a probability, spread over it evenly.
        spread = np.modf(_GOLDEN_RATIO * np.arange(1, len(y) + 1))[0]
        at = below + (at_most - below) * spread.reshape(-1, *[1] * (below.ndim - 1))
        scores: NDArray[np.float64] = ndtri(np.clip(at, *_TAILS)).reshape(len(y), self.n_targets)
        return scores

    def _predicted(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor
    ) -> tuple[NDArray[np.float64], PredictiveDistribution]:
        """Targets in the units of the user, as predictions are compared with them."""
        y = self.decode(targets.double().cpu().numpy())
        dist = self.predictive(outputs, parameters)
        return (y if self.n_targets > 1 else y[:, 0]), dist

    def log_jacobian(self, targets: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full(len(targets), -float(np.log(self._units.scale).sum()))

    def initial_outputs(self) -> InitialOutputs:
        start = super().initial_outputs()
        start.bias[: self.n_targets] = self._centre.values
        return start

    def named_parameters(self, parameters: Tensor) -> dict[str, Tensor]:
        """What the parameters ``[D, q]`` stand for, each ``[D, t]``, in the units of the user."""
        return {}

    def noise_variance(self, parameters: Tensor) -> Tensor | None:
        """Variance of the noise, ``[D, t]``, in squared units of the target.

        None for a noise that is not the same for every row.
        """
        return None

    @abstractmethod
    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution: ...


class LikelihoodFamily(Choice):
    """A family of likelihoods with its parameters: a value of the regressor's `likelihood`."""

    @property
    @abstractmethod
    def unit_rule(self) -> UnitRule:
        """What the network's units are made of; see `RegressionLikelihood`."""

    @property
    def positive_only(self) -> bool:
        """Whether negative targets are impossible."""
        return False

    def bounds(self, n_targets: int) -> Bounds | None:
        """Bounds of each target in the units of the user; None where there are none to state."""
        return None

    def has_density(self, targets: FloatArray) -> NDArray[np.bool_] | None:
        """Which targets ``(n, t)`` have a density, where some have none by being one value."""
        return None

    def check_targets(self, targets: FloatArray) -> None:
        """Refuse targets that cannot occur; see `RegressionLikelihood`."""

    def with_default(self, default: LikelihoodFamily) -> LikelihoodFamily:
        """The family with `default` in the place of what it leaves to the estimator."""
        return self

    @abstractmethod
    def build(self, n_targets: int, units: TargetUnits) -> RegressionLikelihood:
        """The likelihood of so many targets, in these units."""


class PlainFamily(LikelihoodFamily):
    """A family without parameters.

    Attributes
    ----------
    likelihood : type
        What it makes.
    """

    likelihood: ClassVar[type[RegressionLikelihood]]

    @property
    def unit_rule(self) -> UnitRule:
        return self.likelihood.unit_rule

    @property
    def positive_only(self) -> bool:
        return self.likelihood.positive_only

    def check_targets(self, targets: FloatArray) -> None:
        self.likelihood.check_targets(targets)

    def build(self, n_targets: int, units: TargetUnits) -> RegressionLikelihood:
        return self.likelihood(n_targets, units=units)
