"""Estimators over a module of the user's own: the same face as the perceptron's."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator
from torch import nn

from skbayes import (
    BayesianMLPRegressor,
    BayesianNetClassifier,
    BayesianNetClassifierCV,
    BayesianNetRegressor,
    BayesianNetRegressorCV,
)
from skbayes.samplers import MCLMC
from skbayes.variational import Variational

QUICK = {"inference": Variational(2), "max_iter": 60, "n_posterior_samples": 20, "random_state": 0}


def perceptron(n_features_in: int, n_outputs: int, width: int = 8) -> nn.Module:
    return nn.Sequential(nn.Linear(n_features_in, width), nn.Tanh(), nn.Linear(width, n_outputs))


def normalised(n_features_in: int, n_outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_features_in, 6), nn.LayerNorm(6), nn.Linear(6, n_outputs))


def dropping(n_features_in: int, n_outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_features_in, 6), nn.Dropout(0.3), nn.Linear(6, n_outputs))


def cnn(n_features_in: int, n_outputs: int, n_filters: int = 4) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(n_features_in, n_filters, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(9 * n_filters, n_outputs),
    )


class Recurrent(nn.Module):
    def __init__(self, n_features_in: int, n_outputs: int) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(2, 6, batch_first=True), nn.Linear(6, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.lstm(x)[0][:, -1])


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_digits(return_X_y=True)
    return X[:300].reshape(-1, 1, 8, 8), y[:300]


@pytest.mark.filterwarnings("ignore")  # the checks make warnings of their own
@pytest.mark.parametrize("estimator", [BayesianNetRegressor, BayesianNetClassifier])
def test_check_estimator(estimator: type) -> None:
    check_estimator(estimator(perceptron, inference=Variational(1), max_iter=80))


def test_a_module_that_is_the_perceptron_predicts_as_well_as_it() -> None:
    X, y = load_diabetes(return_X_y=True)
    options = {"inference": Variational(2), "prior_sigma": 1.0, "max_iter": 1500, "random_state": 0}
    train, test = slice(300), slice(300, None)
    own = BayesianMLPRegressor((8,), activation="tanh", linear_skip=False, **options).fit(
        X[train], y[train]
    )
    net = BayesianNetRegressor(perceptron, **options).fit(X[train], y[train])
    errors = [np.sqrt(np.mean((model.predict(X[test]) - y[test]) ** 2)) for model in (own, net)]
    # Other starts of the same two members: the errors are near 55, the target's deviation is 77.
    assert errors[1] == pytest.approx(errors[0], rel=0.03)
    assert own.elbo_ == pytest.approx(net.elbo_, abs=0.03)


def test_images_are_classified_better_than_by_chance(digits: tuple) -> None:
    X, y = digits
    net = BayesianNetClassifier(cnn, random_state=0, budget=0.4).fit(X[:200], y[:200])
    assert net.score(X[200:], y[200:]) > 0.85
    assert net.plan_.standardize == "whole"
    assert net.kl_weight_ in (1.0, 0.3, 0.1, 0.03)
    assert net.predict_proba(X[:3]).shape == (3, 10)
    assert net.predict_set(X[:3]).shape == (3, 10)
    with pytest.raises(ValueError, match=r"rows of the shape \(1, 8, 8\)"):
        net.predict(X[:, :, :7])
    with pytest.raises(ValueError, match="rows of the shape"):
        net.predict(X.reshape(-1, 64))


def test_sequences_of_several_columns() -> None:
    rng = np.random.RandomState(0)
    X = rng.standard_normal((80, 5, 2))
    y = X[:, -1, 0] + 0.5 * X[:, -2, 1]
    net = BayesianNetRegressor(Recurrent, likelihood="normal", **QUICK).fit(X, y)
    assert net.predict_interval(X[:4]).shape == (4, 2)
    assert net.sample_f(X[:4], 3).shape == (4, 3)
    assert BayesianNetRegressor(Recurrent, **QUICK).fit(X.tolist(), y).predict(X[:2]).shape == (2,)


@pytest.mark.filterwarnings("ignore:None of the")
def test_tables_with_categories_and_gaps() -> None:
    rng = np.random.RandomState(0)
    frame = pd.DataFrame(
        {
            "size": rng.normal(5, 2, 120),
            "kind": rng.choice(["a", "b", "c"], 120),
            "age": np.where(rng.rand(120) < 0.2, np.nan, rng.normal(0, 1, 120)),
        }
    )
    y = frame["size"] + (frame["kind"] == "b") * 10
    n_features = []

    def spy(n_features_in: int, n_outputs: int) -> nn.Module:
        n_features.append(n_features_in)
        return perceptron(n_features_in, n_outputs)

    options = {**QUICK, "max_iter": 800, "likelihood": "normal", "prior_sigma": 2.0}
    net = BayesianNetRegressor(spy, **options).fit(frame, y)
    assert set(n_features) == {6}  # two numbers, a gap, three kinds
    error = net.predict(frame) - y
    assert np.sqrt(np.mean(error**2)) < 0.25 * y.std()
    unknown = frame.assign(kind="new")
    assert np.isfinite(net.predict(unknown)).all()


def test_parameters_of_the_module_are_searched_and_cloned() -> None:
    X, y = load_diabetes(return_X_y=True)
    net = BayesianNetRegressor(perceptron, module__width=3, **QUICK)
    assert net.get_params()["module__width"] == 3
    assert "module__width=3" in repr(net)
    search = GridSearchCV(net, {"module__width": [2, 5]}, cv=2).fit(X, y)
    assert search.best_estimator_.posterior_draws_.shape[1] in (
        10 * w + w + 2 * w + 2 + 1 for w in (2, 5)
    )
    assert clone(net).set_params(module__width=7).module__width == 7
    assert cross_val_score(make_pipeline(StandardScaler(), net), X, y, cv=2).shape == (2,)
    with pytest.raises(ValueError, match="module must be callable with"):
        net.set_params(module__depth=2).fit(X, y)


@pytest.mark.parametrize("module", [normalised, dropping], ids=["layer_norm", "dropout"])
def test_one_seed_gives_one_model_and_the_global_generator_is_left_alone(module: object) -> None:
    X, y = load_diabetes(return_X_y=True)
    before = torch.get_rng_state()
    first, again = (
        BayesianNetRegressor(module, **QUICK).fit(X[:60], y[:60]).predict(X[:9]) for _ in range(2)
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(first, again)


def test_points_of_normalisation_have_no_doubt() -> None:
    X, y = load_diabetes(return_X_y=True)
    chains = {**QUICK, "inference": MCLMC(n_chains=2, n_warmup=40, n_samples=10, thin=1)}
    for options in (QUICK, chains):
        net = BayesianNetRegressor(normalised, likelihood="normal", **options).fit(X[:60], y[:60])
        points = net.posterior_draws_[:, -13:-1]  # twelve, and the noise
        assert np.all(points[0::2] == points[0]), "of the first member or chain"
        assert not np.all(net.posterior_draws_[0::2, 0] == net.posterior_draws_[0, 0])


@pytest.mark.parametrize("posterior", ["low_rank", "radial", "last_layer", "deterministic"])
def test_every_posterior(posterior: str) -> None:
    X, y = load_diabetes(return_X_y=True)
    net = BayesianNetRegressor(perceptron, posterior=posterior, **QUICK)
    with np.errstate(all="raise"):
        assert np.isfinite(net.fit(X[:200], y[:200]).predict(X[:5])).all()


def test_chains_over_a_module() -> None:
    X, y = load_diabetes(return_X_y=True)
    chains = MCLMC(n_chains=2, n_warmup=60, n_samples=10, thin=2)
    net = BayesianNetRegressor(perceptron, **{**QUICK, "inference": chains}).fit(X[:100], y[:100])
    assert net.diagnostics_.r_hat.shape == (50, 1)
    assert net.predict_interval(X[:5]).shape == (5, 2)


def test_partial_fit_and_warm_start_go_on() -> None:
    X, y = load_diabetes(return_X_y=True)
    net = BayesianNetRegressor(perceptron, **QUICK, likelihood="normal")
    net.partial_fit(X[:100], y[:100])
    before = net.posterior_draws_.copy()
    net.partial_fit(X[100:200], y[100:200])
    assert not np.array_equal(net.posterior_draws_, before)
    warm = BayesianNetRegressor(perceptron, warm_start=True, **QUICK).fit(X[:100], y[:100])
    warm.fit(X[:120], y[:120])
    with pytest.raises(ValueError, match="goes on from the previous fit"):
        warm.set_params(module__width=3).fit(X[:100], y[:100])


def test_models_are_pickled_with_their_module_by_name(digits: tuple) -> None:
    X, y = digits
    net = BayesianNetClassifier(cnn, module__n_filters=2, **QUICK).fit(X[:60], y[:60])
    loaded = pickle.loads(pickle.dumps(net))
    assert np.array_equal(loaded.predict_proba(X), net.predict_proba(X))


def test_the_prior_sigma_is_searched_for(digits: tuple) -> None:
    X, y = load_diabetes(return_X_y=True)
    options = {**QUICK, "cv": 2, "prior_sigmas": [0.1, 1.0]}
    search = BayesianNetRegressorCV(perceptron, module__width=3, **options).fit(X, y)
    assert search.best_prior_sigma_ in (0.1, 1.0)
    images, labels = digits
    over = BayesianNetClassifierCV(cnn, **options).fit(images[:60], labels[:60])
    assert over.predict(images[:3]).shape == (3,)


def test_a_module_that_cannot_serve_is_named_and_nothing_is_lost() -> None:
    X, y = load_diabetes(return_X_y=True)
    net = BayesianNetRegressor(perceptron, **QUICK).fit(X[:60], y[:60])
    before = net.predict(X[:5])

    def batch_norm(n_features_in: int, n_outputs: int) -> nn.Module:
        return nn.Sequential(nn.Linear(n_features_in, n_outputs), nn.BatchNorm1d(n_outputs))

    bad = {
        "must make a torch": lambda n_features_in, n_outputs: 3,
        "shape \\(n_rows, n_outputs\\)": lambda n_features_in, n_outputs: nn.Linear(
            n_features_in, n_outputs + 1
        ),
        "statistics of batches": batch_norm,
        "module must be a callable": None,
        "module must be callable with": lambda n_inputs: nn.Linear(n_inputs, 1),
    }
    for match, module in bad.items():
        with pytest.raises(ValueError, match=match):
            net.set_params(module=module).fit(X[:60], y[:60])
        assert np.array_equal(net.predict(X[:5]), before)
