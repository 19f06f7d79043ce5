"""Cross-validated prior sigma: the same answer as a grid search, in one batch."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, PredefinedSplit, ShuffleSplit

from skbayes import (
    BayesianMLPClassifierCV,
    BayesianMLPRegressor,
    BayesianMLPRegressorCV,
)
from skbayes.estimators.candidates import TrainedCandidates, together
from skbayes.inference import ELBO
from skbayes.metrics import crps_scorer, neg_log_predictive_density_scorer
from skbayes.samplers import MCLMC
from skbayes.variational import Variational

QUICK = {
    "hidden_layer_sizes": (4,),
    "inference": "variational",
    "max_iter": 40,
    "cv": 3,
    "random_state": 0,
}


def test_same_answer_as_grid_search(diabetes) -> None:
    X, y = diabetes
    X, y = X[:200], y[:200]
    settings = {
        "hidden_layer_sizes": (8,),
        "likelihood": "normal",  # "auto" goes by the rows, and a fold has fewer
        "inference": Variational(n_members=1),
        "max_iter": 800,
        "random_state": 0,
    }
    sigmas = [0.02, 0.3, 4.0]
    folds = KFold(3, shuffle=True, random_state=0)
    grid = GridSearchCV(
        BayesianMLPRegressor(**settings),
        {"prior_sigma": sigmas},
        cv=folds,
        scoring=neg_log_predictive_density_scorer,
    ).fit(X, y)
    search = BayesianMLPRegressorCV(prior_sigmas=sigmas, cv=folds, **settings).fit(X, y)
    # Another seed moves the mean score of a candidate by up to 0.02 nats; at the smallest
    # sigma all fits are alike.
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], grid.cv_results_["mean_test_score"], atol=0.04
    )
    assert search.best_prior_sigma_ == grid.best_params_["prior_sigma"]
    assert search.best_index_ == grid.best_index_
    np.testing.assert_array_equal(
        search.cv_results_["rank_test_score"], grid.cv_results_["rank_test_score"]
    )
    # The final fit is that of the best prior sigma, but for its place in the stream of noise.
    refit = BayesianMLPRegressor(prior_sigma=search.best_prior_sigma_, **settings).fit(X, y)
    np.testing.assert_array_equal(search.predict(X), refit.predict(X))


def test_results_have_the_form_of_a_grid_search(diabetes) -> None:
    X, y = diabetes
    search = BayesianMLPRegressorCV(prior_sigmas=[1.0, 0.1], **QUICK).fit(X, y)
    results = pd.DataFrame(search.cv_results_)
    splits = results[[f"split{fold}_test_score" for fold in range(3)]]
    np.testing.assert_allclose(results["mean_test_score"], splits.mean(axis=1))
    np.testing.assert_allclose(results["std_test_score"], splits.std(axis=1, ddof=0))
    assert sorted(results["rank_test_score"]) == [1, 2]
    assert search.best_score_ == results["mean_test_score"].max()
    assert results["params"][search.best_index_] == {"prior_sigma": search.best_prior_sigma_}


def test_held_out_rows_do_not_train(diabetes) -> None:
    # Fold 0 is scored on rows whose targets are absurd: if they had been trained on, its
    # score would hardly differ between the copies of the table.
    X, y = diabetes
    fold = np.repeat([0, 1], [100, 342])
    settings = {**QUICK, "standardize": False, "cv": PredefinedSplit(fold), "prior_sigmas": [1.0]}
    y = (y - y.mean()) / y.std()
    wild = np.where(fold == 0, 5.0 + y, y)
    plain = BayesianMLPRegressorCV(**settings).fit(X, y).cv_results_
    spoilt = BayesianMLPRegressorCV(**settings).fit(X, wild).cv_results_
    assert spoilt["split0_test_score"][0] < plain["split0_test_score"][0] - 2


@pytest.mark.parametrize(
    "cv",
    [4, KFold(2), ShuffleSplit(2, random_state=0), [(np.arange(100), np.arange(100, 442))]],
)
def test_any_splitter(cv, diabetes) -> None:
    X, y = diabetes
    search = BayesianMLPRegressorCV(**{**QUICK, "cv": cv}).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_groups_stay_together(diabetes) -> None:
    X, y = diabetes
    groups = np.arange(442) // 20
    settings = {**QUICK, "cv": GroupKFold(3)}
    search = BayesianMLPRegressorCV(**settings).fit(X, y, groups=groups)
    given = {**QUICK, "cv": list(GroupKFold(3).split(X, y, groups))}
    expected = BayesianMLPRegressorCV(**given).fit(X, y).cv_results_
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], expected["mean_test_score"]
    )
    with pytest.raises(ValueError, match="groups"):
        BayesianMLPRegressorCV(**settings).fit(X, y)


def test_rows_of_zero_weight_are_in_no_fold(diabetes) -> None:
    # `cv` numbers the rows of the table as it was passed.
    X, y = diabetes
    weights = (np.arange(442) % 3).astype(float)
    kept = weights > 0
    fold = np.arange(442) // 150
    search = BayesianMLPRegressorCV(**QUICK)
    results = [
        clone(search)
        .set_params(cv=PredefinedSplit(fold[rows]))
        .fit(X[rows], y[rows], sample_weight=weight)
        .cv_results_["mean_test_score"]
        for rows, weight in (
            (slice(None), weights),
            (kept, weights[kept]),
            (kept, None),
        )
    ]
    np.testing.assert_array_equal(results[0], results[1])
    assert not np.array_equal(results[1], results[2])
    with pytest.raises(ValueError, match="cv must leave rows of positive weight"):
        clone(search).set_params(cv=KFold(3)).fit(X, y, sample_weight=np.arange(442) > 300)


def test_classes_of_zero_weight_are_in_no_fold() -> None:
    X, y = load_iris(return_X_y=True)
    fold = np.arange(150) % 2
    search = BayesianMLPClassifierCV(**{**QUICK, "cv": PredefinedSplit(fold)})
    weighted = clone(search).set_params(class_weight={0: 0.0}).fit(X, y)
    part = clone(search).set_params(cv=PredefinedSplit(fold[y > 0])).fit(X[y > 0], y[y > 0])
    assert weighted.classes_.tolist() == [1, 2]
    np.testing.assert_array_equal(
        weighted.cv_results_["mean_test_score"], part.cv_results_["mean_test_score"]
    )


@pytest.mark.parametrize(
    "scoring",
    ["crps", "r2", "neg_mean_absolute_error", crps_scorer, lambda est, X, y: est.score(X, y)],
)
def test_scoring(scoring, diabetes) -> None:
    X, y = diabetes
    search = BayesianMLPRegressorCV(scoring=scoring, **QUICK).fit(X, y, sample_weight=y)
    assert np.isfinite(search.best_score_)


def test_classifier_with_names_and_categories() -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    X["kind"] = np.where(X.iloc[:, 0] > 6, "tall", "short")
    y = y.map({0: "a", 1: "b", 2: "c"})
    search = BayesianMLPClassifierCV(class_weight="balanced", n_members_cv=2, **QUICK).fit(X, y)
    assert search.predict_proba(X).shape == (150, 3)
    assert search.best_prior_sigma_ in search.prior_sigmas
    assert list(search.classes_) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "changes",
    [
        {"prior": "laplace"},
        {"prior": "scale_mixture"},
        {"posterior": "deterministic"},
        {"posterior": "low_rank"},
        {"posterior": "last_layer"},
        {"likelihood": "heteroscedastic"},
        {"inference": MCLMC(n_chains=2, n_warmup=10, n_samples=4, thin=1)},
        {"dtype": "float64"},
        {"batch_size": 50},
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_kind_of_model(changes: dict, diabetes) -> None:
    X, y = diabetes
    search = BayesianMLPRegressorCV(**{**QUICK, **changes}).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert np.isfinite(search.predict(X)).all()


def test_parameters_are_those_of_the_estimator_and_the_search() -> None:
    search = BayesianMLPRegressorCV(prior_sigmas=[1.0], activation="tanh")
    parameters = search.get_params()
    assert parameters.keys() - BayesianMLPRegressor().get_params().keys() == {
        *("prior_sigmas", "cv", "scoring", "n_members_cv", "n_jobs")
    }
    assert BayesianMLPRegressor().get_params().keys() - parameters.keys() == {"prior_sigma"}
    assert repr(search) == "BayesianMLPRegressorCV(activation='tanh', prior_sigmas=[1.0])"
    assert clone(search).activation == "tanh"
    with pytest.raises(TypeError, match="prior_sigma"):
        BayesianMLPRegressorCV(prior_sigma=1.0)


@pytest.mark.parametrize("sigmas", [[], [0.0, 1.0], [[1.0]], ["auto"], [np.nan]])
def test_invalid_prior_sigmas(sigmas: list, diabetes) -> None:
    with pytest.raises(ValueError, match="prior_sigmas must be a sequence of positive numbers"):
        BayesianMLPRegressorCV(prior_sigmas=sigmas).fit(*diabetes)


def test_a_failed_search_leaves_the_fit_alone(diabetes) -> None:
    X, y = diabetes
    search = BayesianMLPRegressorCV(**QUICK).fit(X, y)
    before = search.predict(X)
    with pytest.raises(ValueError, match="scoring"):
        search.set_params(scoring="no such score").fit(X, y)
    np.testing.assert_array_equal(search.predict(X), before)


def test_a_search_has_no_partial_fit() -> None:
    # A search needs all rows.
    assert not hasattr(BayesianMLPRegressorCV(), "partial_fit")


def test_an_interrupt_during_the_search_is_raised(diabetes, monkeypatch) -> None:
    calls = [0]
    evaluate = ELBO.__call__

    def interrupted(self, *args, **kwargs):
        calls[0] += 1
        if calls[0] == 70:
            raise KeyboardInterrupt
        return evaluate(self, *args, **kwargs)

    monkeypatch.setattr(ELBO, "__call__", interrupted)
    search = BayesianMLPRegressorCV((), prior_sigmas=[1.0], max_iter=100, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        search.fit(*diabetes)
    assert not hasattr(search, "cv_results_")


def test_a_candidate_that_diverges_loses(diabetes) -> None:
    X, y = diabetes
    # The precision of the prior overflows at the first sigma.
    search = BayesianMLPRegressorCV(prior_sigmas=[1e-200, 1.0], **QUICK)
    with pytest.warns(FitFailedWarning, match="3 of 6 models"):
        search.fit(X, y)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [True, False]
    assert search.best_prior_sigma_ == 1.0


class TestPartsOfASearch:
    """What processes that share a search send back."""

    DONE = TrainedCandidates(np.ones((2, 3)), np.array([True, False]))
    FAILED = TrainedCandidates(None, np.array([False]), "every model became non-finite")

    def test_are_put_together_in_order(self) -> None:
        state, is_finite = together([self.FAILED, self.DONE])
        np.testing.assert_array_equal(state, [[np.nan] * 3, [1.0] * 3, [1.0] * 3])
        assert is_finite.tolist() == [False, True, False]

    def test_that_have_all_failed_say_so(self) -> None:
        with pytest.raises(FloatingPointError, match="every model became non-finite"):
            together([self.FAILED, self.FAILED])


def test_a_share_of_a_search_whose_models_all_diverge_is_not_the_end(diabetes) -> None:
    X, y = diabetes
    settings = {**QUICK, "prior_sigmas": [1e-200, 1.0], "cv": 2, "n_jobs": 2}
    with pytest.warns(FitFailedWarning, match="2 of 4 models"):
        search = BayesianMLPRegressorCV(**settings).fit(X, y)
    assert np.isnan(search.cv_results_["mean_test_score"][0])
    assert search.best_prior_sigma_ == 1.0
