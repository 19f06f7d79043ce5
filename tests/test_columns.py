"""A column is replaced without touching the table that it came from."""

import numpy as np
import pandas as pd
import pytest

from skbayes.columns import column_of, is_number, with_column


def test_a_frame_keeps_its_index_its_other_columns_and_itself() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}, index=[7, 3])
    changed = with_column(frame, 0, [0.5, 1.5])
    assert changed["a"].tolist() == [0.5, 1.5]
    assert changed.index.equals(frame.index)
    assert changed["b"].tolist() == ["x", "y"]
    assert frame["a"].tolist() == [1, 2]


def test_values_of_a_series_are_taken_in_their_order() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3]})
    order = [2, 0, 1]
    assert with_column(frame, 0, frame["a"].iloc[order])["a"].tolist() == [3, 1, 2]
    array = frame.to_numpy()
    assert with_column(array, 0, column_of(array, 0).iloc[order])[:, 0].tolist() == [3, 1, 2]


@pytest.mark.parametrize(
    "column",
    [pd.Categorical(["s", "l"], ["s", "m", "l"]), [True, False], pd.array(["s", "l"], "string")],
    ids=["category", "bool", "string"],
)
def test_categories_keep_their_type(column: object) -> None:
    frame = pd.DataFrame({"a": column})
    first = frame["a"].iloc[0]
    changed = with_column(frame, 0, np.array([first, first], dtype=object))
    assert changed["a"].dtype == frame["a"].dtype
    assert not is_number(frame["a"])


def test_columns_of_arrays_of_objects_have_the_type_of_their_values() -> None:
    table = np.array([[1, "a"], [2, "b"]], dtype=object)
    assert is_number(column_of(table, 0))
    assert not is_number(column_of(table, 1))
    assert with_column(table, 1, ["c", "c"]).tolist() == [[1, "c"], [2, "c"]]


def test_an_array_of_whole_numbers_takes_others() -> None:
    table = np.array([[1, 2], [3, 4]])
    assert with_column(table, 1, [0.5, 0.5]).tolist() == [[1, 0.5], [3, 0.5]]
    assert table.tolist() == [[1, 2], [3, 4]]
