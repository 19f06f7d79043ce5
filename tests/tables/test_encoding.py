"""What the network sees of a table."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from sklearn.base import BaseEstimator

from skbayes.model import InputColumns, SparseRows
from skbayes.tables.encoding import InputEncoding
from skbayes.tables.table import Table, TableFormat


def _table(X: object, listed: object = "from_dtype") -> Table:
    return TableFormat.of(X, listed, "indicator").read(BaseEstimator(), X, reset=True)


def _encoding(
    table: Table,
    row_weights: np.ndarray | None,
    *,
    standardize: bool | str,
    discrete: bool | str = False,
    n_bins: int = 1,
) -> InputEncoding:
    return InputEncoding.of(
        table,
        row_weights,
        standardize=standardize,
        discrete_as_categories=discrete,
        n_bins=n_bins,
    )


def _encode(encoding: InputEncoding, X: object) -> np.ndarray:
    encoded = encoding.encode(encoding.format.read(BaseEstimator(), X, reset=True))
    if isinstance(encoded, SparseRows):
        encoded = torch.cat(list(encoded.split(2))).numpy()
    return encoded


class TestNumbers:
    def test_are_standardised_and_a_gap_is_the_mean_with_an_indicator(self) -> None:
        X = np.array([[1.0, 10.0], [np.nan, 30.0], [3.0, 20.0], [5.0, 40.0]])
        encoding = _encoding(_table(X), None, standardize=True)
        encoded = _encode(encoding, X)
        assert encoding.columns.n_numeric == 3
        root = np.sqrt(8 / 3)
        np.testing.assert_allclose(encoded[:, 0], [-2 / root, 0, 0, 2 / root], atol=1e-15)
        np.testing.assert_allclose(encoded[:, 1], (X[:, 1] - 25) / np.sqrt(125))
        assert encoded[:, 2].tolist() == [0, 1, 0, 0]

    def test_statistics_use_the_weights_of_rows_that_have_a_number(self) -> None:
        X = np.array([[1.0], [np.nan], [4.0]])
        weights = np.array([2.0, 5.0, 1.0])
        encoding = _encoding(_table(X), weights, standardize=True)
        assert encoding.scaling.loc.tolist() == [2.0]
        np.testing.assert_allclose(encoding.scaling.scale, np.sqrt(2))

    def test_a_gap_that_training_did_not_have_is_the_mean(self) -> None:
        encoding = _encoding(_table([[1.0], [3.0]]), None, standardize=True)
        assert _encode(encoding, [[np.nan], [2.0]]).tolist() == [[0.0], [0.0]]

    def test_without_standardisation_a_gap_is_still_the_mean(self) -> None:
        X = [[1.0], [np.nan], [5.0]]
        encoding = _encoding(_table(X), None, standardize=False)
        assert _encode(encoding, X).tolist() == [[1, 0], [3, 1], [5, 0]]

    @pytest.mark.parametrize("standardize", [True, False, "robust", "quantile"])
    @pytest.mark.parametrize("container", [np.array, sparse.csr_array])
    def test_a_column_without_a_number_is_ignored(self, standardize: bool | str, container) -> None:
        X = container([[np.nan, 1.0], [np.nan, 2.0]])
        encoding = _encoding(_table(X), None, standardize=standardize)
        assert encoding.columns.n_numeric == 2
        assert _encode(encoding, X)[:, 0].tolist() == [0, 0]
        assert _encode(encoding, container([[1e300, 1.0]]))[0, 0] == 0


class TestCategories:
    def test_have_codes_in_sorted_order_the_missing_one_last(self) -> None:
        X = pd.DataFrame({"x": ["b", None, "a", "b"], "y": [2, 1, 1, 2]})
        encoding = _encoding(_table(X, ["x", "y"]), None, standardize=True)
        assert encoding.categories == [["a", "b", None], [1, 2]]
        assert encoding.columns.n_categories == (3, 2)
        assert _encode(encoding, X).tolist() == [[1, 1], [2, 0], [0, 0], [1, 1]]

    def test_that_training_did_not_have_share_one_code(self) -> None:
        X = pd.DataFrame({"x": pd.Categorical(["a", "b"], categories=["a", "b", "c"])})
        encoding = _encoding(_table(X), None, standardize=True)
        new = pd.DataFrame({"x": ["c", "d", None, "a"]})
        assert _encode(encoding, new).flatten().tolist() == [2, 2, 2, 0]

    def test_equal_numbers_are_one_category_whatever_their_type(self) -> None:
        encoding = _encoding(_table([[1], [2]], [0]), None, standardize=True)
        for column in (np.array([[1.0], [2.0]]), np.array([[1], [2]], dtype=np.int8)):
            assert _encode(encoding, column).flatten().tolist() == [0, 1]
        gaps = pd.DataFrame({"x": pd.array([2, None], dtype="Int64")})
        assert _encode(encoding, gaps).flatten().tolist() == [1, 2]

    def test_of_several_types_have_an_order(self) -> None:
        X = pd.DataFrame({"x": ["b", 2, "a", 1.5, (1, 2)]})
        encoding = _encoding(_table(X), None, standardize=True)
        backwards = _encoding(_table(X[::-1]), None, standardize=True)
        assert encoding.categories == backwards.categories == [[1.5, 2, "a", "b", (1, 2)]]

    def test_of_intervals(self) -> None:
        X = pd.DataFrame({"x": pd.cut([1.0, 5.0, 9.0], [0, 4, 10])})
        encoding = _encoding(_table(X), None, standardize=True)
        assert _encode(encoding, X).flatten().tolist() == [0, 1, 1]

    def test_come_after_numbers_and_indicators(self) -> None:
        X = pd.DataFrame({"x": ["a", "b"], "y": [np.nan, 1.0], "z": ["c", "c"], "w": [1.0, 3.0]})
        encoding = _encoding(_table(X), None, standardize=True)
        assert _encode(encoding, X).tolist() == [[0, -1, 1, 0, 0], [0, 1, 0, 1, 0]]
        assert encoding.columns.features == (1, 3, 1, 0, 2)


class TestQuantiles:
    def test_an_outlier_is_the_largest_of_normal_values(self) -> None:
        X = np.r_[np.random.RandomState(0).normal(size=999), 1e9][:, None]
        encoded = _encode(_encoding(_table(X), None, standardize="quantile", discrete=True), X)
        assert encoded.shape == (1000, 1)
        assert encoded.max() == encoded[-1, 0] < 3.5
        assert np.array_equal(np.argsort(encoded[:, 0]), np.argsort(X[:, 0]))

    @pytest.mark.parametrize("unit", [1e-300, 1.0, 1e300])
    def test_the_unit_does_not_matter(self, unit: float) -> None:
        values = np.random.RandomState(0).exponential(size=(100, 1))
        expected = _encode(
            _encoding(_table(values), None, standardize="quantile", discrete=True), values
        )
        X = unit * values
        encoded = _encode(_encoding(_table(X), None, standardize="quantile", discrete=True), X)
        np.testing.assert_allclose(encoded, expected, atol=1e-9)

    def test_only_columns_with_a_heap_are_categories_if_so_asked(self) -> None:
        X = np.column_stack(
            [
                np.tile([0.0, 0, 0, 1, 2], 40),  # three fifths are zero
                np.tile([0.0, 1, 2, 3, 4], 40),
                np.r_[np.zeros(150), np.arange(50.0)],  # too many values for the rows
                np.tile([0.0, 0, 0, 0, 1], 40),  # two values need no more than one weight
            ]
        )
        assert _encoding(_table(X), None, standardize="robust", discrete="heaped").discrete == (0,)
        assert _encoding(_table(X), None, standardize="robust", discrete=True).discrete == (0, 1)
        weights = np.tile([0.1, 0.1, 0.1, 1, 1], 40)  # by which zeros are a seventh
        assert _encoding(_table(X), weights, standardize="robust", discrete="heaped").discrete == ()

    def test_values_of_a_discrete_column_are_categories_too(self) -> None:
        X = np.column_stack([np.tile([0.0, 2.5, 9.0], 10), np.arange(30.0), np.tile([0, 1], 15)])
        encoding = _encoding(_table(X), None, standardize="quantile", discrete=True)
        assert encoding.discrete == (0,)
        assert encoding.categories == [[0.0, 2.5, 9.0]]
        assert encoding.columns.features == (0, 1, 2, 0)
        new = [[9.0, 0, 0], [2.5, 0, 0], [2.6, 0, 0], [np.nan, 0, 0]]
        assert _encode(encoding, new)[:, -1].tolist() == [2, 1, 3, 3]

    def test_a_missing_number_is_a_category_where_training_had_one(self) -> None:
        X = np.tile([0.0, 1.0, 2.0, np.nan], 10)[:, None]
        encoding = _encoding(_table(X), None, standardize="quantile", discrete=True)
        assert encoding.categories == [[0.0, 1.0, 2.0, None]]
        assert _encode(encoding, X[:4])[:, 1:].tolist() == [[0, 0], [0, 1], [0, 2], [1, 3]]

    def test_a_column_needs_rows_for_each_of_its_values(self) -> None:
        X = np.arange(256.0)[:, None]
        for n_values, n_rows, is_discrete in ((3, 10, True), (3, 9, False), (256, 10, False)):
            weights = np.full(n_values, float(n_rows))
            rows = X[:n_values]
            for container in (np.array, sparse.csr_array):
                table = _table(container(rows))
                encoding = _encoding(table, weights, standardize="quantile", discrete=True)
                assert encoding.discrete == ((0,) if is_discrete else ())

    def test_single_precision_finds_the_same_categories(self) -> None:
        X = np.tile([0.1, 0.2, 0.3], 10)[:, None]
        encoding = _encoding(_table(X), None, standardize="quantile", discrete=True)
        codes = _encode(encoding, X[:3].astype(np.float32))[:, 1]
        assert codes.tolist() == [0, 1, 2]


@given(
    X=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 6), st.integers(1, 4)),
        elements=st.sampled_from([0.0, 0.0, 0.0, 1.0, -2.5, 1e6, np.nan]),
    ),
    standardize=st.sampled_from([True, False, "robust", "quantile"]),
    with_category=st.booleans(),
)
@settings(max_examples=50, deadline=None)
def test_sparse_tables_are_encoded_as_dense_ones(
    X: np.ndarray, standardize: bool | str, with_category: bool
) -> None:
    listed = [0] if with_category else None
    weights = 5 * np.arange(1.0, len(X) + 1)
    dense = _encoding(_table(X, listed), weights, standardize=standardize)
    compressed = sparse.csr_array(X)
    thin = _encoding(_table(compressed, listed), weights, standardize=standardize)
    assert dense.gaps.tolist() == thin.gaps.tolist()
    assert dense.categories == thin.categories
    assert dense.discrete == thin.discrete
    # Sums in another order: a few units in the last place of the largest number.
    np.testing.assert_allclose(_encode(thin, compressed), _encode(dense, X), atol=1e-9)


@pytest.mark.parametrize("standardize", [True, "robust", "quantile"])
def test_state_is_plain(standardize: bool | str) -> None:
    X = pd.DataFrame({"x": ["a", None] * 20, "y": [np.nan, 1.0, 2.0, 3.0] * 10})
    encoding = _encoding(_table(X), None, standardize=standardize)
    text = pickle.dumps(encoding)
    assert b"pandas" not in text
    assert b"torch" not in text
    assert _encode(pickle.loads(text), X).tolist() == _encode(encoding, X).tolist()


def test_an_encoding_that_goes_on_keeps_categories_and_gaps_and_scales_anew() -> None:
    X = pd.DataFrame({"size": [1.0, 3.0, np.nan], "colour": ["red", "blue", "red"]})
    earlier = _encoding(_table(X), None, standardize="robust")
    later = pd.DataFrame({"size": [10.0, 30.0], "colour": ["green", "red"]})
    encoding = InputEncoding.of(
        _table(later), None, standardize="robust", discrete_as_categories=False, earlier=earlier
    )
    assert encoding.categories == [["blue", "red"]]
    np.testing.assert_allclose(_encode(encoding, later), [[-1, 0, 2], [1, 0, 1]])


@pytest.mark.parametrize("standardize", [False, True, "robust", "quantile"])
def test_bins_come_after_the_numbers_and_their_gaps(standardize: bool | str) -> None:
    rng = np.random.RandomState(0)
    X = rng.normal(size=(200, 2))
    X[:20, 1] = np.nan
    encoding = _encoding(_table(X), None, standardize=standardize, n_bins=4)
    assert encoding.columns == InputColumns(
        n_numeric=2 + 1 + 8,
        n_categories=(),
        features=(0, 1, 1, *range(2, 10)),
        sources=(0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1),
    )
    encoded = _encode(encoding, X)
    plain = _encode(_encoding(_table(X), None, standardize=standardize), X)
    np.testing.assert_array_equal(encoded[:, :3], plain)
    np.testing.assert_allclose(encoded[:, 3:].mean(axis=0), 0.0, atol=1e-12)
    # Bins of a column grow with it, and a missing number is where the mean is.
    order = np.argsort(X[:, 0])
    assert np.all(np.diff(encoded[order, 3:7], axis=0) >= 0)
    assert len(np.unique(encoded[:20, 7:], axis=0)) == 1
    by_feature = encoding.by_feature(np.arange(10.0))
    np.testing.assert_array_equal(by_feature, [0 + 2 + 3 + 4 + 5, 1 + 6 + 7 + 8 + 9])


def test_a_wild_value_does_not_stretch_the_bins_of_the_others() -> None:
    X = np.random.RandomState(0).normal(size=(200, 1))
    calm = _encoding(_table(X), None, standardize="robust", n_bins=4)
    X[0] = 1e9
    wild = _encoding(_table(X), None, standardize="robust", n_bins=4)
    np.testing.assert_allclose(wild.bins.start, calm.bins.start, atol=0.05)
