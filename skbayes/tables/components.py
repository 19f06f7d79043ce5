"""Principal components of numeric columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.utils.extmath import svd_flip

from skbayes.arrays import FloatArray

# With more, the first layer would cost more than all others.
_MOST_COMPONENTS = 500
# Relative to the largest standard deviation: what is left below is rounding.
_LEAST_DEVIATION = 1e-6
# Components that matter or not each by itself.
_N_ALONE = 8


@dataclass(frozen=True)
class Components:
    """The directions in which rows differ most, in place of the columns.

    Those of `n` rows are fewer than `n`, however many columns there are, and nothing of the
    training rows is lost. Other rows may differ in other directions too, of which training rows say
    nothing: how far they do is a last component, which is zero for training rows, and whose weights
    so stay as wide as their prior. All are scaled as one, to a mean square of 1 over components and
    rows: along which columns agree counts for more than what a single column says.

    Attributes
    ----------
    loc : ndarray of shape (n_columns,)
        Mean of the columns.
    directions : ndarray of shape (n_columns, n_directions)
        Orthogonal, of length 1.
    scale : float
        What is 1 afterwards.

    References
    ----------
    I. T. Jolliffe. "A note on the use of principal components in regression", Applied Statistics
    31, 1982: components that vary little may matter, too, so none but the last are left out.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.array([[0.0, 1.0, 2.0], [2.0, 3.0, 4.0], [4.0, 5.0, 6.0]])
    >>> components = Components.of(lambda: iter([values]), 3, None)
    >>> components.apply(values).round(2)
    array([[-1.22,  0.  ],
           [ 0.  ,  0.  ],
           [ 1.22,  0.  ]])
    >>> components.apply(np.array([[2.0, 1.0, 6.0]])).round(2)  # no such row
    array([[0., 1.]])
    """

    loc: FloatArray
    directions: FloatArray
    scale: float

    @classmethod
    def of(
        cls,
        blocks: Callable[[], Iterator[FloatArray]],
        n_columns: int,
        row_weights: FloatArray | None,
    ) -> Components:
        """The components of training rows: all that vary, the first 500 of more.

        Parameters
        ----------
        blocks : callable
            ``blocks()`` iterates over the rows, some at a time, each ``(n_rows, n_columns)``;
            without gaps, and of about the same scale. Rows that are more than the columns are never
            all in memory.
        n_columns : int
        row_weights : ndarray of shape (n,) or None
            How many rows each row stands for; None for one each.
        """
        sizes = [len(block) for block in blocks()]
        weights = np.ones(sum(sizes)) if row_weights is None else row_weights
        shares = np.split(weights / weights.sum(), np.cumsum(sizes)[:-1])
        loc = np.zeros(n_columns)
        for share, block in zip(shares, blocks(), strict=True):
            loc += share @ block
        centred = (
            np.sqrt(share)[:, None] * (block - loc)
            for share, block in zip(shares, blocks(), strict=True)
        )
        if sum(sizes) > n_columns:
            products = np.zeros((n_columns, n_columns))
            for block in centred:
                products += block.T @ block
            variances, directions = np.linalg.eigh(products)
            deviations, directions = np.sqrt(variances.clip(0.0))[::-1], directions.T[::-1]
        else:
            _, deviations, directions = np.linalg.svd(
                np.concatenate(list(centred)), full_matrices=False
            )
        _, directions = svd_flip(None, directions, u_based_decision=False)
        varies = deviations > _LEAST_DEVIATION * deviations.max(initial=0.0)
        # One at least: of rows that do not differ it says nothing.
        n_kept = min(max(1, int(varies.sum())), _MOST_COMPONENTS)
        scale = float(np.sqrt(np.square(deviations[:n_kept]).mean()))
        return cls(loc, directions[:n_kept].T, scale if scale > 0 else 1.0)

    @property
    def _has_rest(self) -> bool:
        """Whether rows may differ in other directions."""
        n_columns, n_directions = self.directions.shape
        return n_directions < n_columns

    def __len__(self) -> int:
        return self.directions.shape[1] + self._has_rest

    @property
    def groups(self) -> list[int]:
        """A number for each component: those with the same are taken to matter alike.

        The first are by themselves, and those after them in groups of 2, 4, 8, ...: of as many
        directions as rows, rows do not tell which of them matter. What training rows do not say
        is as of the last.
        """
        n_directions = self.directions.shape[1]
        groups = list(range(min(n_directions, _N_ALONE)))
        size = 2
        while len(groups) < n_directions:
            groups += [groups[-1] + 1] * min(size, n_directions - len(groups))
            size *= 2
        return groups + groups[-1:] * self._has_rest

    def apply(self, values: FloatArray) -> FloatArray:
        """Components ``(n, n_components)`` of rows ``(n, n_columns)``."""
        centred = (values - self.loc) / self.scale
        components: FloatArray = centred @ self.directions
        if not self._has_rest:
            return components
        rest = np.square(centred).sum(axis=1) - np.square(components).sum(axis=1)
        return np.column_stack([components, np.sqrt(rest.clip(0.0))])

    def of_columns(self, of_components: FloatArray) -> FloatArray:
        """From squared scales of the weights of components to those of columns."""
        shares: FloatArray = np.square(self.directions / self.scale)
        return shares @ of_components[: shares.shape[1]]
