"""Fits spread over processes by joblib's backends."""

from __future__ import annotations

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from skbayes import BayesianMLPRegressor

QUICK = {"inference": "variational", "max_iter": 100, "tol": 0.1, "random_state": 0}


def _search(diabetes, **options) -> GridSearchCV:
    grid = {"prior_sigma": [0.5, 2.0]}
    search = GridSearchCV(BayesianMLPRegressor((4,), **QUICK), grid, cv=2, **options)
    return search.fit(*diabetes)


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
    for name in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(spread.cv_results_[name], alone.cv_results_[name])
