"""Rows of a table that are encoded when a minibatch asks for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from skbayes.lazy_torch import Tensor, torch
from skbayes.model import RowSource
from skbayes.tables.table import Table

if TYPE_CHECKING:
    from skbayes.tables.encoding import InputEncoding


@dataclass(frozen=True)
class EncodedRows(RowSource):
    """What `InputEncoding.encode` gives, without a copy of the table.

    The numbers stay where they are, on disk for a memory map; encoding a minibatch costs little
    beside the step that it is for.

    Attributes
    ----------
    table : Table
        Dense.
    encoding : InputEncoding
    dtype : torch.dtype
    place : str
        Device that rows are made for.
    """

    table: Table
    encoding: InputEncoding
    dtype: torch.dtype
    place: str = "cpu"

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.table), self.encoding.n_inputs

    @property
    def device(self) -> torch.device:
        return torch.device(self.place)

    def to(
        self, dtype: torch.dtype | None = None, device: torch.device | str | None = None
    ) -> EncodedRows:
        return replace(
            self,
            dtype=self.dtype if dtype is None else dtype,
            place=self.place if device is None else str(device),
        )

    def _rows(self, index: Tensor) -> Tensor:
        rows = self.encoding.tensor(self.table[index.cpu().numpy()], self.dtype)
        assert isinstance(rows, Tensor)  # of a dense table
        return rows.to(self.place)
