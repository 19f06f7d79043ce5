"""From tables to what the network sees."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy import sparse

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import torch
from skbayes.model import InputColumns, RowSource, SparseRows
from skbayes.tables.bins import Bins
from skbayes.tables.components import Components
from skbayes.tables.encoded_rows import EncodedRows
from skbayes.tables.numeric_columns import NumericColumns, rounded
from skbayes.tables.scaling import ColumnScaling
from skbayes.tables.table import Table, TableFormat

# Of a copy of the table as the network reads it.
_MOST_BYTES = 2**27
# In fewer rows every category may well be new.
_ROWS_TO_TELL = 10


@dataclass(frozen=True)
class InputEncoding:
    """Columns of the network for the rows of a table.

    First the numeric columns, scaled, the mean in place of a missing number, or their principal
    components; then, for each of the columns that had missing numbers in training, 1 where the
    number is missing and 0 where it is not; then their bins; last the codes of the categorical
    columns, and of numeric columns that are discrete.

    Attributes
    ----------
    format : TableFormat
        How to read tables.
    scaling : ColumnScaling
        Of the numeric columns.
    fill : ndarray of shape (n_numeric,)
        Number that stands for a missing one, in the units of the column.
    gaps : ndarray of shape (n_gaps,)
        Numeric columns with missing numbers in training.
    categories : list of list
        Values of each categorical column in training, then of each discrete one; the last
        value is None where some were missing.
    discrete : tuple of int
        Numeric columns whose values are categories too.
    bins : Bins
        Of the scaled numeric columns.
    components : Components or None
        Of the scaled numeric columns, in their place.

    Notes
    -----
    A number that is missing in a column without gaps in training is taken for the mean. A
    category that was not in training has a code of its own, which stands for all such, and for a
    missing category where none was missing in training.
    """

    format: TableFormat
    scaling: ColumnScaling
    fill: FloatArray
    gaps: NDArray[np.intp]
    categories: list[list[Any]]
    discrete: tuple[int, ...] = ()
    bins: Bins = field(default_factory=Bins.none)
    components: Components | None = None

    @classmethod
    def of(
        cls,
        table: Table,
        row_weights: FloatArray | None,
        *,
        standardize: bool | str,
        discrete_as_categories: bool | str,
        n_bins: int = 1,
        principal_components: bool = False,
        earlier: InputEncoding | None = None,
    ) -> InputEncoding:
        """The encoding that training rows call for.

        Parameters
        ----------
        table : Table
            Rows of positive weight.
        row_weights : ndarray of shape (n,) or None
        standardize : bool, "robust", "quantile" or "whole"
            Whether to scale numeric columns to mean 0 and standard deviation 1, by values
            that are not wild and with a bound for those that are, or to map them to normal scores,
            or to scale all of them as one.
        discrete_as_categories : bool or "heaped"
            Whether the values of discrete numeric columns are categories too; "heaped" of those
            alone of which one value is in half of the rows or more.
        n_bins : int, default=1
            Bins of each numeric column; 1 for none. A sparse matrix has none.
        principal_components : bool, default=False
            Whether the network reads those of the numeric columns instead. A sparse matrix has
            none.
        earlier : InputEncoding, default=None
            Of the same columns: numbers are scaled anew, but categories, bins, components and
            indicators of gaps stay what they were, so that a network for the one fits the other.
        """
        learned = NumericColumns.of(
            table,
            row_weights,
            standardize=standardize,
            discrete_as_categories=discrete_as_categories,
            n_bins=n_bins,
        )
        if earlier is not None:
            return replace(earlier, scaling=learned.scaling, fill=learned.fill)
        encoding = cls(
            table.format,
            learned.scaling,
            fill=learned.fill,
            gaps=learned.gaps,
            categories=[
                _ordered(set(values)) for values in _category_columns(table, learned.discrete)
            ],
            discrete=learned.discrete,
            bins=learned.bins,
        )
        if not principal_components:
            return encoding

        def scaled() -> Iterator[FloatArray]:
            for _, block in table.row_blocks(len(learned.fill)):
                yield encoding._scaled(block)[0]

        return replace(encoding, components=Components.of(scaled, len(learned.fill), row_weights))

    @property
    def columns(self) -> InputColumns:
        """Columns of the network's inputs; each bin is a feature of its own, and so are components
        and groups of them.
        """
        return InputColumns(
            n_numeric=self.n_inputs - len(self.categories),
            n_categories=tuple(map(len, self.categories)),
            features=_renumbered(self._features),
            # What components are of is many columns: each is taken for one.
            sources=_renumbered(self._names(range(self._n_components), self._column_of_bin)),
        )

    @property
    def _features(self) -> list[int]:
        """A number for the feature of each of the network's inputs: its column in the table, or
        after these the group of its component, or after these its bin.
        """
        first = self._first_bin
        return self._names(self._groups, range(first, first + len(self.bins)))

    def _names(self, of_components: Sequence[int], of_bins: Sequence[int]) -> list[int]:
        """A number for each of the network's inputs; components are counted from the last column
        of the table on.
        """
        numeric = self._numeric
        of_numbers = numeric
        if self.components is not None:
            of_numbers = [self._n_columns + number for number in of_components]
        of_gaps = [numeric[gap] for gap in self.gaps]
        of_codes = [*self.format.categorical, *(numeric[column] for column in self.discrete)]
        return [*of_numbers, *of_gaps, *of_bins, *of_codes]

    @property
    def _first_bin(self) -> int:
        """Number of the first bin as a feature."""
        return self._n_columns + self._n_components

    @property
    def _groups(self) -> list[int]:
        """Of components."""
        return [] if self.components is None else self.components.groups

    @property
    def _n_columns(self) -> int:
        """Number of columns of the table."""
        return len(self.fill) + len(self.format.categorical)

    @property
    def _numeric(self) -> list[int]:
        """Numeric columns of the table."""
        is_categorical = set(self.format.categorical)
        return [column for column in range(self._n_columns) if column not in is_categorical]

    @property
    def _column_of_bin(self) -> list[int]:
        """Column of the table that each bin is of."""
        numeric = self._numeric
        return [numeric[column] for column in self.bins.columns]

    @property
    def _n_components(self) -> int:
        return 0 if self.components is None else len(self.components)

    @property
    def n_inputs(self) -> int:
        """Number of columns of the network's inputs."""
        n_numbers = len(self.fill) if self.components is None else len(self.components)
        return n_numbers + len(self.gaps) + len(self.bins) + len(self.categories)

    def source(self, table: Table, dtype: torch.dtype) -> torch.Tensor | RowSource:
        """Rows to train on: encoded once where that is not much, else when they are asked for."""
        n_bytes = len(table) * self.n_inputs * dtype.itemsize
        if table.is_sparse or n_bytes <= _MOST_BYTES:
            return self.tensor(table, dtype)
        return EncodedRows(table, self, dtype)

    def tensor(self, table: Table, dtype: torch.dtype) -> torch.Tensor | SparseRows:
        """What `encode` gives, as a tensor, or as rows of which tensors are made."""
        rows = self.encode(table, torch.empty(0, dtype=dtype).numpy().dtype)
        return torch.from_numpy(rows) if isinstance(rows, np.ndarray) else rows.to(dtype)

    def by_feature(self, squares: FloatArray) -> FloatArray:
        """Squares of each feature of `columns`, those of bins and components added to their
        columns'.
        """
        n_columns = self._n_columns
        of_name = np.zeros(self._first_bin + len(self.bins))
        of_name[np.unique(self._features)] = squares
        of_column = of_name[:n_columns].copy()
        np.add.at(of_column, self._column_of_bin, of_name[self._first_bin :])
        if self.components is not None:
            of_components = of_name[n_columns:][self._groups]
            of_column[self._numeric] += self.components.of_columns(of_components)
        return of_column

    def encode(self, table: Table, dtype: DTypeLike = np.float64) -> NDArray[Any] | SparseRows:
        """Inputs ``(n, n_numeric + n_categorical)`` of the network, made in double precision.

        Sparse rows stay in it.
        """
        if table.is_sparse:
            return self._encode_sparse(table)
        codes = self._codes(table)
        inputs = np.empty((len(table), self.n_inputs), dtype)
        for rows, block in table.row_blocks(self.n_inputs):
            scaled, is_missing = self._scaled(block)
            of_numbers = scaled if self.components is None else self.components.apply(scaled)
            parts = [of_numbers, is_missing[:, self.gaps], self.bins.apply(scaled), codes[rows]]
            np.concatenate(parts, axis=1, out=inputs[rows], casting="same_kind")
        return inputs

    def _scaled(self, block: Table) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Numbers of some rows, scaled, and which of them are missing."""
        numbers = block.numeric.astype(np.float64, copy=False)
        is_missing = np.isnan(numbers)
        return self.scaling.apply(np.where(is_missing, self.fill, numbers)), is_missing

    def _encode_sparse(self, table: Table) -> SparseRows:
        numbers = table.stored.astype(np.float64)
        columns, is_missing = numbers.indices, np.isnan(numbers.data)
        filled = np.where(is_missing, self.fill[columns], numbers.data)
        scaled = _with_entries(numbers, self.scaling.apply_to_entries(filled, columns))
        missing = _with_entries(numbers, is_missing.astype(np.float64))[:, self.gaps]
        # Entries that are zero but stored differ from the background: hstack keeps them.
        codes = sparse.csr_array(self._codes(table))
        rows = sparse.hstack([scaled, missing, codes], format="csr")
        background = np.zeros(rows.shape[1])
        background[: len(self.fill)] = self.scaling.apply(np.zeros((1, len(self.fill))))[0]
        return SparseRows(
            torch.from_numpy(rows.indptr.astype(np.int64)),
            torch.from_numpy(rows.indices.astype(np.int64)),
            torch.from_numpy(rows.data),
            torch.from_numpy(background),
        )

    def _codes(self, table: Table) -> FloatArray:
        """Code of the category of each row in each categorical and each discrete column."""
        codes = np.empty((len(table), len(self.categories)))
        columns = _category_columns(table, self.discrete)
        for j, (known, values) in enumerate(zip(self.categories, columns, strict=True)):
            code_of = {value: code for code, value in enumerate(known)}
            codes[:, j] = [code_of.get(value, len(known)) for value in values]
            is_strange = bool(known) and np.all(codes[:, j] == len(known))
            if is_strange and j < len(self.format.categorical) and len(table) >= _ROWS_TO_TELL:
                self._warn_of_strangers(j, values)
        return codes

    def _warn_of_strangers(self, number: int, values: list[Any]) -> None:
        """Say that no value of a categorical column was in training: it was coded otherwise."""
        place = self.format.categorical[number]
        warnings.warn(
            f"None of the {len(values)} values of column {place} was in training: {values[0]!r}, "
            f"for example, where {self.categories[number][0]!r} was known. They are predicted as "
            "unknown categories. Are they of another type, or coded in another way?",
            stacklevel=2,
        )


def _renumbered(names: Sequence[int]) -> tuple[int, ...]:
    """The same names, from 0 and without gaps."""
    _, numbers = np.unique(np.asarray(names, dtype=np.intp), return_inverse=True)
    return tuple(numbers.tolist())


def _category_columns(table: Table, discrete: tuple[int, ...]) -> Iterator[list[Any]]:
    """Values of each categorical column, then of each discrete one; None where missing."""
    for values in table.categorical:
        yield values.tolist()
    for column in discrete:
        if table.is_sparse:
            numbers = table.stored[:, [column]].toarray()[:, 0]
        else:
            numbers = table.column(column)
        yield [None if np.isnan(number) else number for number in rounded(numbers).tolist()]


def _with_entries(matrix: Any, values: FloatArray) -> sparse.csr_array:
    """Matrix with the places of one and the values of another."""
    return sparse.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def _ordered(values: set[Any]) -> list[Any]:
    """Values in an order that does not depend on the order of the rows; None last."""
    known = values - {None}
    try:
        ordered = sorted(known)
    except TypeError:  # strings among numbers, say
        ordered = sorted(known, key=lambda value: (type(value).__name__, repr(value)))
    return ordered + [None] * (None in values)
