"""The models of a search: every prior sigma in every fold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray

Folds = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


class Candidates(NamedTuple):
    """Models of the search, numbered sigma by sigma, in each fold by fold, then by member."""

    sigmas: FloatArray
    folds: Folds
    n_members: int

    def __len__(self) -> int:
        return len(self.sigmas) * len(self.folds) * self.n_members

    def sigma(self, index: NDArray[np.int64]) -> FloatArray:
        """Prior sigma of the models at `index`."""
        sigmas: FloatArray = self.sigmas[index // self.n_members // len(self.folds)]
        return sigmas

    def fold(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number of the fold that the models at `index` are not trained on."""
        return index // self.n_members % len(self.folds)

    def row_weights(self, row_weights: FloatArray | None, n_rows: int) -> FloatArray:
        """Weight of each row for each fold, ``(n_folds, n_rows)``: zero where it is held out."""
        weights = np.zeros((len(self.folds), n_rows))
        for fold, (train, _) in enumerate(self.folds):
            weights[fold, train] = 1.0 if row_weights is None else row_weights[train]
        return weights

    def members(self) -> Iterator[tuple[int, int, slice]]:
        """Number of the sigma, number of the fold, and the models of the two."""
        for index in range(len(self.sigmas) * len(self.folds)):
            sigma, fold = divmod(index, len(self.folds))
            yield sigma, fold, slice(index * self.n_members, (index + 1) * self.n_members)


class TrainedCandidates(NamedTuple):
    """What training gave of some of the models, in their order."""

    state: NDArray[Any] | None  # free parameters of their posteriors; None where all have diverged
    is_finite: NDArray[np.bool_]
    failure: str = ""  # what to say if all of the search have diverged


def together(parts: list[TrainedCandidates]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """State of all models, not finite where they diverged; and whether each is finite.

    Raises
    ------
    FloatingPointError
        If every model of every part has diverged.
    """
    found = [part.state for part in parts if part.state is not None]
    if not found:
        raise FloatingPointError(parts[0].failure)
    shape = found[0].shape[1:]
    states = [
        np.full((len(part.is_finite), *shape), np.nan) if part.state is None else part.state
        for part in parts
    ]
    return np.concatenate(states), np.concatenate([part.is_finite for part in parts])
