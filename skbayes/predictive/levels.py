"""The probabilities of quantiles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch


class Levels(NamedTuple):
    """Probabilities whose quantiles are sought, one for each of some elements.

    Each by the nearer tail, so that small probabilities keep their digits.

    Parameters
    ----------
    tail : ndarray of shape (E,)
        Probability at the quantile, of the lower tail or of the upper.
    is_upper : ndarray of shape (E,)
        Whether it is the upper.
    """

    tail: FloatArray
    is_upper: NDArray[np.bool_]

    @classmethod
    def of(cls, q: FloatArray) -> Levels:
        """Those of quantiles of the probabilities `q`, ``[E]``."""
        is_upper = q > 0.5
        return cls(np.where(is_upper, 1 - q, q), is_upper)

    def select(self, element: NDArray[np.int64]) -> Levels:
        """Those of some of the elements."""
        return Levels(self.tail[element], self.is_upper[element])

    @property
    def upper_column(self) -> Tensor:
        """Whether it is the upper tail, for the elements of a mixture ``[D, E, 1]``."""
        return torch.from_numpy(self.is_upper[:, None])

    def excess(self, tail: FloatArray) -> FloatArray:
        """``P(Y <= y) - q``, for the probabilities of the same tails at other points, ``[E]``."""
        difference = tail - self.tail
        return np.where(self.is_upper, -difference, difference)

    def log_odds_excess(
        self, tail: FloatArray, density: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Log odds of ``Y <= y`` less those of ``q``, and their derivative by ``y``, each ``[E]``.

        They are closer to a straight line than the probability is, in the tails and in between:
        Newton's method needs fewer steps.
        """
        tail = np.minimum(tail, 1.0)  # a mean of ones, rounded
        rest = 1 - tail
        # Infinite where a tail is 0 or 1.
        with np.errstate(all="ignore"):
            # log(tail / rest) - log(self.tail / (1 - self.tail)), without cancellation.
            difference = np.log1p((tail - self.tail) / (self.tail * rest))
            slope = density / (tail * rest)
        return np.where(self.is_upper, -difference, difference), slope
