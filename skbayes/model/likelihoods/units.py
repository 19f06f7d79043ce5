"""The units in which a network sees the targets of a regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TargetUnits:
    """How the outputs of a network become the location of each target, and what to expect.

    A likelihood turns an output ``f`` into the location ``loc + scale * f`` of its target:
    of its mean, or where the likelihood has a logarithmic link, of the logarithm.

    Attributes
    ----------
    loc, scale : ndarray of shape (t,)
        From the network's units to those of the likelihood.
    centre, size : ndarray of shape (t,)
        Location and spread of the targets in the units of the network: 0 and 1 where
        they are standardised. Priors and starting values refer to them.

    Examples
    --------
    >>> import numpy as np
    >>> TargetUnits.of(np.array([10.0]), np.array([2.0]), standardize=False)
    TargetUnits(loc=array([0.]), scale=array([1.]), centre=array([10.]), size=array([2.]))
    """

    loc: FloatArray
    scale: FloatArray
    centre: FloatArray
    size: FloatArray

    @classmethod
    def of(cls, location: FloatArray, spread: FloatArray, *, standardize: bool) -> TargetUnits:
        """Units for targets around `location` with a standard deviation of `spread`."""
        zero, one = np.zeros_like(location), np.ones_like(location)
        if standardize:
            return cls(location, spread, zero, one)
        return cls(zero, one, location, spread)

    @classmethod
    def standard(cls, n_targets: int) -> TargetUnits:
        """Units for targets that are standardised already."""
        return cls.of(np.zeros(n_targets), np.ones(n_targets), standardize=True)
