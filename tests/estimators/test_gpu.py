"""Training on a GPU: as on a CPU, but for rounding. Skipped where PyTorch sees no CUDA device."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes, load_iris
from torch import nn

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor, BayesianNetRegressor
from skbayes.estimators import planning
from skbayes.likelihoods import Censored, Hurdle
from skbayes.samplers import HMC, MCLMC
from skbayes.variational import Variational

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

# Of so few steps rounding has not grown: chaos takes some hundreds to amplify it.
_STEPS = 20
_TOLERANCE = 1e-6
_START = Variational(n_members=2)


def _module(n_features_in: int, n_outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_features_in, 8), nn.Tanh(), nn.Linear(8, n_outputs))


ESTIMATORS: dict[str, Any] = {
    "variational": BayesianMLPRegressor(inference=_START),
    "early stopping": BayesianMLPRegressor(inference=_START, early_stopping=True),
    "low rank": BayesianMLPRegressor(inference=_START, posterior="low_rank"),
    "mclmc": BayesianMLPRegressor(
        inference=MCLMC(n_chains=2, n_warmup=5, n_samples=4, thin=1, start=_START)
    ),
    "mclmc on parts": BayesianMLPRegressor(
        inference=MCLMC(n_chains=2, n_warmup=5, n_samples=4, thin=1, start=_START, batch_size=50)
    ),
    "categories on parts": BayesianMLPRegressor(
        inference=MCLMC(n_chains=2, n_warmup=5, n_samples=4, thin=1, start=_START, batch_size=50),
        discrete_as_categories=True,
    ),
    "censored": BayesianMLPRegressor(inference=_START, likelihood=Censored(upper=300.0)),
    "hurdle": BayesianMLPRegressor(inference=_START, likelihood=Hurdle(at=72.0)),
    "hmc": BayesianMLPRegressor(
        inference=HMC(n_chains=2, n_warmup=3, n_samples=4, thin=1, start=_START)
    ),
    "gamma": BayesianMLPRegressor(inference=_START, likelihood="gamma"),
    "classes": BayesianMLPClassifier(inference=_START),
    "module": BayesianNetRegressor(_module),
}


def _fitted(name: str, device: str) -> Any:
    is_classifier = name == "classes"
    X, y = (load_iris if is_classifier else load_diabetes)(return_X_y=True)
    estimator = ESTIMATORS[name].set_params(device=device, max_iter=_STEPS, random_state=0)
    return estimator.set_params(dtype="float64", n_posterior_samples=8).fit(X, y)


@needs_gpu
@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_same_draws_as_on_a_cpu(name: str) -> None:
    on_gpu = _fitted(name, "cuda").posterior_draws_.copy()
    on_cpu = _fitted(name, "cpu").posterior_draws_
    np.testing.assert_allclose(on_gpu, on_cpu, rtol=_TOLERANCE, atol=_TOLERANCE)


@needs_gpu
def test_a_model_from_a_gpu_predicts_without_it() -> None:
    X, _ = load_diabetes(return_X_y=True)
    model = _fitted("mclmc", "cuda")
    again = pickle.loads(pickle.dumps(model)).set_params(device="cpu")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


@needs_gpu
def test_the_default_learns_on_a_gpu() -> None:
    X, y = load_diabetes(return_X_y=True)
    model = BayesianMLPRegressor(device="auto", budget=0.05, random_state=0).fit(X, y)
    assert model.plan_.device == "cuda"
    assert model.score(X, y) > 0.4


@pytest.mark.parametrize("name", ESTIMATORS)
def test_they_fit_where_there_is_no_gpu(name: str) -> None:
    assert np.isfinite(_fitted(name, "cpu").posterior_draws_).all()


@pytest.mark.parametrize(("sees_gpu", "device"), [(True, "cuda"), (False, "cpu")])
def test_auto_is_a_gpu_where_there_is_one(
    sees_gpu: bool, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: sees_gpu)
    assert planning.device("auto") == device
    assert planning.device("mps") == "mps"
