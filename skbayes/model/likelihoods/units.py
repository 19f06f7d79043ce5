"""The units in which a network sees the targets of a regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skbayes.arrays import FloatArray


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
    resolution : ndarray of shape (t,)
        Distance between the values that a target was recorded to, in the units of the network; 0
        where it was recorded as exactly as a number can be.

    Examples
    --------
    >>> import numpy as np
    >>> units = TargetUnits.of(np.array([10.0]), np.array([2.0]), standardize=False)
    >>> units.loc, units.scale, units.centre, units.size
    (array([0.]), array([1.]), array([10.]), array([2.]))
    """

    loc: FloatArray
    scale: FloatArray
    centre: FloatArray
    size: FloatArray
    resolution: FloatArray

    @classmethod
    def of(
        cls,
        location: FloatArray,
        spread: FloatArray,
        resolution: FloatArray | None = None,
        *,
        standardize: bool,
    ) -> TargetUnits:
        """Units for targets around `location` with a standard deviation of `spread`.

        `resolution` is in the same units; None for none.
        """
        zero, one = np.zeros_like(location), np.ones_like(location)
        resolution = zero if resolution is None else resolution
        if standardize:
            return cls(location, spread, zero, one, resolution / spread)
        return cls(zero, one, location, spread, resolution)

    @classmethod
    def standard(cls, n_targets: int) -> TargetUnits:
        """Units for targets that are standardised already."""
        return cls.of(np.zeros(n_targets), np.ones(n_targets), standardize=True)
