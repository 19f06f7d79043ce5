"""The places where users of scikit-learn put an estimator."""

from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.impute import IterativeImputer
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputRegressor, RegressorChain
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skbayes import (
    BayesianMLPClassifier,
    BayesianMLPClassifierCV,
    BayesianMLPRegressor,
    BayesianMLPRegressorCV,
)
from skbayes.metrics import crps_scorer, neg_log_predictive_density_scorer
from skbayes.priors import StudentT
from skbayes.variational import Variational

ALL_ESTIMATORS = [
    BayesianMLPRegressor,
    BayesianMLPClassifier,
    BayesianMLPRegressorCV,
    BayesianMLPClassifierCV,
]


@pytest.fixture(scope="module")
def small_diabetes(diabetes: tuple) -> tuple[np.ndarray, np.ndarray]:
    return diabetes[0][:120], diabetes[1][:120]


@pytest.fixture(scope="module")
def cancer() -> tuple[np.ndarray, np.ndarray]:
    """Named classes of 120 patients."""
    data = load_breast_cancer()
    return data.data[:120], data.target_names[data.target[:120]]


@pytest.fixture(scope="module")
def iris() -> tuple[np.ndarray, np.ndarray]:
    data = load_iris()
    return data.data, data.target_names[data.target]


class TestParameters:
    @pytest.mark.parametrize("estimator", ALL_ESTIMATORS)
    def test_every_parameter_survives_clone_and_set_params(self, estimator: type) -> None:
        model = estimator(
            hidden_layer_sizes=[3, 2], inference=Variational(n_members=7, callbacks=[print])
        )
        parameters = model.get_params(deep=False)
        # A clone has a copy of each choice, with the same parameters.
        assert repr(clone(model).get_params()) == repr(model.get_params())
        assert estimator(**parameters).get_params() == model.get_params()
        assert estimator().set_params(**model.get_params()).get_params() == model.get_params()

    def test_nested_parameters_of_a_prior(self, quick, small_diabetes: tuple) -> None:
        quick.set_params(prior=StudentT(), prior_sigma=1.0)
        pipeline = Pipeline([("scale", StandardScaler()), ("model", quick)])
        grid = {"model__prior__df": [2.0, 50.0]}
        search = GridSearchCV(pipeline, grid, cv=2).fit(*small_diabetes)
        assert search.best_estimator_[-1].prior.df == search.best_params_["model__prior__df"]
        assert quick.prior.df == 4.0


class TestPipelines:
    def test_extra_arguments_of_predict(self, quick, small_diabetes: tuple) -> None:
        X, y = small_diabetes
        pipeline = make_pipeline(StandardScaler(), quick)
        mean, std = pipeline.fit(X, y).predict(X[:5], return_std=True)
        assert mean.shape == std.shape == (5,)

    def test_feature_names_come_from_a_transformer(self, quick) -> None:
        rng = np.random.RandomState(0)
        frame = pd.DataFrame({"size": rng.rand(40), "colour": rng.choice(["red", "blue"], 40)})
        frame["kind"] = pd.Categorical(rng.choice(["a", "b"], 40))
        target = frame["size"] + (frame["colour"] == "red")
        columns = ColumnTransformer(
            [
                ("number", StandardScaler(), ["size"]),
                ("string", OneHotEncoder(sparse_output=False), ["colour"]),
                ("as_is", "passthrough", ["kind"]),
            ],
            verbose_feature_names_out=False,
        )
        as_frames = make_pipeline(columns, quick).set_output(transform="pandas")
        as_frames.fit(frame, target)
        expected = ["size", "colour_blue", "colour_red", "kind"]
        assert list(as_frames[-1].feature_names_in_) == expected
        assert list(as_frames[:-1].get_feature_names_out()) == expected
        # The dtype says that the last column is categorical; an array has no such dtype.
        assert np.isfinite(as_frames.predict(frame)).all()
        with pytest.raises(ValueError, match="could not convert string to float"):
            clone(as_frames).set_output(transform="default").fit(frame, target)
        as_arrays = make_pipeline(columns.set_params(as_is="drop"), clone(quick))
        as_arrays.set_output(transform="default").fit(frame, target)
        assert not hasattr(as_arrays[-1], "feature_names_in_")


class TestSearches:
    def test_on_two_processes(self, quick, small_diabetes: tuple) -> None:
        search = GridSearchCV(
            make_pipeline(StandardScaler(), quick),
            {"bayesianmlpregressor__prior_sigma": [0.5, 2.0]},
            scoring={"density": neg_log_predictive_density_scorer, "crps": crps_scorer},
            refit="density",
            cv=2,
            n_jobs=2,
        ).fit(*small_diabetes)
        for name in ("density", "crps"):
            assert np.isfinite(search.cv_results_[f"mean_test_{name}"]).all()
        assert search.best_estimator_[-1].predict_interval(small_diabetes[0][:3]).shape == (3, 2)

    def test_scorers_of_scikit_learn(self, quick_classifier, iris: tuple) -> None:
        X, labels = iris
        pipeline = make_pipeline(StandardScaler(), quick_classifier)
        for scoring in ("accuracy", "neg_log_loss", "roc_auc_ovr", "d2_log_loss_score"):
            assert np.isfinite(cross_val_score(pipeline, X, labels, cv=3, scoring=scoring)).all()
        for scoring in ("roc_auc", "average_precision", "f1", "neg_brier_score"):
            is_last = labels == "virginica"
            scores = cross_val_score(quick_classifier, X, is_last, cv=3, scoring=scoring)
            assert np.isfinite(scores).all()

    @pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
    def test_out_of_fold_predictions(self, quick_classifier, iris: tuple, method: str) -> None:
        X, labels = iris
        out_of_fold = cross_val_predict(quick_classifier, X, labels, cv=3, method=method)
        assert out_of_fold.shape == ((150,) if method == "predict" else (150, 3))
        if method == "predict_proba":
            np.testing.assert_allclose(out_of_fold.sum(axis=1), 1.0)

    def test_curves(self, quick, small_diabetes: tuple) -> None:
        options = {"cv": 2, "scoring": "neg_root_mean_squared_error"}
        sizes, *scores = learning_curve(
            quick, *small_diabetes, train_sizes=[20, 60], error_score="raise", **options
        )
        assert sizes.tolist() == [20, 60]
        scores += validation_curve(
            quick, *small_diabetes, param_name="prior_sigma", param_range=[0.5, 2.0], **options
        )
        assert all(np.isfinite(part).all() and part.shape == (2, 2) for part in scores)

    def test_incremental_learning_curve(self, quick, small_diabetes: tuple) -> None:
        _, *scores = learning_curve(
            quick,
            *small_diabetes,
            train_sizes=[20, 60],
            exploit_incremental_learning=True,
            cv=2,
            error_score="raise",
        )
        assert all(np.isfinite(part).all() for part in scores)


class TestInspection:
    def test_permutation_importance_finds_the_only_feature(self) -> None:
        rng = np.random.RandomState(0)
        X = rng.normal(size=(80, 3))
        model = BayesianMLPRegressor((), max_iter=300, tol=0.01, random_state=0).fit(X, X[:, 1])
        importance = permutation_importance(model, X, X[:, 1], n_repeats=3, random_state=0)
        assert importance.importances_mean.argmax() == 1
        # Shuffling the target itself costs 1 - (-1) of R2.
        assert importance.importances_mean[1] == pytest.approx(2.0, abs=0.4)

    def test_partial_dependence_of_a_linear_function_is_a_line(self) -> None:
        rng = np.random.RandomState(0)
        X = rng.normal(size=(80, 2))
        y = 3.0 * X[:, 0] - X[:, 1]
        model = BayesianMLPRegressor((), max_iter=600, tol=0.01, random_state=0).fit(X, y)
        result = partial_dependence(model, X, [0], grid_resolution=5)
        slope = np.diff(result["average"][0]) / np.diff(result["grid_values"][0])
        np.testing.assert_allclose(slope, 3.0, rtol=0.05)

    def test_sequential_feature_selection(self, quick, small_diabetes: tuple) -> None:
        X, y = small_diabetes
        selector = SequentialFeatureSelector(quick, n_features_to_select=1, cv=2)
        assert selector.fit(X[:, :3], y).get_support().sum() == 1


META_REGRESSORS: dict[str, Callable[[BaseEstimator], BaseEstimator]] = {
    "transformed target": lambda model: TransformedTargetRegressor(
        model, func=np.log, inverse_func=np.exp
    ),
    "stacking": lambda model: StackingRegressor([("a", model), ("b", Ridge())], cv=2),
    "stacking on top": lambda model: StackingRegressor(
        [("a", Ridge())], final_estimator=model, passthrough=True, cv=2
    ),
    "voting": lambda model: VotingRegressor([("a", model), ("b", Ridge())]),
    "bagging": lambda model: BaggingRegressor(model, n_estimators=2, max_features=0.8),
    "boosting": lambda model: AdaBoostRegressor(model, n_estimators=2),
}


@pytest.mark.parametrize("name", META_REGRESSORS)
def test_inside_another_regressor(name: str, small_diabetes: tuple) -> None:
    X, y = small_diabetes
    model = BayesianMLPRegressor(
        (4,), inference=Variational(n_members=1), max_iter=300, tol=0.1, random_state=0
    )
    outer = META_REGRESSORS[name](model).fit(X, y)
    assert outer.predict(X).shape == (120,)
    # Better than the mean on training rows: the model was given the right rows and targets.
    assert outer.score(X, y) > 0.2


META_CLASSIFIERS: dict[str, Callable[[BaseEstimator], BaseEstimator]] = {
    **{
        f"calibrated by {method}": lambda model, method=method: CalibratedClassifierCV(
            model, method=method, cv=2
        )
        for method in ("sigmoid", "isotonic")
    },
    "stacking": lambda model: StackingClassifier(
        [("a", model), ("b", LogisticRegression(max_iter=5000))], cv=2
    ),
    "voting": lambda model: VotingClassifier(
        [("a", model), ("b", LogisticRegression(max_iter=5000))], voting="soft"
    ),
    "bagging": lambda model: BaggingClassifier(model, n_estimators=2),
    "one against the rest": OneVsRestClassifier,
    "tuned threshold": lambda model: TunedThresholdClassifierCV(model, cv=2),
    "fixed threshold": FixedThresholdClassifier,
}


@pytest.mark.parametrize("name", META_CLASSIFIERS)
def test_inside_another_classifier(name: str, cancer: tuple, iris: tuple) -> None:
    model = BayesianMLPClassifier(
        (4,), inference=Variational(n_members=1), max_iter=200, tol=0.1, random_state=0
    )
    tables = {2: cancer} if "threshold" in name else {2: cancer, 3: iris}
    for n_classes, (X, labels) in tables.items():
        outer = META_CLASSIFIERS[name](model).fit(X, labels)
        assert outer.predict_proba(X).shape == (len(X), n_classes)
        assert outer.score(X, labels) > 0.8


class TestSeveralTargets:
    def test_a_regressor_for_each_target(self, quick, small_diabetes: tuple) -> None:
        X, y = small_diabetes
        both = np.column_stack([y, -y])
        for outer in (MultiOutputRegressor(quick), RegressorChain(quick, order=[1, 0])):
            assert outer.fit(X, both).predict(X).shape == (120, 2)
        assert np.array_equal(
            MultiOutputRegressor(quick).fit(X, both).predict(X)[:, 0],
            clone(quick).fit(X, y).predict(X),
        )

    def test_a_chain_of_classifiers(self, quick_classifier, iris: tuple) -> None:
        X, labels = iris
        indicators = labels[:, None] == np.unique(labels)
        chain = ClassifierChain(quick_classifier).fit(X, indicators.astype(int))
        assert chain.predict_proba(X).shape == (150, 3)


def test_imputation_by_draws_from_the_posterior(small_diabetes: tuple) -> None:
    # Columns 4 and 5 (cholesterol) have a correlation of 0.9, which the draws keep.
    X = StandardScaler().fit_transform(small_diabetes[0][:, 4:6])
    rows = np.arange(0, 120, 4)
    holes = X.copy()
    holes[rows, 1] = np.nan
    # The imputer draws from normals with the standard deviation that it is told: Student-t noise,
    # the default for so few rows, may have none.
    model = BayesianMLPRegressor((), likelihood="normal", max_iter=300, tol=0.01, random_state=0)

    def impute(seed: int) -> np.ndarray:
        imputer = IterativeImputer(
            model, sample_posterior=True, max_iter=1, skip_complete=True, random_state=seed
        )
        return imputer.fit_transform(holes)[rows, 1]

    draws = np.array([impute(seed) for seed in range(4)])
    spread = draws.std(axis=0, ddof=1).mean()
    error = np.sqrt(np.mean((draws - X[rows, 1]) ** 2))
    # A draw is as far from the truth as two draws are from one another: sqrt(2) times the noise.
    noise = np.sqrt(1 - np.corrcoef(X.T)[0, 1] ** 2)
    assert spread == pytest.approx(noise, rel=0.4)
    assert error == pytest.approx(np.sqrt(2) * noise, rel=0.4)


class TestMetadataRouting:
    @pytest.fixture(autouse=True)
    def _enabled(self) -> Any:
        with config_context(enable_metadata_routing=True):
            yield

    @pytest.fixture
    def weights(self) -> np.ndarray:
        return np.random.RandomState(0).randint(1, 4, 120).astype(float)

    def test_weights_reach_the_estimator_in_a_pipeline_in_a_search(
        self, quick, small_diabetes: tuple, weights
    ) -> None:
        X, y = small_diabetes
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        grid = {"bayesianmlpregressor__prior_sigma": [1.0]}

        def search(*, weighted: bool) -> GridSearchCV:
            model = clone(quick).set_fit_request(sample_weight=weighted)
            scorer = crps_scorer.set_score_request(sample_weight=True)
            pipeline = make_pipeline(scaler, model)
            return GridSearchCV(pipeline, grid, scoring=scorer, cv=2, error_score="raise")

        scaled = StandardScaler().fit_transform(X)
        quick.set_params(prior_sigma=1.0)
        for weighted in (True, False):
            found = search(weighted=weighted).fit(X, y, sample_weight=weights)
            alone = clone(quick).fit(scaled, y, sample_weight=weights if weighted else None)
            assert np.array_equal(found.predict(X), alone.predict(scaled))

    def test_weights_that_nobody_asked_for_are_refused(
        self, quick, small_diabetes: tuple, weights
    ) -> None:
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            cross_validate(quick, *small_diabetes, params={"sample_weight": weights})

    def test_return_std_is_metadata_of_predict(self, quick, small_diabetes: tuple) -> None:
        X, y = small_diabetes
        pipeline = make_pipeline(StandardScaler(), quick.set_predict_request(return_std=True))
        mean, std = pipeline.fit(X, y).predict(X, return_std=True)
        assert mean.shape == std.shape == (120,)

    @pytest.mark.parametrize("outer", [StackingRegressor, VotingRegressor])
    def test_weights_reach_the_members_of_an_ensemble(
        self, quick, small_diabetes: tuple, weights, outer: type
    ) -> None:
        X, y = small_diabetes
        members = [("model", quick.set_fit_request(sample_weight=True))]
        options = {"cv": 2, "final_estimator": Ridge()} if outer is StackingRegressor else {}
        if options:
            options["final_estimator"].set_fit_request(sample_weight=False)
        ensemble = outer(members, **options).fit(X, y, sample_weight=weights)
        alone = clone(quick).fit(X, y, sample_weight=weights)
        assert np.array_equal(ensemble.estimators_[0].predict(X), alone.predict(X))

    def test_weights_and_groups_reach_a_search_of_prior_sigma(
        self, small_diabetes: tuple, weights
    ) -> None:
        X, y = small_diabetes
        groups = np.arange(120) // 8
        search = BayesianMLPRegressorCV(
            (4,), prior_sigmas=[0.5, 2.0], cv=GroupKFold(3), max_iter=40, random_state=0
        )
        search.set_fit_request(sample_weight=True, groups=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, clone(search))
        pipeline.fit(X, y, sample_weight=weights, groups=groups)
        scaled = StandardScaler().fit_transform(X)
        alone = clone(search).fit(scaled, y, sample_weight=weights, groups=groups)
        np.testing.assert_array_equal(
            pipeline[-1].cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
        )
        # In an outer cross-validation groups serve both splitters.
        scores = cross_validate(
            search,
            X,
            y,
            cv=GroupKFold(2),
            scoring=crps_scorer.set_score_request(sample_weight=True),
            params={"sample_weight": weights, "groups": groups},
            error_score="raise",
        )
        assert np.isfinite(scores["test_score"]).all()


@pytest.mark.filterwarnings("ignore")  # MAPIE's, about its dependencies
class TestConformalWrappers:
    def test_split_conformal_regression(self, diabetes: tuple) -> None:
        mapie = pytest.importorskip("mapie.regression")
        X, y = diabetes
        model = BayesianMLPRegressor(
            (8,), inference=Variational(n_members=2), max_iter=300, random_state=0
        )
        wrapped = mapie.SplitConformalRegressor(model, confidence_level=0.9, prefit=False)
        wrapped.fit(X[:200], y[:200]).conformalize(X[200:320], y[200:320])
        _, intervals = wrapped.predict_interval(X[320:])
        lower, upper = intervals[:, :, 0].T
        covered = np.mean((lower <= y[320:]) & (y[320:] <= upper))
        # Binomial standard error of 122 patients: 2.7 %; that of 120 more to calibrate.
        assert covered == pytest.approx(0.9, abs=0.1)

    def test_cross_conformal_regression_of_a_fitted_model(self, small_diabetes: tuple) -> None:
        mapie = pytest.importorskip("mapie.regression")
        X, y = small_diabetes
        model = BayesianMLPRegressor(
            (4,), inference=Variational(n_members=1), max_iter=100, random_state=0
        )
        wrapped = mapie.CrossConformalRegressor(model, confidence_level=0.8, cv=3)
        wrapped.fit_conformalize(X, y)
        _, intervals = wrapped.predict_interval(X)
        assert np.all(intervals[:, 0] <= intervals[:, 1])

    def test_prediction_sets_of_a_classifier(self, iris: tuple) -> None:
        mapie = pytest.importorskip("mapie.classification")
        X, labels = iris
        model = BayesianMLPClassifier(
            (4,), inference=Variational(n_members=2), max_iter=300, random_state=0
        )
        model.fit(X[::3], labels[::3])
        wrapped = mapie.SplitConformalClassifier(model, confidence_level=0.9, prefit=True)
        wrapped.conformalize(X[1::3], labels[1::3])
        predicted, sets = wrapped.predict_set(X[2::3])
        numbers = np.searchsorted(model.classes_, labels[2::3])
        assert np.array_equal(predicted, model.predict(X[2::3]))
        # 50 flowers: two standard errors below 0.9 are 0.82.
        assert sets[np.arange(50), numbers, 0].mean() > 0.8


def _fail(status: object) -> bool:
    raise RuntimeError("stopped from outside")


def test_a_fit_that_is_stopped_in_a_worker_leaves_nothing_half_fitted(quick, diabetes) -> None:
    models = [
        clone(quick).set_params(inference=Variational(2, callbacks=[_fail])) for _ in range(2)
    ]
    with pytest.raises(RuntimeError, match="stopped from outside"):
        joblib.Parallel(n_jobs=2)(joblib.delayed(model.fit)(*diabetes) for model in models)
    for model in models:
        assert not [name for name in vars(model) if name.endswith("_") and name[0] != "_"]
