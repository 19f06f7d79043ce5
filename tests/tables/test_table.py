"""Tables are read as users mean them, and refused as scikit-learn refuses them."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import BaseEstimator, clone

from skbayes import BayesianMLPRegressor
from skbayes.tables import as_pandas
from skbayes.tables.table import TableFormat
from skbayes.variational import Variational


class Reader(BaseEstimator):
    """An estimator that only reads."""

    def fit(self, X, categorical_features="from_dtype", missing="indicator"):
        self.format_ = TableFormat.of(X, categorical_features, missing)
        self.table_ = self.format_.read(self, X, reset=True)
        return self

    def read(self, X):
        return self.format_.read(self, X, reset=False)


def _frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "size": [1.5, np.nan, 3.0],
            "colour": ["red", None, "blue"],
            "kind": pd.Categorical(["a", "b", "a"], categories=["b", "a", "never"]),
            "count": pd.array([1, 2, None], dtype="Int64"),
            "name": pd.array(["x", None, "y"], dtype="string"),
            "flag": [True, False, True],
            "maybe": pd.array([True, None, False], dtype="boolean"),
            "numbers": np.array([1, pd.NA, 2.5], dtype=object),
        }
    )


class TestFromDtype:
    def test_strings_and_categories_are_categorical_and_all_else_is_numeric(self) -> None:
        reader = Reader().fit(_frame())
        assert reader.format_.categorical == [1, 2, 4]
        colours, kinds, names = reader.table_.categorical
        assert colours.tolist() == ["red", None, "blue"]
        assert kinds.tolist() == ["a", "b", "a"]
        assert names.tolist() == ["x", None, "y"]
        expected = [[1.5, 1, 1, 1, 1], [np.nan, 2, 0, np.nan, np.nan], [3, np.nan, 1, 0, 2.5]]
        np.testing.assert_array_equal(reader.table_.numeric, expected)

    def test_strings_under_any_dtype(self) -> None:
        # pandas 3 reads them as dtype str, pandas 2 as dtype object.
        for dtype in (object, "string", "category"):
            frame = pd.DataFrame({"x": pd.Series(["a", None], dtype=dtype)})
            reader = Reader().fit(frame)
            assert reader.table_.categorical[0].tolist() == ["a", None]

    def test_a_column_without_a_value_is_numeric(self) -> None:
        frame = pd.DataFrame({"x": [None, None], "y": [1.0, 2.0]})
        assert Reader().fit(frame).format_.categorical == []

    def test_arrays_lists_and_sparse_matrices_are_numbers(self) -> None:
        for X in ([[1, 2.5]], np.array([[1, 2.5]], dtype=object), sparse.csr_array([[1, 2.5]])):
            table = Reader().fit(X).table_
            assert table.categorical == []
            assert table.numeric.dtype == np.float64

    def test_single_precision_stays_single(self) -> None:
        frame = pd.DataFrame({"x": np.ones(2, np.float32), "y": ["a", "b"]})
        assert Reader().fit(frame).table_.numeric.dtype == np.float32

    def test_a_frame_of_categories_alone(self) -> None:
        table = Reader().fit(pd.DataFrame({"x": ["a", "b"]})).table_
        assert table.numeric.shape == (2, 0)
        assert len(table) == 2

    def test_none_makes_every_column_numeric(self) -> None:
        with pytest.raises(ValueError, match="could not convert string to float: 'red'"):
            Reader().fit(pd.DataFrame({"x": ["red", "blue"]}), categorical_features=None)


class TestAsListed:
    @pytest.mark.parametrize(
        "listed",
        [
            ["b", "a"],
            [1, 0],
            np.array([0, 1, 1]),
            [True, True, False],
            ("a", "b"),
            pd.Index(["a", "b"]),
        ],
    )
    def test_names_positions_and_masks(self, listed: object) -> None:
        frame = pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan], "c": [1.0, 2.0]})
        reader = Reader().fit(frame, listed)
        assert reader.format_.categorical == [0, 1]
        assert reader.table_.categorical[0].tolist() == [1, 2]
        assert reader.table_.categorical[1].tolist() == [0.5, None]
        assert reader.table_.numeric.tolist() == [[1.0], [2.0]]

    def test_in_arrays_of_objects_lists_and_strings(self) -> None:
        rows = [["red", 1.0], ["blue", 2.0]]
        for X in (rows, np.array(rows, dtype=object), np.array(rows)):
            table = Reader().fit(X, [0]).table_
            assert table.categorical[0].tolist() == ["red", "blue"]
            assert table.numeric.tolist() == [[1.0], [2.0]]

    def test_in_sparse_matrices(self) -> None:
        dense = np.array([[0.0, 3.0, 0.0], [2.0, 0.0, 1.0]])
        for container in (sparse.csr_array, sparse.csc_matrix, sparse.coo_array):
            table = Reader().fit(container(dense), [1]).table_
            assert table.categorical[0].tolist() == [3.0, 0.0]
            np.testing.assert_array_equal(table.numeric.toarray(), dense[:, [0, 2]])

    @pytest.mark.parametrize("listed", [[], np.array([], dtype=int), [False, False]])
    def test_none_of_the_columns(self, listed: object) -> None:
        assert Reader().fit(np.ones((2, 2)), listed).format_.categorical == []

    @pytest.mark.parametrize(
        ("listed", "message"),
        [
            ([True], r"boolean mask must have shape \(n_features,\) = \(2,\)"),
            ([2], r"must be in \[0, n_features - 1\] = \[0, 1\]. Got \[2\]"),
            ([-1], r"must be in \[0, n_features - 1\]"),
            (["c"], r"the item 'c', which is not a feature name .* \['a', 'b'\]"),
            ([0.5], "bool, int or str"),
            (["a", 1], "bool, int or str|the item"),
            ([["a"]], "bool, int or str"),
            ([None], "bool, int or str"),
        ],
    )
    def test_what_does_not_fit_is_named(self, listed: object, message: str) -> None:
        frame = pd.DataFrame({"a": [1, 2], "b": [1, 2]})
        with pytest.raises(ValueError, match=f"categorical_features.*({message})"):
            Reader().fit(frame, listed)

    def test_names_without_feature_names(self) -> None:
        with pytest.raises(ValueError, match="data without feature names"):
            Reader().fit(np.ones((2, 2)), ["a"])


class TestMissing:
    @pytest.mark.parametrize(
        "frame",
        [
            pd.DataFrame({"x": [1.0, np.nan], "y": ["a", "b"]}),
            pd.DataFrame({"x": [1.0, 2.0], "y": ["a", None]}),
            pd.DataFrame({"x": [1.0, 2.0], "y": pd.array(["a", None], dtype="string")}),
            pd.DataFrame({"x": pd.array([1, None], dtype="Int64"), "y": ["a", "b"]}),
            pd.DataFrame({"x": [1.0, np.nan]}),
        ],
    )
    def test_is_refused_in_scikit_learns_words(self, frame: pd.DataFrame) -> None:
        Reader().fit(frame)
        with pytest.raises(ValueError, match=r"Input X contains NaN\.\nReader does not accept"):
            Reader().fit(frame, missing="error")

    @pytest.mark.parametrize("missing", ["indicator", "error"])
    @pytest.mark.parametrize(
        ("X", "listed"),
        [
            ([[np.inf], [1.0]], None),
            (pd.DataFrame({"x": [1.0, -np.inf], "y": ["a", "b"]}), "from_dtype"),
            (pd.DataFrame({"x": [1.0, 2.0], "y": [np.inf, 1.0]}), ["y"]),
            (sparse.csr_array([[0.0, np.inf]]), None),
        ],
    )
    def test_infinity_is_never_accepted(self, missing: str, X: object, listed: object) -> None:
        with pytest.raises(ValueError, match="Input X contains infinity"):
            Reader().fit(X, listed, missing)


class TestAtPrediction:
    def test_columns_must_have_the_names_and_the_order_of_training(self) -> None:
        reader = Reader().fit(_frame())
        with pytest.raises(ValueError, match="Feature names must be in the same order"):
            reader.read(_frame().iloc[:, ::-1])
        with pytest.raises(ValueError, match="The feature names should match"):
            reader.read(_frame().rename(columns={"size": "length"}))
        with pytest.raises(ValueError, match=r"feature names should match|has 7 features"):
            reader.read(_frame().iloc[:, 1:])

    def test_the_kind_of_a_column_is_that_of_training(self) -> None:
        reader = Reader().fit(pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]}))
        table = reader.read(pd.DataFrame({"x": [1, 2], "y": [3.0, None]}))
        assert table.categorical[0].tolist() == [3.0, None]
        with pytest.raises(ValueError, match="could not convert string to float: 'a'"):
            reader.read(pd.DataFrame({"x": ["a", "b"], "y": ["a", "b"]}))

    def test_an_array_stands_in_for_a_frame_with_a_warning(self) -> None:
        reader = Reader().fit(pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]}))
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            table = reader.read(np.array([[1.0, "b"]], dtype=object))
        assert table.categorical[0].tolist() == ["b"]

    def test_a_frame_of_one_dimension_or_no_rows(self) -> None:
        reader = Reader().fit(pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]}))
        with pytest.raises(ValueError, match="0 sample"):
            reader.read(pd.DataFrame({"x": [], "y": []}))
        with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
            reader.read(["a", "b"])


def test_unhashable_categories_are_refused() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": ["a", ["b"]]})
    with pytest.raises(TypeError, match="Categories must be strings, numbers or other hashable"):
        Reader().fit(frame)


def test_rows_of_a_table() -> None:
    table = Reader().fit(_frame()).table_
    some = table[np.array([True, False, True])]
    assert len(some) == 2
    assert some.categorical[0].tolist() == ["red", "blue"]
    assert some.numeric[:, 0].tolist() == [1.5, 3.0]
    assert table[1:2].categorical[1].tolist() == ["b"]


def test_entries_of_a_sparse_matrix_that_are_stored_twice_are_added() -> None:
    twice = sparse.csr_array((np.array([1.0, 2.0]), np.array([0, 0]), np.array([0, 2])), (1, 2))
    table = Reader().fit(twice).table_
    assert table.numeric.toarray().tolist() == [[3.0, 0.0]]
    assert len(table.numeric.data) == 1
    assert len(twice.data) == 2  # the user's matrix is untouched


@given(
    values=st.lists(
        st.none()
        | st.text(max_size=3)
        | st.integers(-5, 5)
        | st.floats(allow_nan=True, allow_infinity=False)
        | st.booleans(),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=50, deadline=None)
def test_any_listed_column_is_read_as_its_values(values: list[object]) -> None:
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    read = Reader().fit(frame, ["x"]).table_.categorical[0]
    expected = [None if value is None or value != value else value for value in values]
    assert read.tolist() == expected


def test_dates_may_be_categories() -> None:
    frame = pd.DataFrame({"when": pd.to_datetime(["2020-01-01", "2020-01-02", None])})
    values = Reader().fit(frame, ["when"]).table_.categorical[0]
    assert values.tolist() == [pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-02"), None]


@pytest.mark.parametrize("fill_value", [np.nan, 0.0, 7.0])
def test_sparse_columns_of_any_background_are_numbers(fill_value: float) -> None:
    values = np.array([fill_value, 1.0, fill_value])
    frame = pd.DataFrame({"a": pd.arrays.SparseArray(values, fill_value=fill_value)})
    for columns in (frame, frame.assign(b=["x", "y", "x"])):
        numeric = Reader().fit(columns).table_.numeric
        dense = numeric.toarray() if sparse.issparse(numeric) else numeric
        np.testing.assert_array_equal(dense[:, 0], values)


def _mixed_frame() -> pd.DataFrame:
    rng = np.random.RandomState(0)
    return pd.DataFrame(
        {
            "size": rng.normal(size=40),
            "kind": rng.choice(["x", "y", "z"], 40),
            "is_new": rng.rand(40) < 0.5,
            "gap": np.where(rng.rand(40) < 0.2, np.nan, rng.rand(40)),
        }
    )


def _as_polars(frame: pd.DataFrame) -> object:
    pytest.importorskip("pyarrow")
    return pytest.importorskip("polars").from_pandas(frame)


def _as_arrow(frame: pd.DataFrame) -> object:
    return pytest.importorskip("pyarrow").Table.from_pandas(frame)


def _as_arrow_dictionary(frame: pd.DataFrame) -> pd.DataFrame:
    pa = pytest.importorskip("pyarrow")
    dtype = pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))
    return frame.assign(kind=pd.Series(pa.array(frame["kind"]).dictionary_encode(), dtype=dtype))


@pytest.mark.parametrize("convert", [_as_polars, _as_arrow, _as_arrow_dictionary])
def test_frames_of_other_libraries_are_the_same_table(convert: Callable[[object], object]) -> None:
    frame = _mixed_frame()
    y = frame["size"] + (frame["kind"] == "x")
    model = BayesianMLPRegressor(
        (4,), inference=Variational(1), max_iter=30, n_posterior_samples=4, random_state=0
    )
    expected = model.fit(frame, y).predict(frame)
    other = convert(frame)
    assert np.array_equal(clone(model).fit(other, y).predict(other), expected)
    assert np.array_equal(model.predict(other), expected)


def test_a_frame_that_cannot_be_converted_is_read_as_an_array() -> None:
    class Frame:
        """As of a library that lacks what it needs to convert itself."""

        def __init__(self, values: np.ndarray) -> None:
            self._values = values

        def to_pandas(self) -> object:
            raise ImportError

        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            return self._values

    values = np.random.RandomState(0).rand(20, 2)
    assert as_pandas(Frame(values)).__class__ is Frame
    assert as_pandas(values) is values
