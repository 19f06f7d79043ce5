"""What a user of the classifier sees."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse, special
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from sklearn.metrics import log_loss

from skbayes import BayesianMLPClassifier, ClassDistribution
from skbayes.variational import Variational


@pytest.fixture(scope="module")
def iris() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_iris(return_X_y=True)
    order = np.random.RandomState(0).permutation(150)
    return X[order], y[order]


@pytest.fixture(scope="module")
def indicators(iris: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Two labels: a large flower, and a wide one; some rows have both and some none."""
    X, _ = iris
    return X, np.column_stack([X[:, 2] > 4, X[:, 1] > 3]).astype(int)


class TestShapes:
    def test_of_two_classes(self, quick_classifier: BayesianMLPClassifier, iris: tuple) -> None:
        X, y = iris
        model = quick_classifier.fit(X, y == 2)
        self._check(model, X[:7], rows=(7,), classes=2)
        assert model.decision_function(X[:7]).shape == (7,)

    def test_of_three_classes(self, quick_classifier: BayesianMLPClassifier, iris: tuple) -> None:
        X, y = iris
        model = quick_classifier.fit(X, y)
        self._check(model, X[:7], rows=(7,), classes=3)
        assert model.decision_function(X[:7]).shape == (7, 3)

    def test_of_two_labels(
        self, quick_classifier: BayesianMLPClassifier, indicators: tuple
    ) -> None:
        X, Y = indicators
        model = quick_classifier.fit(X, Y)
        assert model.classes_.tolist() == [0, 1]
        self._check(model, X[:7], rows=(7, 2), classes=2)
        assert model.decision_function(X[:7]).shape == (7, 2)
        assert 0 <= model.score(X, Y) <= 1

    @staticmethod
    def _check(
        model: BayesianMLPClassifier, X: np.ndarray, rows: tuple[int, ...], classes: int
    ) -> None:
        assert model.predict(X).shape == rows
        assert model.predict_proba(X).shape == model.predict_log_proba(X).shape == (7, classes)
        assert model.predict_interval(X, coverage=0.8).shape == (7, classes, 2)
        members = model.predict_set(X, coverage=0.8)
        assert members.shape == (7, classes)
        assert members.dtype == bool
        uncertainty = model.predict_uncertainty(X)
        assert sorted(uncertainty) == ["aleatoric", "epistemic", "total"]
        assert all(values.shape == rows for values in uncertainty.values())
        assert isinstance(model.predict_dist(X), ClassDistribution)
        assert model.sample_y(X, 4).shape == (*rows, 4)
        assert model.sample_f(X, 4).shape == (7, classes, 4)


class TestAnswersAgree:
    @pytest.mark.parametrize("target", ["two", "three", "labels"])
    def test_with_one_another(
        self,
        quick_classifier: BayesianMLPClassifier,
        iris: tuple,
        indicators: tuple,
        target: str,
    ) -> None:
        X, y = iris
        Y = {"two": y == 2, "three": y, "labels": indicators[1]}[target]
        model = quick_classifier.fit(X, Y)
        probabilities, dist = model.predict_proba(X), model.predict_dist(X)
        np.testing.assert_allclose(probabilities, dist.probabilities())
        np.testing.assert_allclose(model.predict_log_proba(X), np.log(probabilities))
        np.testing.assert_allclose(model.predict_interval(X, 0.5), dist.interval(0.5))
        assert np.array_equal(model.predict_set(X, 0.5), dist.prediction_set(0.5))
        assert np.array_equal(model.predict(X), dist.mode())
        split = model.predict_uncertainty(X)
        np.testing.assert_allclose(split.total, dist.entropy())
        np.testing.assert_allclose(split.total, split.aleatoric + split.epistemic)
        scores = model.decision_function(X)
        if target == "three":
            np.testing.assert_allclose(special.softmax(scores, axis=1), probabilities)
            assert np.array_equal(scores.argmax(1), probabilities.argmax(1))
        else:
            upper = probabilities[:, 1] if target == "two" else probabilities
            np.testing.assert_allclose(special.expit(scores), upper)
            assert np.array_equal(scores > 0, model.predict(X))

    def test_intervals_hold_the_median_draw(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        X, y = iris
        model = quick_classifier.fit(X, y)
        lower, upper = np.moveaxis(model.predict_interval(X), -1, 0)
        median = np.median(model.predict_dist(X).component_probabilities(), axis=0)
        assert np.all((lower <= median) & (median <= upper))
        assert np.all((lower >= 0) & (upper <= 1))

    def test_blocks_of_rows_do_not_change_an_answer(
        self,
        quick_classifier: BayesianMLPClassifier,
        iris: tuple,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        X, y = iris
        model = quick_classifier.fit(X, np.array(["setosa", "versicolor", "virginica"])[y])
        whole, labels = model.predict_interval(X), model.predict(X)
        monkeypatch.setattr("skbayes.estimators.prediction._MIXTURE_SIZE", 7 * 200 * 2)
        np.testing.assert_allclose(model.predict_interval(X), whole, rtol=1e-10)
        assert np.array_equal(model.predict(X), labels)

    def test_functions_are_kept_draws_none_twice(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        X, y = iris
        model = quick_classifier.fit(X, y)
        components = np.moveaxis(model.predict_dist(X[:5]).component_probabilities(), 0, -1)
        functions = model.sample_f(X[:5], 200)
        np.testing.assert_allclose(np.sort(functions, axis=-1), np.sort(components, axis=-1))
        assert model.sample_f(X[:5], 500).shape == (5, 3, 500)

    def test_sampled_labels_have_the_predicted_frequencies(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        X, y = iris
        model = quick_classifier.fit(X, y)
        samples = model.sample_y(X[:3], 20_000)
        frequencies = np.stack([(samples == label).mean(1) for label in range(3)], -1)
        # Four standard errors of a frequency of 20,000.
        np.testing.assert_allclose(frequencies, model.predict_proba(X[:3]), atol=0.015)

    def test_log_probabilities_far_outside_the_data_stay_finite(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        X, y = iris
        log_proba = (
            quick_classifier.set_params(standardize=True).fit(X, y).predict_log_proba(1e6 * X)
        )
        assert np.isfinite(log_proba).all()
        assert log_proba.min() < -800  # where the probability itself is zero


class TestLabels:
    @given(
        labels=st.one_of(
            st.sets(st.text(alphabet="abcXYZ äß-1", max_size=5), min_size=2, max_size=5),
            st.sets(st.integers(-(2**40), 2**40), min_size=2, max_size=5),
            st.just({False, True}),
            st.sets(st.integers(-9, 9).map(float), min_size=2, max_size=5),
        ),
        as_object=st.booleans(),
    )
    @settings(max_examples=25, deadline=None)
    def test_any_type_comes_back_as_it_went_in(self, labels: set, as_object: bool) -> None:
        classes = np.array(sorted(labels))
        if as_object and classes.dtype.kind == "U":
            classes = classes.astype(object)
        rng = np.random.RandomState(0)
        class_numbers = np.concatenate([np.arange(len(classes)), rng.randint(len(classes), size=9)])
        X, y = rng.normal(size=(len(class_numbers), 2)), classes[class_numbers]
        model = BayesianMLPClassifier(
            (3,), inference=Variational(n_members=1), max_iter=20, random_state=0
        ).fit(X, y)
        assert np.array_equal(model.classes_, classes)
        assert model.classes_.dtype == model.predict(X).dtype == y.dtype
        assert set(model.predict(X)) <= set(classes)
        assert set(model.sample_y(X, 3).ravel()) <= set(classes)
        expected = np.log(model.predict_proba(X)[np.arange(len(y)), class_numbers])
        np.testing.assert_allclose(model.predict_dist(X).log_prob(y), expected, rtol=1e-9)
        # Only the names differ from a fit to the numbers of the classes.
        by_number = clone(model).fit(X, class_numbers)
        assert np.array_equal(by_number.predict_proba(X), model.predict_proba(X))

    @pytest.mark.parametrize("how", ["list", "series", "categorical"])
    def test_containers(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple, how: str
    ) -> None:
        X, y = iris
        names = np.array(["setosa", "versicolor", "virginica"])[y]
        expected = clone(quick_classifier).fit(X, names).predict_proba(X)
        given_as = {
            "list": names.tolist(),
            "series": pd.Series(names),
            "categorical": pd.Series(names, dtype="category"),
        }[how]
        assert np.array_equal(clone(quick_classifier).fit(X, given_as).predict_proba(X), expected)

    def test_a_class_that_occurs_once(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        X, y = iris
        labels = np.where(y == 2, 1, y)
        labels[0] = 7
        model = quick_classifier.fit(X, labels)
        assert model.classes_.tolist() == [0, 1, 7]
        assert model.predict_proba(X).shape == (150, 3)

    def test_one_class_alone(self, quick_classifier: BayesianMLPClassifier, iris: tuple) -> None:
        X, y = iris
        with pytest.raises(ValueError, match="at least 2 classes"):
            quick_classifier.fit(X, np.zeros_like(y))

    def test_a_column_of_labels_warns(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        X, y = iris
        with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
            column = clone(quick_classifier).fit(X, y[:, None])
        flat = clone(quick_classifier).fit(X, y)
        assert np.array_equal(column.predict_proba(X), flat.predict_proba(X))


class TestMultilabel:
    def test_sparse_and_boolean_indicators_give_what_integers_give(
        self, quick_classifier: BayesianMLPClassifier, indicators: tuple
    ) -> None:
        X, Y = indicators
        expected = clone(quick_classifier).fit(X, Y).predict_proba(X)
        for same in (sparse.csr_matrix(Y), Y.astype(bool), Y.astype(float), Y.tolist()):
            assert np.array_equal(clone(quick_classifier).fit(X, same).predict_proba(X), expected)

    def test_labels_are_learned(self, indicators: tuple) -> None:
        X, Y = indicators
        model = BayesianMLPClassifier((8,), inference=Variational(n_members=2), random_state=0).fit(
            X[:100], Y[:100]
        )
        assert model.predict_dist(X[100:]).is_mode(Y[100:]).mean() > 0.9
        assert model.predict(X).dtype == np.int64

    def test_a_label_that_every_row_or_none_has(
        self, quick_classifier: BayesianMLPClassifier, indicators: tuple
    ) -> None:
        X, Y = indicators
        constant = np.column_stack([Y, np.ones(150, int), np.zeros(150, int)])
        model = quick_classifier.set_params(max_iter=500, inference__kl_weight=0.1).fit(X, constant)
        assert np.all(model.predict(X)[:, 2:] == [1, 0])


class TestWeights:
    def test_whole_weights_equal_copies_of_rows(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        X, y = iris[0][:40], iris[1][:40]
        counts = np.random.RandomState(0).randint(0, 4, size=40)
        for class_weight in (None, "balanced", {0: 2.0, 1: 1.0, 2: 0.5}):
            model = quick_classifier.set_params(class_weight=class_weight)
            weighted = clone(model).fit(X, y, sample_weight=counts)
            repeated = clone(model).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
            np.testing.assert_allclose(
                weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-7
            )

    def test_a_class_without_weight_is_absent(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        X, y = iris
        absent = clone(quick_classifier).fit(X[y != 1], y[y != 1])
        by_row = clone(quick_classifier).fit(X, y, sample_weight=(y != 1).astype(float))
        by_class = clone(quick_classifier).set_params(class_weight={1: 0.0}).fit(X, y)
        for model in (by_row, by_class):
            assert model.classes_.tolist() == [0, 2]
            np.testing.assert_allclose(model.predict_proba(X), absent.predict_proba(X), rtol=1e-7)

    def test_class_weights_are_row_weights(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        X, y = iris
        by_row = clone(quick_classifier).fit(X, y, sample_weight=np.where(y == 1, 3.0, 1.0))
        by_class = clone(quick_classifier).set_params(class_weight={1: 3.0}).fit(X, y)
        assert np.array_equal(by_row.predict_proba(X), by_class.predict_proba(X))

    def test_balancing_lifts_the_rare_class(self, quick_classifier, iris: tuple) -> None:
        X, y = iris
        rare = np.flatnonzero(y == 2)[5:]
        X, y = np.delete(X, rare, axis=0), np.delete(y, rare) == 2
        quick_classifier.set_params(max_iter=500)
        plain = clone(quick_classifier).fit(X, y).predict_proba(X)[:, 1]
        balanced = clone(quick_classifier).set_params(class_weight="balanced").fit(X, y)
        assert balanced.predict_proba(X)[y, 1].mean() > plain[y].mean()

    def test_weights_that_leave_one_class(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        X, y = iris
        with pytest.raises(ValueError, match="at least 2 classes"):
            quick_classifier.fit(X, y, sample_weight=(y == 1).astype(float))

    @pytest.mark.parametrize("class_weight", ["even", 3.0, [{0: 1.0}]])
    def test_invalid_class_weight(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple, class_weight: object
    ) -> None:
        with pytest.raises(ValueError, match="class_weight"):
            quick_classifier.set_params(class_weight=class_weight).fit(*iris)


class TestFit:
    def test_separates_what_can_be_separated(self, iris: tuple) -> None:
        X, y = iris
        model = BayesianMLPClassifier(random_state=0).fit(X[:100], y[:100])
        assert model.score(X[100:], y[100:]) > 0.9
        # Guessing costs log 3 = 1.1 nats.
        assert log_loss(y[100:], model.predict_proba(X[100:])) < 0.2
        assert model.loss_curve_.shape == (model.n_iter_,)
        assert model.elbo_ == pytest.approx(-model.loss_curve_[-100:].mean())
        assert model.posterior_draws_.shape[0] == 200

    def test_same_seed_same_bits(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        first, second = clone(quick_classifier).fit(*iris), clone(quick_classifier).fit(*iris)
        assert np.array_equal(first.posterior_draws_, second.posterior_draws_)

    def test_a_failed_fit_changes_nothing(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        X, y = iris
        model = quick_classifier.fit(X, y)
        before = model.predict_proba(X)
        with pytest.raises(ValueError, match="at least 2 classes"):
            model.fit(X[:, :2], np.zeros_like(y))
        assert np.array_equal(model.predict_proba(X), before)

    def test_not_fitted(self, quick_classifier: BayesianMLPClassifier, iris: tuple) -> None:
        for method in ("predict", "predict_proba", "predict_set", "predict_dist", "sample_f"):
            with pytest.raises(NotFittedError):
                getattr(quick_classifier, method)(iris[0])

    def test_invalid_coverage(self, quick_classifier: BayesianMLPClassifier, iris: tuple) -> None:
        model = quick_classifier.fit(*iris)
        for method in (model.predict_interval, model.predict_set):
            with pytest.raises(ValueError, match="coverage must be a number in"):
                method(iris[0], coverage=1.5)

    def test_an_unfinished_fit_warns_at_the_callers_line(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            quick_classifier.fit(*iris)
        (warning,) = caught
        assert warning.category is ConvergenceWarning
        assert warning.filename == __file__

    def test_unknown_labels_in_scoring(
        self, quick_classifier: BayesianMLPClassifier, iris: tuple
    ) -> None:
        dist = quick_classifier.fit(*iris).predict_dist(iris[0])
        with pytest.raises(ValueError, match="labels that the model does not know: 9"):
            dist.log_prob(np.full(150, 9))
