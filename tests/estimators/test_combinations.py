"""Any combination of valid parameters and data fits, or a parameter is named that does not go."""

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.inference import POSTERIORS
from skbayes.likelihoods import Censored, Hurdle, LogitNormal
from skbayes.model import ACTIVATIONS, GROUPINGS, LIKELIHOODS, PRIORS
from skbayes.posteriors import LastLayer, LowRank
from skbayes.priors import Laplace, Normal, ScaleMixture, StudentT
from skbayes.samplers import HMC, MCLMC
from skbayes.variational import Variational

VARIATIONAL = st.builds(
    Variational,
    n_members=st.sampled_from(["auto", 1, 2, 3]),
    n_draws=st.integers(1, 3),
    kl_weight=st.sampled_from([1.0, 1.0, 0.0, 0.1, 3.0]),
    kl_warmup=st.sampled_from([0.0, 0.25, 0.99]),
    max_grad_norm=st.sampled_from([None, 1e-3, 10.0]),
    callbacks=st.sampled_from([None, (), [lambda status: status.step >= 50]]),
)
CHAINS = {
    "n_chains": st.integers(1, 3),
    "n_warmup": st.integers(1, 12),
    "n_samples": st.integers(1, 6),
    "thin": st.integers(1, 2),
    "kl_weight": st.sampled_from([1.0, 1.0, 0.1, 3.0]),
    "start": st.none() | VARIATIONAL,
}
SAMPLERS = st.builds(HMC, **CHAINS) | st.builds(
    MCLMC, batch_size=st.sampled_from([4, 10_000]), **CHAINS
)

# Values of every parameter, small where the cost of a fit grows with them.
SHARED = {
    "hidden_layer_sizes": st.sampled_from([(), (3,), 2, [3, 2], "auto"]),
    "activation": st.sampled_from(["auto", *sorted(ACTIVATIONS)]),
    "linear_skip": st.booleans(),
    "prior": st.sampled_from([*sorted(PRIORS), Laplace(), ScaleMixture(pi=0.3), StudentT(df=1)])
    | st.builds(Normal, grouping=st.sampled_from(GROUPINGS)),
    "prior_sigma": st.sampled_from(["auto", 0.01, 30.0, [1.0, 2.0]]),
    "posterior": st.sampled_from(
        [*sorted(POSTERIORS), *map(LowRank, (1, 2, 50)), *map(LastLayer, ("full", LowRank(2)))]
    ),
    "inference": st.sampled_from(["auto", "variational"]) | VARIATIONAL | SAMPLERS,
    "budget": st.sampled_from([0.01, 0.02]),
    "n_posterior_samples": st.sampled_from([2, 5, 9]),
    "batch_size": st.sampled_from(["auto", 1, 3, 500]),
    "learning_rate_init": st.sampled_from(["auto", 1e-5, 0.02, 0.1]),
    "max_iter": st.sampled_from([1, 2, 30, 60, 101]),
    "tol": st.sampled_from([0.0, 5e-4, 1e3]),
    "n_iter_no_change": st.sampled_from([1, 10, 100]),
    "early_stopping": st.booleans(),
    "validation_fraction": st.sampled_from([0.01, 0.1, 0.5, 0.95]),
    "warm_start": st.booleans(),
    "shuffle": st.booleans(),
    "standardize": st.sampled_from(["auto", True, False, "robust", "quantile"]),
    "discrete_as_categories": st.sampled_from(["auto", True, False]),
    "n_bins": st.sampled_from(["auto", 1, 3]),
    "principal_components": st.sampled_from(["auto", False, True]),
    "categorical_features": st.sampled_from(["from_dtype", None, [0], [0], [-1]]),
    "missing": st.sampled_from(["indicator", "error"]),
    "device": st.just("cpu"),
    "dtype": st.sampled_from(["auto", "float32", "float64"]),
    "verbose": st.just(False),
    "random_state": st.sampled_from([0, 1, None, np.random.RandomState(0)]),
}
BOUNDED = [
    Censored(upper=5.0),
    Censored("normal", lower=2.0),
    Censored("laplace", lower=-1e3, upper=4.0),
    Censored("student_t", lower=[3.0]),
    Hurdle(),
    Hurdle("heteroscedastic_student_t", at=[2.0]),
    LogitNormal(lower=-1e4, upper=1e5),
]
REGRESSION = {
    **SHARED,
    "likelihood": st.sampled_from(["auto", *sorted(LIKELIHOODS)]) | st.sampled_from(BOUNDED),
}
CLASSIFICATION = {
    **SHARED,
    "class_weight": st.sampled_from(["balanced", {0: 2.0, 1: 0.5}, {0: 0.0}, [{0: 1.0}] * 3]),
}
# What goes with most values of the others.
BASE = {
    "prior": "normal",
    "prior_sigma": 1,
    "inference": "variational",
    "n_posterior_samples": 9,
    "early_stopping": False,
    "validation_fraction": 0.5,
    "categorical_features": "from_dtype",
    "missing": "indicator",
    "class_weight": None,
}
TABLES = ["array", "constant", "single", "frame", "mixed", "gaps", "sparse"]
DATA_MESSAGES = "|".join(
    [
        "Input X contains NaN",  # missing="error"
        "could not convert string to float",  # categorical_features=None
        "needs samples of at least 2 classes",  # after rows of zero weight are dropped
        "are not in class_weight",
    ]
)


def _table(kind: str, n_rows: int, rng: np.random.RandomState) -> Any:
    """Inputs in units of their own, of one of the kinds that users have."""
    X = rng.normal(5.0, 2.0, (n_rows, 2)) * [1.0, 100.0]
    if kind == "constant":
        return np.full((n_rows, 1), 7.0)
    if kind == "single":
        return X.astype(np.float32)
    if kind == "sparse":
        return sparse.csr_array(np.where(X > 4, X, 0.0))
    if kind == "gaps":
        X[rng.rand(n_rows, 2) < 0.3] = np.nan
    if kind in {"array", "gaps"}:
        return X
    frame = pd.DataFrame(X, columns=["size", "age"])
    if kind == "mixed":
        frame["colour"] = rng.choice(["red", "blue", None], n_rows)
        frame["shop"] = pd.Categorical(rng.choice(["a", "b"], n_rows))
        frame.loc[rng.rand(n_rows) < 0.2, "age"] = None
    return frame


@st.composite
def _problems(draw: st.DrawFn, *, classes: bool) -> tuple[Any, np.ndarray, np.ndarray | None]:
    rng = np.random.RandomState(draw(st.integers(0, 100)))
    n_rows = draw(st.integers(2, 14))
    X = _table(draw(st.sampled_from(TABLES)), n_rows, rng)
    if classes:
        kind = draw(st.sampled_from(["two", "three", "multilabel"]))
        if kind == "multilabel":
            y = (rng.rand(n_rows, 3) < 0.5).astype(int)
        else:
            n_classes = 2 if kind == "two" else 3
            y = rng.permutation(np.arange(n_rows) % n_classes)
    else:
        # Counts from 1 are in the support of every likelihood.
        counts = 1.0 + rng.poisson(3.0, (n_rows, draw(st.integers(1, 2))))
        y = (
            counts
            if draw(st.sampled_from([True, True, False]))
            else 1e3 * (counts - 3.0) + rng.rand(*counts.shape)
        )
        y = y[:, 0] if y.shape[1] == 1 else y
    weights = draw(st.sampled_from([None, "whole", "real"]))
    if weights is None:
        return X, y, None
    whole = rng.randint(0, 3, n_rows) + (np.arange(n_rows) < 2)
    return X, y, whole if weights == "whole" else whole * rng.rand(n_rows)


def _check_message(error: ValueError, model: Any) -> None:
    """The message names a parameter and its value, or what scikit-learn says of the data."""
    message = str(error)
    named = [
        name
        for name, value in model.get_params().items()
        if name.split("__")[-1] in message and repr(value) in message
    ]
    assert named or re.search(DATA_MESSAGES, message), message


def _check_advice(error: FloatingPointError) -> None:
    assert re.search("standardize|learning_rate_init", str(error)), error


def _check_predictions(model: Any, X: Any, y: np.ndarray, weights: np.ndarray | None) -> None:
    n_rows = len(y)
    interval = model.predict_interval(X)
    if is_classifier(model):
        probabilities = model.predict_proba(X)
        shape = (n_rows, len(model.classes_))
        assert probabilities.shape == shape
        if y.ndim == 1:
            np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)
        assert model.predict(X).shape == y.shape
        assert model.predict_set(X).shape == shape
        assert np.isfinite(model.predict_log_proba(X)).all()
    else:
        shape = y.shape
        mean, std = model.predict(X, return_std=True)
        assert mean.shape == std.shape == shape
        assert not np.isnan(mean).any()
        quantiles = model.predict_quantiles(X)
        assert quantiles.shape == (*shape, 3)
        assert np.all(quantiles[..., 1:] >= quantiles[..., :-1])
        # A row of zero weight may have a target that the likelihood rules out.
        log_prob = model.predict_dist(X).log_prob(y)
        assert np.isfinite(log_prob if weights is None else log_prob[weights > 0]).all()
    assert interval.shape == (*shape, 2)
    assert np.isfinite(interval).all()
    assert np.all(interval[..., 0] <= interval[..., 1])
    assert np.isfinite(model.elbo_)
    assert not any(np.isnan(part).any() for part in model.predict_uncertainty(X).values())


def _check(model: Any, problem: tuple, then: str) -> None:
    X, y, weights = problem
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            model.fit(X, y, sample_weight=weights)
            if then == "fit":
                model.fit(X, y, sample_weight=weights)
            elif then == "partial_fit" and hasattr(model, "partial_fit"):
                model.partial_fit(X, y, sample_weight=weights)
        except ValueError as error:
            _check_message(error, model)
            return
        except FloatingPointError as error:
            # A few steps of chains in raw units may all fail; the message says what to change.
            _check_advice(error)
            return
    _check_predictions(model, X, y, weights)


THEN = st.sampled_from(["nothing", "nothing", "fit", "partial_fit"])


def _parameters(values: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """About half of the parameters at a base value: of random values few ever go together."""
    return st.fixed_dictionaries(
        {
            name: st.just(BASE[name]) | any_value if name in BASE else any_value
            for name, any_value in values.items()
        }
    )


def test_every_parameter_is_drawn() -> None:
    assert set(REGRESSION) == set(BayesianMLPRegressor().get_params())
    assert set(CLASSIFICATION) == set(BayesianMLPClassifier().get_params())


@given(parameters=_parameters(REGRESSION), problem=_problems(classes=False), then=THEN)
@settings(max_examples=250, deadline=None, derandomize=True)
def test_any_regressor_fits_or_says_what_does_not_go_together(parameters, problem, then) -> None:
    _check(clone(BayesianMLPRegressor(**parameters)), problem, then)


@given(parameters=_parameters(CLASSIFICATION), problem=_problems(classes=True), then=THEN)
@settings(max_examples=250, deadline=None, derandomize=True)
def test_any_classifier_fits_or_says_what_does_not_go_together(parameters, problem, then) -> None:
    _check(clone(BayesianMLPClassifier(**parameters)), problem, then)
