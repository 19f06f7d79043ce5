"""Rows of which most entries are one value for each column."""

from __future__ import annotations

from dataclasses import dataclass

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.row_source import RowSource


@dataclass(frozen=True)
class SparseRows(RowSource):
    """Rows in compressed sparse row format, made dense a few at a time.

    Standardised inputs are not sparse, but their zeros have become one value for each
    column. A minibatch of dense rows costs less than the weights that it meets, so that
    the network need not know of sparsity; the whole table is never dense.

    Attributes
    ----------
    row_starts : Tensor of shape (n + 1,), dtype int64
        Where the entries of each row begin.
    columns : Tensor of shape (n_entries,), dtype int64
        Column of each entry; none twice in a row.
    values : Tensor of shape (n_entries,)
        Entries that are stored.
    background : Tensor of shape (d,)
        Value, in each column, of the entries that are not stored.

    Examples
    --------
    >>> import torch
    >>> rows = SparseRows(
    ...     torch.tensor([0, 1, 1]), torch.tensor([2]), torch.tensor([5.0]), torch.zeros(3)
    ... )
    >>> rows.index_select(0, torch.tensor([1, 0]))
    tensor([[0., 0., 0.],
            [0., 0., 5.]])
    """

    row_starts: Tensor
    columns: Tensor
    values: Tensor
    background: Tensor

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.row_starts) - 1, len(self.background)

    @property
    def device(self) -> torch.device:
        return self.values.device

    def to(
        self, dtype: torch.dtype | None = None, device: torch.device | str | None = None
    ) -> SparseRows:
        return SparseRows(
            self.row_starts.to(device=device),
            self.columns.to(device=device),
            self.values.to(device=device, dtype=dtype),
            self.background.to(device=device, dtype=dtype),
        )

    def _rows(self, index: Tensor) -> Tensor:
        starts = self.row_starts[index]
        counts = self.row_starts[index + 1] - starts
        row = torch.repeat_interleave(counts)
        # Of each entry: its number within the selection, less those of earlier rows.
        within = torch.arange(len(row), device=self.device) - (counts.cumsum(0) - counts)[row]
        entry = starts[row] + within
        dense = self.background.repeat(len(index), 1)
        dense[row, self.columns[entry]] = self.values[entry]
        return dense
