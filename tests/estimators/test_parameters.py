"""Every parameter of every estimator changes what it should change."""

import contextlib
import inspect
import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pytest
from joblib import Parallel
from sklearn.base import clone, is_classifier

from skbayes import (
    BayesianMLPClassifier,
    BayesianMLPClassifierCV,
    BayesianMLPRegressor,
    BayesianMLPRegressorCV,
    likelihoods,
)
from skbayes.inference import INFERENCES, POSTERIORS
from skbayes.likelihoods import Censored, HeteroscedasticStudentT, Hurdle, LogitNormal
from skbayes.model import LIKELIHOODS, PRIORS
from skbayes.posteriors import LastLayer, LowRank
from skbayes.priors import Normal, ScaleMixture, StudentT
from skbayes.samplers import HMC, MCLMC
from skbayes.variational import Variational

ESTIMATORS = [
    BayesianMLPRegressor,
    BayesianMLPClassifier,
    BayesianMLPRegressorCV,
    BayesianMLPClassifierCV,
]
BASE = {
    "hidden_layer_sizes": (4,),
    "activation": "relu",
    "inference": Variational(n_members=2),
    "n_posterior_samples": 20,
    "max_iter": 60,
    "random_state": 0,
}
SEARCH = {"prior_sigmas": [1.0], "cv": 2}
CHAINS = {"inference": MCLMC(n_chains=2, n_warmup=20, n_samples=6, thin=1)}
HMC_CHAINS = {"inference": HMC(n_chains=2, n_warmup=5, n_samples=6, thin=1)}
NO_WARMUP = {"inference": Variational(2, kl_warmup=0.0)}
# A learning rate so high that the bound soon stops rising.
FAST = {"max_iter": 400, "learning_rate_init": 0.1, "tol": 1.0, "n_iter_no_change": 10}


def _data(estimator: Any) -> tuple[np.ndarray, np.ndarray]:
    """40 rows: two numbers and a code from 0 to 2; two classes, one three times as frequent."""
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.normal(5.0, 2.0, (40, 2)), rng.randint(0, 3, 40)])
    y = X[:, 0] + np.sin(X[:, 1]) + X[:, 2] ** 2 + rng.normal(0, 0.5, 40)
    return X, (y > np.quantile(y, 0.25)).astype(int) if is_classifier(estimator) else y


def _fit(estimator: Any) -> Any:
    return estimator.fit(*_data(estimator))


def _interval(estimator: Any) -> list[Any]:
    return _fit(estimator).predict_interval(_data(estimator)[0]).tolist()


def _scores(estimator: Any) -> list[float]:
    return _fit(estimator).cv_results_["mean_test_score"].tolist()


def _outcome_with_a_gap(estimator: Any) -> str:
    X, y = _data(estimator)
    X[0, 0] = np.nan
    try:
        estimator.fit(X, y)
    except ValueError as error:
        return str(error).splitlines()[0]
    return "fitted"


def _output(estimator: Any) -> bool:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        _fit(estimator)
    return "nats" in printed.getvalue()


def _fitting_again_changes_predictions(estimator: Any) -> bool:
    return _interval(estimator) != _interval(estimator)


def _error(estimator: Any) -> str | None:
    try:
        _fit(estimator)
    except ValueError as error:
        return str(error).partition(" must")[0]
    return None


class Effect(NamedTuple):
    """Two values of a parameter and what must differ between the two fits."""

    first: Any
    second: Any
    given: Mapping[str, Any] = MappingProxyType({})
    observed: Callable[[Any], Any] = _interval
    # What is observed with the first and with the second value, where that is known.
    expected: tuple[Any, Any] | None = None


def _shares_its_work(estimator: Any) -> bool:
    with mock.patch("skbayes.estimators.search.Parallel", wraps=Parallel) as parallel:
        _fit(estimator)
    return parallel.called


EFFECTS: dict[str, Effect] = {
    "hidden_layer_sizes": Effect(
        (4,), (5, 2), observed=lambda e: _fit(e).posterior_draws_.shape[1]
    ),
    "likelihood": Effect("normal", "laplace"),
    "class_weight": Effect(None, "balanced"),
    "activation": Effect("relu", "tanh"),
    "linear_skip": Effect(True, False, observed=lambda e: _fit(e).posterior_draws_.shape[1]),
    "prior": Effect("normal", "laplace", {"prior_sigma": 1.0}),
    "prior_sigma": Effect("auto", 0.5),
    "posterior": Effect("mean_field", "full"),
    "inference": Effect(
        "variational",
        CHAINS["inference"],
        observed=lambda e: hasattr(_fit(e), "diagnostics_"),
        expected=(False, True),
    ),
    "budget": Effect(
        1.0,
        0.5,
        {"max_iter": "auto"},
        lambda e: _fit(e).plan_.training.max_iter,
        (4000, 2000),
    ),
    "n_posterior_samples": Effect(
        20, 30, observed=lambda e: len(_fit(e).posterior_draws_), expected=(20, 30)
    ),
    "batch_size": Effect("auto", 10),
    "learning_rate_init": Effect(0.02, 0.001),
    "max_iter": Effect(60, 80, observed=lambda e: _fit(e).n_iter_, expected=(60, 80)),
    "tol": Effect(
        0.0,
        1e3,
        {"max_iter": 400, "n_iter_no_change": 10, "learning_rate_init": 0.002},
        lambda e: _fit(e).n_iter_ == 400,
        (True, False),
    ),
    "n_iter_no_change": Effect(10, 90, FAST, lambda e: _fit(e).n_iter_),
    "early_stopping": Effect(
        False,
        True,
        NO_WARMUP,
        lambda e: _fit(e).validation_scores_ is not None,
        (False, True),
    ),
    "validation_fraction": Effect(
        0.1, 0.4, {"early_stopping": True, **NO_WARMUP}, lambda e: _fit(e).validation_scores_
    ),
    "warm_start": Effect(
        False, True, observed=_fitting_again_changes_predictions, expected=(False, True)
    ),
    "shuffle": Effect(True, False, {"batch_size": 10}),
    "standardize": Effect(True, False),
    "discrete_as_categories": Effect(False, True),
    "n_bins": Effect(1, 3),
    "principal_components": Effect(False, True),
    "categorical_features": Effect("from_dtype", [2]),
    "missing": Effect(
        "indicator",
        "error",
        observed=_outcome_with_a_gap,
        expected=("fitted", "Input X contains NaN."),
    ),
    "device": Effect("cpu", "no such", observed=_error, expected=(None, "device")),
    "dtype": Effect(
        "float32",
        "float64",
        observed=lambda e: str(_fit(e).posterior_draws_.dtype),
        expected=("float32", "float64"),
    ),
    "verbose": Effect(False, True, observed=_output, expected=(False, True)),
    "random_state": Effect(0, 1),
    # Of a search.
    "n_jobs": Effect(1, 2, observed=_shares_its_work, expected=(False, True)),
    "prior_sigmas": Effect(
        [1.0],
        [0.5, 1.0],
        {},
        lambda e: _fit(e).cv_results_["param_prior_sigma"].tolist(),
        ([1.0], [0.5, 1.0]),
    ),
    "cv": Effect(2, 3, {}, lambda e: "split2_test_score" in _fit(e).cv_results_, (False, True)),
    "scoring": Effect("neg_log_predictive_density", "calibration_error", observed=_scores),
    "n_members_cv": Effect(1, 2, observed=_scores),
}


# The same of the parameters of choices, as the estimators see them.
CHOICES: dict[type, tuple[str, dict[str, Effect]]] = {
    Variational: (
        "inference",
        {
            # Of a point the model keeps one draw for each member.
            "n_members": Effect(
                2,
                3,
                {"posterior": "deterministic"},
                lambda e: len(_fit(e).posterior_draws_),
                (2, 3),
            ),
            "n_draws": Effect(2, 3),
            "kl_weight": Effect(1.0, 0.1),
            "kl_warmup": Effect(0.25, 0.9),
            "max_grad_norm": Effect(None, 1e-3),
            "callbacks": Effect(
                None, [lambda status: status.step >= 50], {}, lambda e: _fit(e).n_iter_, (60, 50)
            ),
        },
    ),
    **{
        type(given["inference"]): (
            "inference",
            {
                "n_chains": Effect(
                    2, 3, given, lambda e: _fit(e).diagnostics_.step_size.shape, ((2,), (3,))
                ),
                "n_warmup": Effect(20, 30, given, lambda e: _fit(e).diagnostics_.n_gradients),
                "n_samples": Effect(4, 6, given, lambda e: len(_fit(e).posterior_draws_), (8, 12)),
                "thin": Effect(1, 2, given, lambda e: _fit(e).diagnostics_.n_gradients),
                "kl_weight": Effect(1.0, 0.1, given),
                "start": Effect(None, Variational(n_members=1), given),
            },
        )
        for given in (CHAINS, HMC_CHAINS)
    },
    LowRank: ("posterior", {"rank": Effect(1, 2, {"posterior": LowRank()})}),
    LastLayer: ("posterior", {"family": Effect("mean_field", "full", {"posterior": LastLayer()})}),
    Normal: (
        "prior",
        {
            "grouping": Effect(
                "unit",
                "feature",
                {"prior": Normal()},
                lambda e: "feature" in getattr(_fit(e), "prior_sigma_", {}),
                (False, True),
            )
        },
    ),
    StudentT: ("prior", {"df": Effect(3, 9.0, {"prior": StudentT(), "prior_sigma": 1.0})}),
    ScaleMixture: (
        "prior",
        {
            name: Effect(0.3, 0.8, {"prior": ScaleMixture(), "prior_sigma": 1.0})
            for name in ("pi", "sigma1", "sigma2")
        },
    ),
    **{
        family: (
            "likelihood",
            {
                "skewed": Effect(
                    False,
                    True,
                    {"likelihood": family()},
                    lambda e: "skew" in _fit(e).likelihood_parameters_,
                    (False, True),
                )
            },
        )
        for family in (HeteroscedasticStudentT, likelihoods.StudentT)
    },
    LogitNormal: (
        "likelihood",
        {
            "lower": Effect(-20.0, -30.0, {"likelihood": LogitNormal(upper=40.0)}),
            "upper": Effect(40.0, 60.0, {"likelihood": LogitNormal(lower=-20.0)}),
        },
    ),
    Censored: (
        "likelihood",
        {
            "likelihood": Effect("normal", "laplace", {"likelihood": Censored(upper=7.0)}),
            "lower": Effect(4.0, 5.0, {"likelihood": Censored()}),
            "upper": Effect(7.0, 8.0, {"likelihood": Censored()}),
        },
    ),
    Hurdle: (
        "likelihood",
        {
            "likelihood": Effect("normal", "laplace", {"likelihood": Hurdle(at=7.0)}),
            "at": Effect(7.0, 8.0, {"likelihood": Hurdle()}),
        },
    ),
}
CHOICES[MCLMC][1]["batch_size"] = Effect(10_000, 10, CHAINS)
CHOICES[MCLMC][1]["energy_variance"] = Effect(5e-4, 1e-9, CHAINS)


def test_every_choice_that_has_parameters_is_in_the_table() -> None:
    tables = (INFERENCES, POSTERIORS, PRIORS, LIKELIHOODS)
    choices = [*(choice for table in tables for choice in table.values()), Censored, Hurdle]
    named = {choice: set(inspect.signature(choice).parameters) for choice in choices}
    assert {choice: set(effects) for choice, (_, effects) in CHOICES.items()} == {
        choice: names for choice, names in named.items() if names
    }


@pytest.mark.parametrize(
    ("choice", "name"), [(choice, name) for choice, (_, table) in CHOICES.items() for name in table]
)
@pytest.mark.parametrize("estimator", [BayesianMLPRegressor, BayesianMLPClassifier])
def test_every_parameter_of_a_choice_changes_what_it_should(
    estimator: type, choice: type, name: str
) -> None:
    holder, effects = CHOICES[choice]
    effect = effects[name]
    if holder not in _parameters(estimator):
        return  # classes have one likelihood
    base = clone(estimator(**{**BASE, **effect.given}))
    observations = [
        effect.observed(clone(base).set_params(**{f"{holder}__{name}": value}))
        for value in (effect.first, effect.second)
    ]
    if effect.expected is not None:
        assert tuple(observations) == effect.expected
    assert observations[0] != observations[1]


def _parameters(estimator: type) -> list[str]:
    return list(inspect.signature(estimator).parameters)


def test_the_table_has_an_effect_of_every_parameter_and_of_no_other() -> None:
    assert set(EFFECTS) == {name for estimator in ESTIMATORS for name in _parameters(estimator)}


@pytest.mark.parametrize(
    ("estimator", "name"),
    [(estimator, name) for estimator in ESTIMATORS for name in _parameters(estimator)],
)
def test_every_parameter_changes_what_it_should(estimator: type, name: str) -> None:
    effect = EFFECTS[name]
    search = SEARCH if "cv" in _parameters(estimator) else {}
    given = {
        other: value
        for other, value in effect.given.items()
        if not (search and other == "prior_sigma")
    }
    observations = [
        effect.observed(estimator(**{**BASE, **search, **given, name: value}))
        for value in (effect.first, effect.second)
    ]
    if effect.expected is not None:
        assert tuple(observations) == effect.expected
    assert observations[0] != observations[1]
