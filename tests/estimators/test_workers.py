"""Fits spread over processes by joblib's backends."""

from __future__ import annotations

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from skbayes import BayesianMLPRegressor, BayesianMLPRegressorCV

QUICK = {"inference": "variational", "max_iter": 100, "tol": 0.1, "random_state": 0}


def _search(diabetes, **options) -> GridSearchCV:
    grid = {"prior_sigma": [0.5, 2.0]}
    search = GridSearchCV(BayesianMLPRegressor((4,), **QUICK), grid, cv=2, **options)
    return search.fit(*diabetes)


def _sigma_search(diabetes, **options) -> BayesianMLPRegressorCV:
    settings = {**QUICK, "prior_sigmas": [0.5, 2.0], "cv": 2, "n_members_cv": 2, **options}
    return BayesianMLPRegressorCV((4,), **settings).fit(*diabetes)


def _check_alike(one: BayesianMLPRegressorCV, other: BayesianMLPRegressorCV) -> None:
    for name in ("split0_test_score", "split1_test_score"):
        # In single precision, by products of batches of another size.
        np.testing.assert_allclose(one.cv_results_[name], other.cv_results_[name], rtol=1e-4)
    np.testing.assert_array_equal(one.posterior_draws_, other.posterior_draws_)


@pytest.mark.filterwarnings("ignore")  # of Dask's own, on some systems
def test_a_cluster_of_two_processes_finds_what_one_process_finds(diabetes) -> None:
    distributed = pytest.importorskip("distributed")
    alone = _search(diabetes)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_backend("dask"),
    ):
        spread = _search(diabetes)
        shared = _sigma_search(diabetes)
    for name in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(spread.cv_results_[name], alone.cv_results_[name])
    _check_alike(shared, _sigma_search(diabetes))


@pytest.mark.parametrize("n_jobs", [2, 5])
def test_processes_that_share_a_search_over_sigmas_find_what_one_does(diabetes, n_jobs) -> None:
    _check_alike(_sigma_search(diabetes, n_jobs=n_jobs), _sigma_search(diabetes))
