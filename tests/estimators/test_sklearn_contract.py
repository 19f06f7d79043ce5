"""scikit-learn's own checks, and the input that it takes everywhere."""

import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_estimator,
    check_param_validation,
    parametrize_with_checks,
)

from skbayes import (
    BayesianMLPClassifier,
    BayesianMLPClassifierCV,
    BayesianMLPRegressor,
    BayesianMLPRegressorCV,
)
from skbayes.samplers import MCLMC
from skbayes.variational import Variational

ESTIMATORS = pytest.mark.parametrize("estimator", [BayesianMLPRegressor, BayesianMLPClassifier])


@ESTIMATORS
def test_check_estimator_with_what_is_decided_by_default(estimator: type) -> None:
    # A few of the steps: all that the default decides, at a small part of the cost.
    # SCIPY_ARRAY_API must be set before SciPy is imported, hence the new process.
    code = (
        "from sklearn.utils.estimator_checks import check_estimator\n"
        f"from skbayes import {estimator.__name__}\n"
        f"check_estimator({estimator.__name__}(budget=0.03))\n"
    )
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]


@ESTIMATORS
@pytest.mark.filterwarnings("ignore")  # the checks make warnings of their own
def test_check_estimator_with_other_parameters(estimator: type) -> None:
    # The same contract for a deep, small, single-member network at little cost.
    small = estimator(
        (4, 3), activation="tanh", prior_sigma=1.0, inference=Variational(1), max_iter=300
    )
    check_estimator(small)


# Identical rows are merged, so that chains pass as well, although they amplify rounding errors.
SMALL_CHAINS = {
    "inference": MCLMC(n_chains=2, n_warmup=150, n_samples=20, thin=1),
    "max_iter": 100,
}


@parametrize_with_checks(
    [BayesianMLPRegressor((4,), **SMALL_CHAINS), BayesianMLPClassifier((4,), **SMALL_CHAINS)],
)
@pytest.mark.filterwarnings("ignore")
def test_chains_pass_each_check(estimator: object, check: Callable[[object], None]) -> None:
    check(estimator)


SMALL_SEARCH = {
    "prior_sigmas": [0.5, 2.0],
    "cv": 2,
    "inference": Variational(1),
    "n_posterior_samples": 50,
    "max_iter": 300,
    "tol": 0.01,
}


@parametrize_with_checks(
    [
        BayesianMLPRegressorCV((4,), **SMALL_SEARCH),
        BayesianMLPClassifierCV((4,), **SMALL_SEARCH),
    ]
)
@pytest.mark.filterwarnings("ignore")
def test_a_search_passes_each_check(estimator: object, check: Callable[[object], None]) -> None:
    check(estimator)


@ESTIMATORS
def test_checks_that_check_estimator_leaves_out(estimator: type) -> None:
    quick = estimator((4,), max_iter=5)
    check_dataframe_column_names_consistency(estimator.__name__, quick)
    check_param_validation(estimator.__name__, quick)


def test_clone_and_parameters_round_trip(quick: BayesianMLPRegressor) -> None:
    copy = clone(quick)
    # A copy of each choice, with the same parameters.
    assert repr(copy.get_params()) == repr(quick.get_params())
    assert copy.set_params(prior_sigma=3.0).get_params()["prior_sigma"] == 3.0


def test_data_frames_and_lists_give_what_arrays_give(
    quick: BayesianMLPRegressor, diabetes: tuple
) -> None:
    X, y = diabetes[0][:40], diabetes[1][:40]
    expected = clone(quick).fit(X, y).predict_interval(X)
    names = [f"x{i}" for i in range(X.shape[1])]
    frame = pd.DataFrame(X, columns=names)
    from_frame = clone(quick).fit(frame, pd.Series(y))
    assert list(from_frame.feature_names_in_) == names
    interval = from_frame.predict_interval(frame)
    assert type(interval) is np.ndarray
    assert np.array_equal(interval, expected)
    from_lists = clone(quick).fit(X.tolist(), y.tolist())
    assert np.array_equal(from_lists.predict_interval(X.tolist()), expected)
