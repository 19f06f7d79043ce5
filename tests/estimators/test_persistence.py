"""A fitted model outlives its process: pickle, joblib and skops give back the same bits."""

import json
import pickle
import pickletools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_iris
from sklearn.exceptions import InconsistentVersionWarning
from torch import nn

import skbayes
from skbayes import (
    BayesianMLPClassifier,
    BayesianMLPClassifierCV,
    BayesianMLPRegressor,
    BayesianMLPRegressorCV,
    priors,
)
from skbayes.inference import POSTERIORS, SAMPLERS
from skbayes.likelihoods import Censored, Hurdle, LogitNormal
from skbayes.model import LIKELIHOODS, PRIORS
from skbayes.priors import StudentT
from skbayes.variational import Variational

FIXTURES = Path(__file__).parent / "fixtures"
TINY = {
    "hidden_layer_sizes": (4,),
    "inference": Variational(n_members=2),
    "max_iter": 30,
    "n_posterior_samples": 10,
    "random_state": 0,
}
TINY_NET = {"inference": Variational(1), "max_iter": 5, "n_posterior_samples": 4}
CHAINS = {"n_chains": 2, "n_warmup": 20, "n_samples": 5, "thin": 1}


def linear(n_features_in: int, n_outputs: int) -> nn.Module:
    return nn.Linear(n_features_in, n_outputs)


def _mixed_table() -> tuple[pd.DataFrame, np.ndarray]:
    """60 rows of numbers, categories of several types, and gaps in both; positive counts."""
    rng = np.random.RandomState(0)
    X = pd.DataFrame(
        {
            "size": rng.rand(60),
            "colour": rng.choice(["red", "blue"], 60),
            "code": pd.Categorical(rng.choice([1, 2, 5], 60)),
            "new": pd.Categorical(rng.rand(60) < 0.5),
        }
    )
    X.loc[::7, ["size", "colour"]] = None
    return X, 1.0 + rng.poisson(2.0, 60)


def _regressors() -> dict[str, BayesianMLPRegressor]:
    changes: dict[str, dict[str, Any]] = {
        **{f"posterior={name}": {"posterior": name} for name in ("low_rank", "full")},
        "posterior=deterministic": {"posterior": "deterministic"},
        "last_layer": {"posterior": "last_layer"},
        **{f"inference={name}": {"inference": make(**CHAINS)} for name, make in SAMPLERS.items()},
        **{
            f"likelihood={name}": {"likelihood": name}
            for name in LIKELIHOODS
            if name != "logit_normal"
        },
        "inside an interval": {"likelihood": LogitNormal(upper=30)},
        "censored": {"likelihood": Censored(lower=[2.0], upper=4)},
        "hurdle": {"likelihood": Hurdle("student_t", at=2)},
        "instance of a prior": {"prior": StudentT(df=3), "prior_sigma": [1.0, 2.0]},
        "learned by feature": {"prior": priors.Normal(grouping="feature")},
        "normal scores": {"standardize": "quantile"},
        "bins": {"n_bins": 3},
        "components": {"principal_components": True},
        "early stopping": {
            "early_stopping": True,
            "inference": Variational(n_members=2, kl_warmup=0.0),
        },
        "generator": {"random_state": np.random.RandomState(0)},
    }
    return {name: BayesianMLPRegressor(**{**TINY, **change}) for name, change in changes.items()}


def _fitted_models() -> dict[str, tuple[Any, Any]]:
    """A model of every kind that has a state of its own, and inputs to predict."""
    table, counts = _mixed_table()
    models = {name: (model.fit(table, counts), table) for name, model in _regressors().items()}
    numbers = np.random.RandomState(0).rand(60, 3)
    heaped = np.where(numbers[:, 0] < 0.4, 7.0, numbers[:, 1])
    models["targets that heap"] = BayesianMLPRegressor(**TINY).fit(numbers, heaped), numbers
    models["two targets"] = (BayesianMLPRegressor(**TINY).fit(numbers, numbers[:, :2]), numbers)
    search = BayesianMLPRegressorCV(cv=2, prior_sigmas=[0.5, 2.0], **TINY)
    models["search"] = (search.fit(table, counts), table)
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"], dtype=object)
    weights = {"setosa": 2.0, "versicolor": 1.0, "virginica": 1.0}
    classifiers = {
        "classes by number": (BayesianMLPClassifier(**TINY), y),
        "classes by name": (BayesianMLPClassifier(class_weight=weights, **TINY), names[y]),
        "multilabel": (BayesianMLPClassifier(**TINY), np.eye(3, dtype=int)[y]),
        "sampled classes": (
            BayesianMLPClassifier(**{**TINY, "inference": SAMPLERS["mclmc"](**CHAINS)}),
            y,
        ),
        "search for classes": (BayesianMLPClassifierCV(cv=2, prior_sigmas=[1.0], **TINY), y),
    }
    models |= {name: (model.fit(X, labels), X) for name, (model, labels) in classifiers.items()}
    return models


@pytest.fixture(scope="module")
def models() -> dict[str, tuple[Any, Any]]:
    return _fitted_models()


def _through_pickle(model: Any, _: Path) -> Any:
    return pickle.loads(pickle.dumps(model))


def _through_joblib(model: Any, folder: Path) -> Any:
    joblib.dump(model, folder / "model.joblib")
    return joblib.load(folder / "model.joblib")


def _through_memory_map(model: Any, folder: Path) -> Any:
    # joblib hands large models to its workers this way.
    joblib.dump(model, folder / "model.joblib")
    loaded = joblib.load(folder / "model.joblib", mmap_mode="r")
    assert not loaded.posterior_draws_.flags.writeable
    return loaded


def _through_skops(model: Any, _: Path) -> Any:
    skops_io = pytest.importorskip("skops.io")
    return skops_io.loads(skops_io.dumps(model), trusted=skbayes.TRUSTED_TYPES)


@pytest.mark.parametrize(
    "round_trip", [_through_pickle, _through_joblib, _through_memory_map, _through_skops]
)
def test_every_kind_of_model_predicts_the_same_bits(
    models: dict, round_trip: Callable[[Any, Path], Any], tmp_path: Path
) -> None:
    for name, (model, X) in models.items():
        loaded = round_trip(model, tmp_path)
        assert type(loaded) is type(model)
        assert vars(loaded).keys() == vars(model).keys()
        for method in ("predict", "predict_interval", "sample_y", "sample_f"):
            expected, actual = getattr(model, method)(X), getattr(loaded, method)(X)
            np.testing.assert_array_equal(actual, expected, strict=True, err_msg=name)


def test_a_loaded_model_can_be_trained_on(models: dict, tmp_path: Path) -> None:
    model, X = models["classes by name"]
    labels = model.predict(X)
    labels[:3] = model.classes_
    expected = pickle.loads(pickle.dumps(model)).partial_fit(X, labels).predict_proba(X)
    for round_trip in (_through_memory_map, _through_skops):
        loaded = round_trip(model, tmp_path).partial_fit(X, labels)
        assert np.array_equal(loaded.predict_proba(X), expected)


def test_trusted_types_are_those_that_skops_asks_about(models: dict) -> None:
    skops_io = pytest.importorskip("skops.io")
    asked = set()
    for model, _ in models.values():
        asked |= set(skops_io.get_untrusted_types(data=skops_io.dumps(model)))
    X, y = load_iris(return_X_y=True)
    for estimator in (
        skbayes.BayesianNetRegressor(linear, **TINY_NET),
        skbayes.BayesianNetClassifier(linear, **TINY_NET),
        skbayes.BayesianNetRegressorCV(linear, cv=2, prior_sigmas=[1.0], **TINY_NET),
        skbayes.BayesianNetClassifierCV(linear, cv=2, prior_sigmas=[1.0], **TINY_NET),
        skbayes.ConformalRegressor(BayesianMLPRegressor(**TINY), cv=2),
        skbayes.ConformalClassifier(BayesianMLPClassifier(**TINY), cv=2),
    ):
        asked |= set(skops_io.get_untrusted_types(data=skops_io.dumps(estimator.fit(X, y))))
    # What makes a network is the user's own, and for the user to trust.
    assert {name.rpartition(".")[2] for name in asked - set(skbayes.TRUSTED_TYPES)} == {"linear"}
    # The others are choices that users may pass.
    unused = set(skbayes.TRUSTED_TYPES) - asked
    choices = {choice.__qualname__ for table in (PRIORS, POSTERIORS) for choice in table.values()}
    assert {name.rpartition(".")[2] for name in unused} <= choices


def test_a_fitted_model_holds_no_tensor_and_no_device(models: dict) -> None:
    for model, _ in models.values():
        saved = pickle.dumps(model)
        # Every class and function that a pickle refers to is named by a string in it.
        names = {text for _, text, _ in pickletools.genops(saved) if isinstance(text, str)}
        assert not {name for name in names if name.split(".")[0] == "torch"}
        assert b"torch" not in saved


def test_a_model_trained_on_another_device_predicts_without_it(models: dict) -> None:
    # Any name will do, such as that of a GPU of another machine: prediction does not look at it.
    # PyTorch knows "maia" as an accelerator that no test machine has.
    for device in ("cuda" if not torch.cuda.is_available() else "maia", "meta", "no such device"):
        for model, X in (models["posterior=full"], models["classes by name"]):
            expected = model.predict_interval(X)
            elsewhere = pickle.loads(pickle.dumps(model)).set_params(device=device)
            loaded = pickle.loads(pickle.dumps(elsewhere))
            assert np.array_equal(loaded.predict_interval(X), expected)
            y = loaded.predict(X)
            with pytest.raises(ValueError, match=f"device must .* Got '{device}'") as error:
                loaded.fit(X, y)
            assert len(str(error.value)) < 500
            assert np.array_equal(loaded.predict_interval(X), expected)


@pytest.mark.parametrize("name", ["regressor", "classifier"])
def test_a_model_saved_by_version_0_1_predicts_what_it_did(name: str) -> None:
    saved = (FIXTURES / f"{name}_0_1.pickle").read_bytes()
    expected = json.loads((FIXTURES / f"{name}_0_1.json").read_text())
    with warnings.catch_warnings():
        # Saved under another version of scikit-learn.
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        model = pickle.loads(saved)
    X = pd.DataFrame(**expected["X"])
    assert X.isna().any(axis=None)
    # Sums run in another order on another machine: rounding errors of 1e-16, a little grown.
    for method, values in expected["predictions"].items():
        actual = getattr(model, method)(X)
        if actual.dtype.kind == "f":
            np.testing.assert_allclose(actual, values, rtol=1e-6)
        else:
            assert actual.tolist() == values


def test_fixtures_are_small() -> None:
    assert sum(path.stat().st_size for path in FIXTURES.iterdir()) < 100_000
