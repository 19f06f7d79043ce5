"""Raw tables go in: numbers, strings, categories, gaps and sparse matrices."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.inspection import permutation_importance
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from skbayes import BayesianMLPRegressor, priors
from skbayes.variational import Variational


@pytest.fixture(scope="module")
def mixed() -> tuple[pd.DataFrame, np.ndarray]:
    """120 rows whose target depends on a number, a category and whether a number is missing."""
    rng = np.random.RandomState(0)
    effect = {"red": 2.0, "green": 0.0, "blue": -2.0}
    X = pd.DataFrame(
        {
            "size": rng.normal(5, 2, 120),
            "colour": rng.choice(list(effect), 120),
            "age": np.where(rng.rand(120) < 0.3, np.nan, rng.normal(40, 10, 120)),
            "shop": pd.Categorical(rng.choice(["a", "b"], 120)),
        }
    )
    y = 0.5 * X["size"] + X["colour"].map(effect) + 3.0 * X["age"].isna() + rng.normal(0, 0.3, 120)
    X.loc[::17, "colour"] = None
    return X, y.to_numpy()


@pytest.fixture(scope="module")
def model(mixed: tuple) -> BayesianMLPRegressor:
    """Fitted to the mixed table; not to be changed."""
    return BayesianMLPRegressor(
        (8,), max_iter=2500, inference=Variational(n_members=2), random_state=0
    ).fit(*mixed)


class TestRawFrames:
    def test_categories_and_gaps_are_learned(self, model, mixed: tuple) -> None:
        assert model.score(*mixed) > 0.9
        assert list(model.feature_names_in_) == ["size", "colour", "age", "shop"]

    @pytest.mark.filterwarnings("ignore:None of the")
    def test_an_unknown_category_is_predicted_with_more_uncertainty(
        self, model, mixed: tuple
    ) -> None:
        known = mixed[0].assign(colour="green")
        unknown = mixed[0].assign(colour="violet")
        split = [model.predict_uncertainty(X).epistemic for X in (known, unknown)]
        # Effects of -2, 0 and 2 have a spread of about 2; a known one is known to 0.1.
        assert split[0].mean() < 0.3
        assert 0.8 < split[1].mean() < 6
        assert np.array_equal(
            model.predict(unknown), model.predict(mixed[0].assign(colour="orange"))
        )

    def test_a_missing_category_is_a_category_where_training_had_one(
        self, model, mixed: tuple
    ) -> None:
        X = mixed[0][:5]
        missing = model.predict(X.assign(colour=None))
        assert not np.allclose(missing, model.predict(X.assign(colour="violet")))
        # Nowhere in training: as an unknown one.
        gap = X.assign(shop=pd.Series([None] * 5, dtype=object, index=X.index))
        assert np.array_equal(model.predict(gap), model.predict(X.assign(shop="c")))

    def test_the_order_of_rows_does_not_number_the_categories(self, mixed: tuple, quick) -> None:
        X, y = mixed
        forward = clone(quick).fit(X, y)
        backward = clone(quick).fit(X[::-1], y[::-1])
        np.testing.assert_allclose(forward.predict(X), backward.predict(X), rtol=1e-6)

    @pytest.mark.parametrize("listed", [["colour", "shop"], [1, 3], [False, True, False, True]])
    def test_columns_may_be_listed(self, mixed: tuple, quick, listed: list) -> None:
        X, y = mixed
        by_dtype = clone(quick).fit(X, y).predict_interval(X)
        as_listed = clone(quick).set_params(categorical_features=listed).fit(X, y)
        assert np.array_equal(as_listed.predict_interval(X), by_dtype)
        array = X.to_numpy(dtype=object)
        if listed[0] != "colour":
            from_array = clone(as_listed).fit(array, y)
            assert np.array_equal(from_array.predict_interval(array), by_dtype)

    def test_whole_weights_equal_copies_of_rows(self, mixed: tuple, quick) -> None:
        X, y = mixed[0][:40], mixed[1][:40]
        counts = np.random.RandomState(1).randint(0, 4, size=40)
        counts[X["shop"] == "a"] = 0  # a category that no weighted row has
        weighted = clone(quick).fit(X, y, sample_weight=counts)
        repeated = clone(quick).fit(X.iloc[np.repeat(np.arange(40), counts)], np.repeat(y, counts))
        np.testing.assert_allclose(
            weighted.predict_interval(X), repeated.predict_interval(X), rtol=1e-7
        )

    @pytest.mark.parametrize(
        "changes",
        [
            {"hidden_layer_sizes": ()},
            {"hidden_layer_sizes": (), "linear_skip": False},
            {"linear_skip": False},
            {"prior_sigma": 1.0},
            {"standardize": False, "hidden_layer_sizes": ()},
            {"standardize": "quantile"},
            {"standardize": "quantile", "prior": priors.Normal(grouping="feature")},
            {"dtype": "float32"},
            {"batch_size": 10},
        ],
    )
    def test_every_kind_of_network_takes_them(self, mixed: tuple, quick, changes: dict) -> None:
        X, y = mixed
        fitted = quick.set_params(**changes).fit(X, np.column_stack([y, -y]))
        assert np.isfinite(fitted.predict_interval(X)).all()
        only_categories = clone(quick).fit(X[["colour", "shop"]], y)
        assert np.isfinite(only_categories.predict_interval(X[["colour", "shop"]])).all()

    def test_a_linear_network_of_one_category_shrinks_means(self, quick) -> None:
        X = pd.DataFrame({"x": ["a"] * 30 + ["b"]})
        y = np.r_[np.tile([0.9, 1.1], 15), 5.0]
        linear = clone(quick).set_params(hidden_layer_sizes=(), max_iter=4000).fit(X, y)
        common, rare = linear.predict(pd.DataFrame({"x": ["a", "b"]}))
        assert common == pytest.approx(1, abs=0.05)
        assert rare < 5

    def test_a_saved_model_predicts_the_same_bits(self, model, mixed: tuple) -> None:
        loaded = pickle.loads(pickle.dumps(model))
        assert b"torch" not in pickle.dumps(model)
        assert np.array_equal(loaded.predict_interval(mixed[0]), model.predict_interval(mixed[0]))

    def test_set_params_after_fit_does_not_reach_the_encoding(self, model, mixed: tuple) -> None:
        changed = pickle.loads(pickle.dumps(model))
        changed.set_params(categorical_features=None, missing="error", standardize=False)
        assert np.array_equal(changed.predict(mixed[0]), model.predict(mixed[0]))

    def test_the_relevance_of_a_feature_counts_its_categories_and_its_gaps(
        self, mixed: tuple, quick
    ) -> None:
        X, y = mixed
        quick.set_params(prior=priors.Normal(grouping="feature"), max_iter=2500)
        relevance = dict(zip(X, quick.fit(X, y).feature_prior_scales_, strict=True))
        assert relevance["shop"] == min(relevance.values())


class TestQuantiles:
    """``standardize="quantile"``."""

    @staticmethod
    def _spikes() -> tuple[pd.DataFrame, np.ndarray]:
        """400 rows: a target that is high at two values of a number, wherever they lie."""
        rng = np.random.RandomState(0)
        gain = rng.choice([0, 0, 0, 3103, 3137, 4386, 4416, 99_999], 400)
        y = np.isin(gain, [3137, 4416]) + rng.normal(0, 0.1, 400)
        return pd.DataFrame({"gain": gain, "weight": rng.standard_cauchy(400)}), y

    def test_a_value_that_differs_from_its_neighbours_is_learned(self, quick) -> None:
        X, y = self._spikes()
        quick.set_params(max_iter=2500)
        smooth = clone(quick).fit(X, y).score(X, y)
        assert clone(quick).set_params(standardize="quantile").fit(X, y).score(X, y) > 0.9 > smooth

    def test_units_do_not_matter(self, quick) -> None:
        X, y = self._spikes()
        quick.set_params(standardize="quantile")
        expected = clone(quick).fit(X, y).predict_interval(X)
        changed = 1024 * X  # a power of two: nothing is rounded
        actual = clone(quick).fit(changed, y).predict_interval(changed)
        np.testing.assert_allclose(actual, expected, rtol=1e-9)

    def test_whole_weights_equal_copies_of_rows(self, quick) -> None:
        X, y = (part[:60] for part in self._spikes())
        counts = np.random.RandomState(1).randint(0, 4, size=60)
        quick.set_params(standardize="quantile")
        weighted = clone(quick).fit(X, y, sample_weight=counts)
        repeated = clone(quick).fit(X.iloc[np.repeat(np.arange(60), counts)], np.repeat(y, counts))
        np.testing.assert_allclose(
            weighted.predict_interval(X), repeated.predict_interval(X), rtol=1e-7
        )

    @pytest.mark.filterwarnings("ignore:None of the")
    def test_partial_fit_keeps_curves_and_categories(self, quick) -> None:
        X, y = self._spikes()
        quick.set_params(standardize="quantile").partial_fit(X[:300], y[:300])
        before = quick._encoding
        quick.partial_fit(X[300:].assign(gain=7), y[300:])
        assert quick._encoding is before
        assert np.isfinite(quick.predict(X)).all()

    def test_relevance_counts_a_feature_once(self, quick) -> None:
        X, y = self._spikes()
        quick.set_params(
            standardize="quantile", prior=priors.Normal(grouping="feature"), max_iter=2500
        )
        gain, weight = quick.fit(X, y).feature_prior_scales_
        assert gain > weight


class TestInterplay:
    def test_a_column_transformer_that_keeps_the_frame(self, mixed: tuple, quick) -> None:
        X, y = mixed
        columns = make_column_transformer(
            (StandardScaler(), ["size", "age"]),
            remainder="passthrough",
            verbose_feature_names_out=False,
        ).set_output(transform="pandas")
        pipeline = make_pipeline(columns, quick).fit(X, y)
        assert list(pipeline[-1].feature_names_in_) == ["size", "age", "colour", "shop"]
        assert pipeline[-1]._encoding.format.categorical == [2, 3]
        assert pipeline.predict(X).shape == (120,)

    def test_tools_that_shuffle_and_split_frames(self, mixed: tuple, quick) -> None:
        X, y = mixed
        assert cross_val_score(quick, X, y, cv=2).shape == (2,)
        importance = permutation_importance(quick.fit(X, y), X, y, n_repeats=1, random_state=0)
        assert importance.importances_mean.shape == (4,)

    def test_columns_out_of_order_are_refused(self, model, mixed: tuple) -> None:
        backwards = mixed[0].iloc[:, ::-1]
        first, last = backwards.columns[[0, -1]]
        with pytest.raises(ValueError, match="Feature names must be in the same order") as error:
            model.predict(backwards)
        assert f"Column 0 is {first!r}, and was {last!r} in fit" in str(error.value)
        assert model.predict(backwards[model.feature_names_in_]).shape == (len(backwards),)

    def test_missing_values_may_be_refused(self, mixed: tuple, quick) -> None:
        X, y = mixed
        strict = quick.set_params(missing="error")
        assert get_tags(quick).input_tags.allow_nan is False
        assert get_tags(clone(quick).set_params(missing="indicator")).input_tags.allow_nan is True
        with pytest.raises(ValueError, match="Input X contains NaN"):
            strict.fit(X, y)
        whole = X.dropna()
        strict.fit(whole, y[whole.index])
        with pytest.raises(ValueError, match="Input X contains NaN"):
            strict.predict(X)


class TestSparse:
    @pytest.mark.parametrize("container", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
    @pytest.mark.parametrize("batch_size", ["auto", 16])
    def test_gives_what_dense_gives(self, quick, container, batch_size) -> None:
        rng = np.random.RandomState(0)
        X = np.where(rng.rand(60, 6) < 0.7, 0.0, rng.normal(3, 1, (60, 6)))
        X[::9, 2] = np.nan
        X[:, 5] = rng.randint(0, 3, 60)
        y = np.nansum(X, axis=1)
        quick.set_params(categorical_features=[5], batch_size=batch_size)
        dense = clone(quick).fit(X, y)
        thin = clone(quick).fit(container(X), y)
        np.testing.assert_allclose(
            thin.predict_interval(container(X)), dense.predict_interval(X), rtol=1e-6
        )
        np.testing.assert_allclose(thin.predict(X), thin.predict(container(X)), rtol=1e-10)

    def test_the_whole_table_is_never_dense(self, quick) -> None:
        # A dense copy would take 40 GB.
        rng = np.random.RandomState(0)
        places = rng.randint(50_000, size=5000), rng.randint(100_000, size=5000)
        X = sparse.coo_array((rng.rand(5000), places), shape=(50_000, 100_000)).tocsr()
        y = np.asarray(X.sum(axis=1)).ravel() + np.arange(50_000) % 7
        quick.set_params(
            hidden_layer_sizes=(), inference__n_members=1, n_posterior_samples=2, max_iter=3
        )
        fitted = quick.fit(X, y)
        assert np.isfinite(fitted.predict(X[:1000])).all()


_CELLS = {
    "numbers": st.integers(-400, 400).map(lambda number: number / 4) | st.none(),
    "integers": st.integers(-5, 5),
    "strings": st.sampled_from(["a", "b", "", "ö"]) | st.none(),
    "booleans": st.booleans(),
    "anything": st.sampled_from(["a", 1, 2.5, True]) | st.none(),
}


@st.composite
def _frames(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two frames of the same columns, to fit and to predict."""
    kinds = draw(st.lists(st.sampled_from(sorted(_CELLS)), min_size=1, max_size=4))
    n_fit, n_new = draw(st.integers(2, 6)), draw(st.integers(1, 3))
    columns = {}
    for number, kind in enumerate(kinds):
        cells = draw(st.lists(_CELLS[kind], min_size=n_fit + n_new, max_size=n_fit + n_new))
        dtypes = {
            "numbers": ["float64", "Float64"],
            "integers": ["int64", "Int64", "int8"],
            "strings": ["object", "string", "category"],
            "booleans": ["bool", "boolean", "object"],
            "anything": ["category"],
        }[kind]
        columns[f"{kind} {number}"] = pd.Series(cells, dtype=draw(st.sampled_from(dtypes)))
    frame = pd.DataFrame(columns)
    return frame[:n_fit], frame[n_fit:]


@given(frames=_frames())
@settings(max_examples=30, deadline=None)
def test_any_frame_that_can_be_fitted_is_predicted_with_finite_intervals(frames: tuple) -> None:
    X, new = frames
    model = BayesianMLPRegressor(
        (3,), inference=Variational(n_members=2), max_iter=20, random_state=0
    )
    y = np.arange(float(len(X)))
    strings = [name for name in X if name.startswith("strings") and X[name].dtype == object]
    if any(X[name].isna().all() for name in strings):
        return  # without a value the column is numeric, and a string at prediction an error
    interval = model.fit(X, y).predict_interval(new)
    assert np.isfinite(interval).all()
    assert np.all(interval[..., 0] <= interval[..., 1])


def test_a_column_whose_values_are_all_unknown_is_named() -> None:
    frame = pd.DataFrame({"x": np.arange(30.0), "zip": ["1010", "1020", "1030"] * 10})
    model = BayesianMLPRegressor(
        (4,), inference=Variational(1), max_iter=30, n_posterior_samples=4, random_state=0
    ).fit(frame, frame["x"])
    as_numbers = frame.assign(zip=frame["zip"].astype(int).astype(object))
    with pytest.warns(UserWarning, match="None of the 30 values of column 1 was in training: 1010"):
        model.predict(as_numbers)
    model.predict(as_numbers[:5])  # of a few rows every category may be new


def test_text_in_a_column_that_was_numeric_is_named() -> None:
    frame = pd.DataFrame({"x": np.arange(30.0), "kind": ["a", "b", "c"] * 10})
    model = BayesianMLPRegressor(
        (4,), inference=Variational(1), max_iter=30, n_posterior_samples=4, random_state=0
    ).fit(frame, frame["x"])
    with pytest.raises(ValueError, match=r"'n/a'. Column 'x' holds text"):
        model.predict(frame.assign(x=["1"] * 29 + ["n/a"]))
    with pytest.raises(ValueError, match=r"'n/a'. Column 1 holds text"):
        model.fit(np.array([[1.0, "2"], [2.0, "n/a"]], dtype=object), [1.0, 2.0])
