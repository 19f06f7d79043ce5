"""Targets come in their own type, or are refused as scikit-learn refuses them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from skbayes.tables import Table, TableFormat, read_target


def _table(n_rows: int) -> Table:
    return Table(TableFormat([], True), np.zeros((n_rows, 1)), [])


def test_targets_are_checked_against_the_rows() -> None:
    table = _table(3)
    assert read_target(BaseEstimator(), table, [1, 2, 3], y_numeric=True).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        read_target(BaseEstimator(), table, [1, 2])
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        read_target(BaseEstimator(), table, None)


class TestTargets:
    @pytest.mark.parametrize(
        ("dtype", "kind"),
        [("boolean", "b"), ("Int64", "i"), ("UInt8", "u"), ("Float32", "f"), ("int8", "i")],
    )
    def test_of_nullable_dtypes_are_read_in_their_own_type(self, dtype: str, kind: str) -> None:
        table = _table(4)
        read = read_target(BaseEstimator(), table, pd.Series([1, 0, 1, 0], dtype=dtype))
        assert read.dtype.kind == kind
        assert read.tolist() == [1, 0, 1, 0]

    def test_with_a_gap_get_scikit_learns_error(self) -> None:
        table = _table(2)
        with pytest.raises(ValueError, match="Input y contains NaN"):
            read_target(BaseEstimator(), table, pd.Series([1, None], dtype="Int64"))

    @pytest.mark.parametrize(
        "y",
        [
            pd.Series(["a", pd.NA], dtype="string"),
            pd.Series(["a", None], dtype="category"),
            np.array(["a", None], dtype=object),
            [1.0, None],
        ],
    )
    def test_are_nothing_where_anything_is_missing(self, y: object) -> None:
        table = _table(2)
        with pytest.raises(ValueError, match=r"Input y contains NaN.* leave them out"):
            read_target(BaseEstimator(), table, y)

    @pytest.mark.parametrize(
        ("y", "advice"),
        [
            (pd.Series(pd.date_range("2020", periods=2)), "time from a date"),
            (pd.Series(pd.date_range("2020", periods=2, tz="UTC")), "time from a date"),
            (list(pd.date_range("2020", periods=2)), "time from a date"),
            (np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"), "time from a date"),
            (pd.Series(pd.timedelta_range("1h", periods=2)), "a unit of your choice"),
        ],
    )
    def test_that_are_times_are_no_numbers(self, y: object, advice: str) -> None:
        table = _table(2)
        with pytest.raises(ValueError, match=f"y holds values of type .*{advice}"):
            read_target(BaseEstimator(), table, y, y_numeric=True)
        assert len(read_target(BaseEstimator(), table, y)) == 2  # as classes

    @pytest.mark.parametrize("y", [["1", "b"], np.array(["b", "c"]), pd.Series(["b", "c"])])
    def test_that_are_text_are_no_numbers(self, y: object) -> None:
        table = _table(2)
        with pytest.raises(ValueError, match=r"y holds text such as '?.*BayesianMLPClassifier"):
            read_target(BaseEstimator(), table, y, y_numeric=True)

    def test_that_are_numbers_written_out_are_numbers(self) -> None:
        table = _table(2)
        y = read_target(
            BaseEstimator(), table, np.array(["1", "2.5"], dtype=object), y_numeric=True
        )
        assert y.tolist() == [1, 2.5]
