"""What the likelihoods of a regression share: units, support and learned noise."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skbayes.model.likelihoods.base import InitialOutputs, Likelihood
from skbayes.model.likelihoods.units import FloatArray, TargetUnits
from skbayes.model.moments import location_and_scale
from skbayes.predictive import PredictiveDistribution


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
    """

    positive_only: ClassVar[bool] = False
    _location_and_scale = staticmethod(location_and_scale)

    def __init__(self, n_targets: int = 1, *, units: TargetUnits | None = None) -> None:
        units = TargetUnits.standard(n_targets) if units is None else units
        self.n_targets = n_targets
        self.n_outputs = n_targets
        self.n_parameters = 0
        # Copies: a model that was loaded memory-mapped has read-only arrays.
        self._loc, self._scale, self._centre, self._size = (
            torch.tensor(x) for x in (units.loc, units.scale, units.centre, units.size)
        )

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

    @classmethod
    def fit_units(
        cls, targets: FloatArray, row_weights: FloatArray | None, *, standardize: bool
    ) -> TargetUnits:
        """Units for targets in the units of the user.

        Parameters
        ----------
        targets : ndarray of shape (n, t)
        row_weights : ndarray of shape (n,) or None
        standardize : bool
            Whether the network sees standardised targets.
        """
        moments = cls._location_and_scale(targets, row_weights)
        return TargetUnits.of(*moments, standardize=standardize)

    def encode(self, targets: NDArray[np.float64]) -> NDArray[np.float64]:
        return (targets - self._loc.numpy()) / self._scale.numpy()

    def log_jacobian(self, targets: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full(len(targets), -float(self._scale.log().sum()))

    def initial_outputs(self) -> InitialOutputs:
        start = super().initial_outputs()
        start.bias[: self.n_targets] = self._centre
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
