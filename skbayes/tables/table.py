"""Tables as users have them: frames, arrays and sparse matrices, of numbers and categories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import assert_all_finite, check_array
from sklearn.utils.validation import _num_features, validate_data

from skbayes.tables.scaling import is_sparse
from skbayes.tables.unreadable import refuse_text, refuse_unreadable

# Numbers of a block.
_BLOCK_SIZE = 2**20


@dataclass(frozen=True)
class Table:
    """Validated rows, numbers and categories apart.

    Numbers stay where they are, in the user's own array where it could be read as it is, on disk
    where that is a memory map: other rows, or rows in another order, are a list of places. Copies
    are of a few columns or of a few rows at a time.

    Attributes
    ----------
    format : TableFormat
        How they were read.
    stored : ndarray or CSR of shape (n_stored, n_numeric)
        Single or double precision; a missing number is NaN.
    categorical : list of ndarray of shape (n,), dtype object
        Values of each categorical column; a missing one is None.
    rows : ndarray of shape (n,) or None
        Rows of a dense `stored` that the table has, in their order; None for all.
    """

    format: TableFormat
    stored: Any
    categorical: list[NDArray[np.object_]]
    rows: NDArray[np.intp] | None = None

    def __len__(self) -> int:
        return self.stored.shape[0] if self.rows is None else len(self.rows)

    def __getitem__(self, rows: slice | NDArray[Any]) -> Table:
        categorical = [values[rows] for values in self.categorical]
        if self.is_sparse:
            return Table(self.format, self.stored[rows], categorical)
        if self.rows is not None:
            return Table(self.format, self.stored, categorical, self.rows[rows])
        if isinstance(rows, slice):  # a view
            return Table(self.format, self.stored[rows], categorical)
        return Table(self.format, self.stored, categorical, np.arange(len(self))[rows])

    @property
    def is_sparse(self) -> bool:
        """Whether the numbers are those of a CSR matrix."""
        return is_sparse(self.stored)

    @property
    def numeric(self) -> Any:
        """All numbers, ndarray or CSR of shape (n, n_numeric); a copy where rows were chosen."""
        return self.stored if self.rows is None else self.stored[self.rows]

    def column(self, number: int, at: NDArray[np.intp] | slice = slice(None)) -> NDArray[Any]:
        """A column of dense numbers, or some rows of it, in the precision that they have."""
        rows = at if self.rows is None else self.rows[at]
        return np.asarray(self.stored[rows, number])

    def column_blocks(self, n_columns: int | None = None) -> Iterator[Any]:
        """The numbers in double precision, `n_columns` at a time.

        Without `n_columns` as many as make a block of some megabytes; of a CSR matrix all at once.
        """
        n_all = self.stored.shape[1]
        if self.is_sparse or not n_all:
            yield self.numeric.astype(np.float64, copy=False)
            return
        if n_columns is None:
            n_columns = max(1, _BLOCK_SIZE // len(self))
        rows = slice(None) if self.rows is None else self.rows
        for columns in slices_of(n_all, n_columns):
            yield self.stored[rows, columns].astype(np.float64, copy=False)

    def row_blocks(self, n_numbers: int) -> Iterator[tuple[slice, Table]]:
        """The rows, so many at a time as make a block of some megabytes with `n_numbers` each."""
        for rows in slices_of(len(self), max(1, _BLOCK_SIZE // n_numbers)):
            yield rows, self[rows]


def slices_of(length: int, size: int) -> Iterator[slice]:
    """Slices of at most `size`, one after the other.

    As `sklearn.utils.gen_batches`, whose validation takes as long as the prediction of a row.
    """
    return (slice(start, min(start + size, length)) for start in range(0, length, size))


@dataclass(frozen=True)
class TableFormat:
    """Which columns are categorical, and whether values may be missing.

    Attributes
    ----------
    categorical : list of int
        Positions of the categorical columns, in order.
    allow_missing : bool
    """

    categorical: list[int]
    allow_missing: bool

    @classmethod
    def of(cls, X: Any, categorical_features: Any, missing: str) -> TableFormat:
        """The format in which the parameters of an estimator say to read `X`.

        Raises
        ------
        ValueError
            If `categorical_features` does not fit `X`.
        """
        if isinstance(categorical_features, str):  # "from_dtype"
            is_frame = isinstance(X, pd.DataFrame)
            categorical = _categorical_by_dtype(X) if is_frame else []
        elif categorical_features is None:
            categorical = []
        else:
            categorical = _categorical_as_listed(X, categorical_features)
        return cls(categorical, missing == "indicator")

    def read(self, estimator: Any, X: Any, *, reset: bool) -> Table:
        """Validate as scikit-learn does, and set numbers and categories apart.

        Parameters
        ----------
        estimator : estimator
            Gets `n_features_in_` and `feature_names_in_`, or is held to them.
        X : array-like or sparse matrix of shape (n_samples, n_features)
        reset : bool
            True in fit, False in prediction.
        """
        check: dict[str, Any] = {
            "dtype": [np.float64, np.float32],
            "order": "C",  # sums run in one order, so that a data frame gives an array's bits
            "accept_sparse": "csr",
            "ensure_all_finite": "allow-nan" if self.allow_missing else True,
        }
        refuse_unreadable(X, self.categorical)
        if isinstance(X, pd.DataFrame):
            X = _with_nan(X, self.categorical)
        if not self.categorical:
            with _text_named(X, []):
                numeric = _validate(estimator, X, reset=reset, **check)
            return Table(self, _canonical(numeric), [])

        if is_sparse(X):
            X = X.tocsr()
        elif not isinstance(X, pd.DataFrame):
            # As objects the cells of a list keep their types.
            dtype = None if hasattr(X, "dtype") else object
            X = check_array(X, dtype=dtype, ensure_all_finite=False, estimator=estimator)
        _validate(estimator, X, reset=reset, skip_check_array=True)
        is_numeric = np.ones(estimator.n_features_in_, dtype=bool)
        is_numeric[self.categorical] = False
        columns = np.flatnonzero(is_numeric)
        numbers = X.iloc[:, columns] if isinstance(X, pd.DataFrame) else X[:, columns]
        if not len(columns):
            numbers = np.empty((X.shape[0], 0))
        with _text_named(X, self.categorical):
            numeric = check_array(
                numbers, input_name="X", estimator=estimator, ensure_min_features=0, **check
            )
        categorical = [_category_values(X, column) for column in self.categorical]
        self._check_categories(categorical, type(estimator).__name__)
        return Table(self, _canonical(numeric), categorical)

    def _check_categories(
        self, categorical: Sequence[NDArray[np.object_]], estimator_name: str
    ) -> None:
        """Refuse infinity, and missing values where they are not allowed, as for numbers."""
        for values in categorical:
            try:
                distinct = set(values.tolist())
            except TypeError as error:
                raise TypeError(
                    "Categories must be strings, numbers or other hashable values: each value "
                    f"must have one category ({error})."
                ) from None
            probe = [value for value in distinct if isinstance(value, float)]
            if None in distinct:
                probe.append(np.nan)
            assert_all_finite(
                np.array(probe, dtype=np.float64),
                allow_nan=self.allow_missing,
                estimator_name=estimator_name,
                input_name="X",
            )


@contextmanager
def _text_named(X: Any, categorical: Sequence[int]) -> Iterator[None]:
    """Where text cannot be read as a number, say in which column it is."""
    try:
        yield
    except ValueError as error:
        if "could not convert string" in str(error):
            refuse_text(X, categorical)
        raise


def as_pandas(X: Any) -> Any:
    """Frames of other libraries (polars, Arrow) as pandas has them; everything else as it is.

    Without what the conversion needs, pyarrow for one, they are read as scikit-learn reads them, as
    arrays.
    """
    if isinstance(X, pd.DataFrame) or not hasattr(X, "to_pandas"):
        return X
    try:
        return X.to_pandas()
    except ImportError:
        return X


def _validate(estimator: Any, X: Any, **options: Any) -> Any:
    """scikit-learn's validation, which says of columns in another order which they are."""
    try:
        return validate_data(estimator, X, **options)
    except ValueError as error:
        if "must be in the same order" not in str(error):
            raise
        pairs = zip(X.columns, estimator.feature_names_in_, strict=True)
        place, (now, before) = next((j, pair) for j, pair in enumerate(pairs) if pair[0] != pair[1])
        raise ValueError(
            f"{error}Column {place} is {now!r}, and was {before!r} in fit: "
            "X[estimator.feature_names_in_] has them in order.\n"
        ) from None


def _categorical_by_dtype(frame: pd.DataFrame) -> list[int]:
    """Columns of dtype category or string, and of dtype object that hold a string."""
    return [j for j in range(frame.shape[1]) if _holds_categories(frame.iloc[:, j])]


def _holds_categories(column: pd.Series[Any]) -> bool:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    if isinstance(column.dtype, pd.ArrowDtype) and str(column.dtype).startswith("dictionary"):
        return True
    if column.dtype == object:
        return any(isinstance(value, str) for value in column)
    return bool(pd.api.types.is_string_dtype(column.dtype))


def _categorical_as_listed(X: Any, categorical_features: Any) -> list[int]:
    """Columns that a mask, a list of positions or a list of names stands for."""
    listed = np.asarray(categorical_features)
    kinds = {type(item).__name__ for item in np.ravel(categorical_features).tolist()}
    if listed.size == 0:
        return []
    if (
        listed.ndim != 1
        or listed.dtype.kind not in "biuUO"
        or (listed.dtype.kind == "O" and kinds != {"str"})
    ):
        raise ValueError(
            "categorical_features must be 'from_dtype', None or an array-like of bool, int or "
            f"str. Got {categorical_features!r} instead."
        )
    n_features = _num_features(X)
    if listed.dtype.kind == "b":
        if len(listed) != n_features:
            raise ValueError(
                "categorical_features set as a boolean mask must have shape (n_features,) = "
                f"({n_features},). Got shape {listed.shape} instead."
            )
        return np.flatnonzero(listed).tolist()
    if listed.dtype.kind in "iu":
        if listed.min() < 0 or listed.max() >= n_features:
            raise ValueError(
                "categorical_features set as integer indices must be in [0, n_features - 1] = "
                f"[0, {n_features - 1}]. Got {categorical_features!r} instead."
            )
        return np.unique(listed).tolist()
    names = list(getattr(X, "columns", []))
    if not names:
        raise ValueError(
            "categorical_features must be an array of integers or a boolean mask when the model "
            f"is fitted on data without feature names. Got {categorical_features!r} instead."
        )
    absent = [name for name in listed.tolist() if name not in names]
    if absent:
        raise ValueError(
            f"categorical_features has the item {absent[0]!r}, which is not a feature name of the "
            f"training data. Observed feature names: {names}."
        )
    return sorted({names.index(name) for name in listed.tolist()})


def _with_nan(frame: pd.DataFrame, categorical: Sequence[int]) -> pd.DataFrame:
    """The frame with NaN for every missing value in numeric columns of dtype object, and without
    sparse columns whose background is not zero, which no sparse matrix can hold.
    """
    for j in set(range(frame.shape[1])) - set(categorical):
        column = frame.iloc[:, j]
        if column.dtype == object and column.isna().any():
            frame = frame.copy(deep=False)
            frame.isetitem(j, column.to_numpy(dtype=object, na_value=np.nan))
        elif isinstance(column.dtype, pd.SparseDtype) and column.dtype.fill_value != 0:
            frame = frame.copy(deep=False)
            frame.isetitem(j, np.asarray(column))
    return frame


def _canonical(numeric: Any) -> Any:
    """The same values, each entry of a sparse matrix stored once."""
    if is_sparse(numeric) and not numeric.has_canonical_format:
        numeric = numeric.copy()  # it may be the user's own
        numeric.sum_duplicates()
    return numeric


def _category_values(X: Any, column: int) -> NDArray[np.object_]:
    """Values of a categorical column as Python objects, None where one is missing."""
    if isinstance(X, pd.DataFrame):
        values = X.iloc[:, column].astype(object).to_numpy(copy=True)
    elif is_sparse(X):
        values = X[:, [column]].toarray().ravel().astype(object)
    else:
        values = X[:, column].astype(object)
    values[pd.isna(values)] = None
    return values
