"""Columns that are neither numbers nor categories."""

import datetime

import numpy as np
import pandas as pd
import pytest

from skbayes.tables.unreadable import refuse_text, refuse_unreadable


class TestColumnsOfOtherKinds:
    """Neither numbers nor categories: refused by name, with what to do."""

    @pytest.mark.parametrize(
        ("column", "remedy"),
        [
            (pd.date_range("2020-01-01", periods=3), "elapsed time"),
            (pd.date_range("2020-01-01", periods=3, tz="UTC"), "elapsed time"),
            (pd.period_range("2020-01", periods=3, freq="M"), "elapsed time"),
            (pd.Series([datetime.date(2020, 1, day) for day in (1, 2, 3)]), "elapsed time"),
            (pd.to_timedelta([1, 2, 3], unit="h"), "unit of your choice"),
            (pd.Series([datetime.timedelta(1)] * 3), "unit of your choice"),
            (np.array([1j, 2, 3]), "modulus and phase"),
            (pd.Series([1j, 2, None], dtype=object), "modulus and phase"),
            (pd.Series([[1, 2], [3], []]), "a column of its own"),
            (pd.interval_range(0, 3), "a column of its own"),
        ],
    )
    def test_are_refused_by_name_with_what_to_do(self, column: object, remedy: str) -> None:
        frame = pd.DataFrame({"size": [1.0, 2.0, 3.0], "when": column})
        with pytest.raises(ValueError, match=f"'when' is of dtype .*{remedy}"):
            refuse_unreadable(frame, [])

    def test_of_an_array_too(self) -> None:
        with pytest.raises(ValueError, match="X is of dtype datetime64"):
            refuse_unreadable(np.array([["2020-01-01"]] * 3, dtype="datetime64[D]"), [])


@pytest.mark.parametrize(
    ("X", "name"),
    [
        (pd.DataFrame({"size": [1.0, 2.0, 3.0], "age": ["3", "n/a", "4"]}), "'age'"),
        (np.array([[1.0, 3], [2.0, "n/a"], [3.0, "4"]], dtype=object), "1"),
        (pd.DataFrame({"age": pd.Series(["3", "n/a", None], dtype="string")}), "'age'"),
    ],
    ids=["frame", "array", "string dtype"],
)
def test_text_in_a_column_of_numbers_is_named(X: object, name: str) -> None:
    with pytest.raises(ValueError, match=rf"string to float: 'n/a'. Column {name} holds text"):
        refuse_text(X, [])


def test_numbers_as_text_are_numbers() -> None:
    refuse_text(pd.DataFrame({"age": ["3", "4.5", None]}), [])
    refuse_text(pd.DataFrame({"age": ["n/a"]}), [0])
