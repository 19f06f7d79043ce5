"""Piecewise-linear encoding of numbers: what a column is like bin by bin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray
from skbayes.tables.moments import location_and_scale

# A column that has only two of them is as good as a line already.
_FEWEST_BINS = 2


@dataclass(frozen=True)
class Bins:
    """How far a number has come through each bin of its column: 0 before it, 1 behind it.

    Bins are between quantiles of the training values, and those without width are left out. What a
    row says of each bin is then shifted and stretched to mean 0 and standard deviation 1 over the
    training rows. A network that reads bins can bend a column where it likes, and weights of the
    bins that are all zero leave a straight line.

    Attributes
    ----------
    columns : ndarray of shape (n_bins,)
        Column of each bin.
    start, stop : ndarray of shape (n_bins,)
    loc, scale : ndarray of shape (n_bins,)
        Mean and standard deviation over the training rows.

    References
    ----------
    Y. Gorishniy, I. Rubachev, A. Babenko. "On embeddings for numerical features in tabular deep
    learning", NeurIPS 2022, eq. 1 (piecewise-linear encoding, quantile-based).

    Examples
    --------
    >>> import numpy as np
    >>> values = np.arange(5.0)[:, None]
    >>> bins = Bins.of(values, None, 2)
    >>> bins.start, bins.stop
    (array([0., 2.]), array([2., 4.]))
    >>> bins.progress(np.array([[1.0], [2.5], [9.0]]))
    array([[0.5 , 0.  ],
           [1.  , 0.25],
           [1.  , 1.  ]])
    """

    columns: NDArray[np.intp]
    start: FloatArray
    stop: FloatArray
    loc: FloatArray
    scale: FloatArray

    @classmethod
    def none(cls) -> Bins:
        """No bins at all."""
        empty = np.empty(0)
        return cls(np.empty(0, dtype=np.intp), empty, empty, empty, empty)

    @classmethod
    def of(cls, values: FloatArray, row_weights: FloatArray | None, n_bins: int) -> Bins:
        """The bins of training values.

        Parameters
        ----------
        values : ndarray of shape (n, n_columns)
            Without gaps.
        row_weights : ndarray of shape (n,) or None
            How many rows each row stands for; None for one each.
        n_bins : int
            Of each column, at most. A column with fewer than two has none.
        """
        columns, starts, stops = [], [], []
        for column, numbers in enumerate(values.T):
            edges = _edges(numbers, row_weights, n_bins)
            if len(edges) > _FEWEST_BINS:
                columns += [column] * (len(edges) - 1)
                starts.append(edges[:-1])
                stops.append(edges[1:])
        if not columns:
            return cls.none()
        empty = np.empty(0)
        bins = cls(np.array(columns), np.concatenate(starts), np.concatenate(stops), empty, empty)
        loc, scale = location_and_scale(bins.progress(values), row_weights)
        return replace(bins, loc=loc, scale=scale)

    @classmethod
    def together(cls, parts: Sequence[Bins], starts: Sequence[int]) -> Bins:
        """Of all columns, from those of parts whose first columns have the numbers `starts`."""
        columns = [part.columns + start for part, start in zip(parts, starts, strict=True)]
        names = ("start", "stop", "loc", "scale")
        rest = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
        return cls(np.concatenate(columns), *rest)

    def __len__(self) -> int:
        return len(self.columns)

    def progress(self, values: FloatArray) -> FloatArray:
        """Share of each bin that lies below each number, ``(n, n_bins)``."""
        shares = np.clip(values[:, self.columns], self.start, self.stop)
        shares -= self.start
        shares /= self.stop - self.start
        return shares

    def apply(self, values: FloatArray) -> FloatArray:
        """Scaled columns for ``values (n, n_columns)``, ``(n, n_bins)``."""
        shares = self.progress(values)
        shares -= self.loc
        shares /= self.scale
        return shares


def _edges(numbers: FloatArray, row_weights: FloatArray | None, n_bins: int) -> FloatArray:
    """Distinct quantiles at equal distances, the least and the greatest number among them.

    A quantile is the least number that so many rows do not exceed: repeated rows and rows
    with weights have the same ones.
    """
    order = np.argsort(numbers, kind="stable")
    weights = np.ones(len(numbers)) if row_weights is None else row_weights[order]
    reached = np.cumsum(weights)
    places = np.searchsorted(reached, reached[-1] * np.arange(1, n_bins) / n_bins)
    return np.unique(numbers[order[np.r_[0, places, len(numbers) - 1]]])
