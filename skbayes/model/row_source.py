"""Rows that are made when they are asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from skbayes.lazy_torch import Tensor, torch


class RowSource(ABC):
    """Inputs of which only some rows are ever in memory as the network reads them.

    Sparse rows and those of a table too large to be copied: a minibatch is made of them, and
    the network need not know.
    """

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and of columns."""

    @property
    @abstractmethod
    def device(self) -> torch.device:
        """Where rows are made."""

    @abstractmethod
    def to(self, dtype: torch.dtype | None = None, device: torch.device | str | None = None) -> Any:
        """The same rows in another precision or on another device."""

    @abstractmethod
    def _rows(self, index: Tensor) -> Tensor:
        """The rows at `index`, ``[len(index), d]``."""

    def __len__(self) -> int:
        return self.shape[0]

    def index_select(self, dim: int, index: Tensor) -> Tensor:
        """Rows ``[len(index), d]``, as `torch.Tensor.index_select` with `dim` 0."""
        if dim != 0:
            raise ValueError(f"dim must be 0: only rows can be selected. Got {dim!r} instead.")
        return self._rows(index)

    def split(self, n_rows: int) -> Iterator[Tensor]:
        """Blocks of `n_rows` successive rows, as `torch.Tensor.split`."""
        for index in torch.arange(len(self), device=self.device).split(n_rows):
            yield self._rows(index)
