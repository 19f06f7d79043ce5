"""Normal scores: a column mapped to a standard normal by its ranks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import torch

# A knot for every 30 rows, as usual before tabular networks (Gorishniy et al. 2021): the curve
# follows the shape of the distribution and not the gaps between single rows.
_ROWS_PER_KNOT = 30
_FEWEST_KNOTS, _MOST_KNOTS = 10, 200
# Of the line beyond the training values: theirs may differ by less than a normal double.
_STEEPEST = 1e100


@dataclass(frozen=True)
class NormalScores:
    """Increasing, piecewise linear curve that makes the values of a column normal.

    A value gets the normal quantile of its place among the training values, halfway through
    its ties (Blom 1958), shifted and stretched to mean 0 and standard deviation 1 over the
    training rows. The curve passes through these scores at quantiles of the column. Beyond the
    least and the greatest training value it goes straight on, with its mean slope: whatever is
    extreme stays more extreme than all that was seen, but not by hundreds of standard deviations.

    Attributes
    ----------
    knots : ndarray of shape (n_knots,)
        Training values, increasing.
    scores : ndarray of shape (n_knots,)
        What they are mapped to, increasing.

    References
    ----------
    G. Blom. "Statistical estimates and transformed beta-variables", Wiley 1958.

    Y. Gorishniy, I. Rubachev, V. Khrulkov, A. Babenko. "Revisiting deep learning models for
    tabular data", NeurIPS 2021.

    Examples
    --------
    >>> import numpy as np
    >>> curve = NormalScores.of(np.array([1.0, 2.0, 3.0, 1000.0]), np.ones(4))
    >>> curve(np.array([1.0, 2.0, 3.0, 1000.0, 1999.0])).round(2)
    array([-1.36, -0.38,  0.38,  1.36,  4.09])
    """

    knots: FloatArray
    scores: FloatArray

    @classmethod
    def of(cls, values: FloatArray, weights: FloatArray) -> NormalScores:
        """The curve of training values.

        Parameters
        ----------
        values : ndarray of shape (n,)
            Finite, and at most 1e300 apart. Equal values, or none at all, are mapped to 0 by a
            line of slope 1.
        weights : ndarray of shape (n,)
            How many rows each value stands for.
        """
        if not len(values):
            return cls(np.zeros(1), np.zeros(1))
        distinct, place = np.unique(values, return_inverse=True)
        mass = np.bincount(place, weights).astype(np.float64)
        below: FloatArray = np.cumsum(mass)
        n_rows = below[-1]
        if len(distinct) == 1:
            return cls(distinct, np.zeros(1))
        above: FloatArray = np.cumsum(mass[::-1])[::-1]
        # From the smaller tail, which is never rounded to 0 as 1 minus the other may be.
        scores = np.where(
            below < above, _normal_quantile(below, mass), -_normal_quantile(above, mass)
        )
        scores -= mass @ scores / n_rows
        scores /= np.sqrt(mass @ np.square(scores) / n_rows)
        n_knots = int(np.clip(n_rows / _ROWS_PER_KNOT, _FEWEST_KNOTS, _MOST_KNOTS))
        levels = np.linspace(0, n_rows, n_knots)
        chosen = np.unique(np.searchsorted(below, levels[1:-1]))
        chosen = np.unique(np.concatenate([[0], chosen, [len(distinct) - 1]]))
        return cls(distinct[chosen], scores[chosen])

    def __call__(self, values: FloatArray) -> FloatArray:
        """Scores of values of any shape."""
        knots, scores = self.knots, self.scores
        inside = np.clip(values, knots[0], knots[-1])
        if len(knots) == 1:
            return values - inside
        left = np.clip(np.searchsorted(knots, inside, side="right") - 1, 0, len(knots) - 2)
        # As a share of the interval, and not by its slope, which may be beyond any double.
        share = (inside - knots[left]) / (knots[left + 1] - knots[left])
        with np.errstate(over="ignore"):
            slope = min((scores[-1] - scores[0]) / (knots[-1] - knots[0]), _STEEPEST)
        result: FloatArray = scores[left] + share * (scores[left + 1] - scores[left])
        result += slope * (values - inside)
        return result


def _normal_quantile(tail: FloatArray, mass: FloatArray) -> FloatArray:
    """Standard normal quantile of a share of all rows, half of the `mass` at its end left out."""
    share = (tail - 0.5 * mass) / tail.max()
    quantile: FloatArray = torch.special.ndtri(torch.from_numpy(share)).numpy()
    return quantile
