"""Learned weights for the categories of categorical inputs."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch


def embedding_dim(n_categories: int) -> int:
    """Number of embedded values that stand for one categorical input.

    ``ceil(log2(n_categories + 1))``: enough for every category to have its own corner of a
    cube. Values that the data do not need are switched off by a prior with learned scales.

    Examples
    --------
    >>> [embedding_dim(n) for n in (1, 2, 4, 10, 100, 1000)]
    [1, 2, 3, 4, 7, 10]
    """
    return math.ceil(math.log2(n_categories + 1))


class CategoryIndex(NamedTuple):
    """Places in the tables of the weights of each row's categories, for each column in turn."""

    embedded: Tensor  # [1 or K, width * B]
    effects: Tensor  # [1 or K, n_features * n_effects * B]
    n_rows: int  # B


class LookedUp(NamedTuple):
    """Weights of the categories of each row."""

    embedded: Tensor  # [K, width, B]
    effects: Tensor | None  # [K, o, B]: summed over the categorical inputs


class Embeddings:
    """Lookup tables for categorical inputs in one stretch of the flat vector.

    Each categorical input has columns that feed the first hidden layer, and one column for each
    output that is added to it directly: the effect of a category in a linear model. A
    column holds one weight for each category and, last, one for all categories that no
    training row has. Data never touch that last weight: its posterior is its prior, whose scale
    is that of the weights of known categories where scales are learned.

    Parameters
    ----------
    n_categories : tuple of int
        Number of known categories of each categorical input. Codes count from 0, and
        ``n_categories[i]`` itself stands for an unknown category.
    dims : tuple of int
        Number of embedded values of each categorical input; 0 where no hidden layer reads them.
    n_effects : int
        Number of outputs ``o`` with direct effects; 0 for none.
    start : int
        Where the tables begin in the flat vector.

    Attributes
    ----------
    width : int
        Number of embedded values of a row.
    stop : int
        Where the tables end in the flat vector.
    embedded_columns, effect_columns : list of slice
        Where each column lies in the flat vector, in the order of the categorical inputs.
    embedded_features, effect_features : list of int
        Number of the categorical input that each column belongs to.
    unknown : list of int
        Places in the flat vector of the weights of unknown categories.

    Examples
    --------
    >>> import torch
    >>> embeddings = Embeddings((2,), (0,), n_effects=1, start=0)
    >>> index = embeddings.index(torch.tensor([[1.0], [2.0]]))
    >>> embeddings.look_up(torch.tensor([[5.0, 6.0, 7.0]]), index).effects
    tensor([[[6., 7.]]])
    """

    def __init__(
        self, n_categories: tuple[int, ...], dims: tuple[int, ...], *, n_effects: int, start: int
    ) -> None:
        self.n_features = len(n_categories)
        self.width = sum(dims)
        self.start = start
        self.n_effects = n_effects
        features = [i for i, dim in enumerate(dims) for _ in range(dim)]
        features += [i for i in range(self.n_features) for _ in range(n_effects)]
        columns: list[slice] = []
        for feature in features:
            columns.append(slice(start, start + n_categories[feature] + 1))
            start = columns[-1].stop
        self.stop = start
        self.embedded_columns = columns[: self.width]
        self.effect_columns = columns[self.width :]
        self.embedded_features = features[: self.width]
        self.effect_features = features[self.width :]
        self.unknown = [column.stop - 1 for column in columns]
        # Input and first weight of each column, for `index`.
        self._layout = np.array([features, [column.start - self.start for column in columns]])
        self._placed: Tensor | None = None  # where codes were last

    def index(self, codes: Tensor) -> CategoryIndex:
        """Places of the weights of each row in the tables.

        Parameters
        ----------
        codes : Tensor of shape (B, n_features) or (K, B, n_features)
            Category codes, of any dtype.
        """
        if self._placed is None or self._placed.device != codes.device:
            self._placed = torch.from_numpy(self._layout).to(codes.device)
        features, starts = self._placed
        index = codes.long().mT.index_select(-2, features).add_(starts.unsqueeze(-1))
        n_rows = codes.shape[-2]
        index = index.view(-1, len(starts) * n_rows)
        n_embedded = self.width * n_rows
        return CategoryIndex(index[:, :n_embedded], index[:, n_embedded:], n_rows)

    def look_up(
        self, tables: Tensor, index: CategoryIndex, embedded: Tensor | None = None
    ) -> LookedUp:
        """Weights of each row's categories.

        Parameters
        ----------
        tables : Tensor of shape (K, stop - start)
        index : CategoryIndex
            What `index` returned.
        embedded : Tensor of shape (K, width, B), default=None
            Memory for the embedded values; None for new memory, as autograd needs it.
        """
        n_vectors = len(tables)
        out = None if embedded is None else embedded.view(n_vectors, -1)
        # gather is several times faster than index_select along the second axis.
        found = torch.gather(tables, 1, index.embedded.expand(n_vectors, -1), out=out)
        embedded = found.view(n_vectors, self.width, index.n_rows)
        if not self.n_effects:
            return LookedUp(embedded, None)
        effects = tables.gather(1, index.effects.expand(n_vectors, -1))
        effects = effects.view(n_vectors, self.n_features, self.n_effects, index.n_rows)
        return LookedUp(embedded, effects.sum(1))

    def predict(self, tables: FloatArray, codes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """As `look_up`, of arrays: embedded values ``(D, n, width)``, and effects ``(D, n, o)``.

        Parameters
        ----------
        tables : ndarray of shape (D, stop - start)
        codes : ndarray of shape (n, n_features)
        """
        features, starts = self._layout
        found = tables[:, codes.astype(np.intp)[:, features] + starts]
        effects = found[..., self.width :]
        effects = effects.reshape(*effects.shape[:2], self.n_features, self.n_effects)
        return found[..., : self.width], effects.sum(axis=2)

    def backward(
        self,
        index: CategoryIndex,
        embedded_gradient: Tensor | None,
        output_gradient: Tensor,
        gradient: Tensor,
    ) -> None:
        """Write the gradient with respect to the tables.

        Parameters
        ----------
        index : CategoryIndex
            What `index` returned.
        embedded_gradient : Tensor of shape (K, width, B) or None
            None where no hidden layer reads embedded values.
        output_gradient : Tensor of shape (K, o, B)
        gradient : Tensor of shape (K, stop - start)
            Overwritten.
        """
        n_vectors = len(gradient)
        gradient.zero_()
        if embedded_gradient is not None:
            place = index.embedded.expand(n_vectors, -1)
            gradient.scatter_add_(1, place, embedded_gradient.flatten(1))
        if self.n_effects:
            repeated = output_gradient.repeat(1, self.n_features, 1)
            gradient.scatter_add_(1, index.effects.expand(n_vectors, -1), repeated.flatten(1))
