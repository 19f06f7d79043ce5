"""ArviZ reads what each posterior draw predicts."""

import copy
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.datasets import load_diabetes, load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.arviz import to_inference_data
from skbayes.samplers import MCLMC
from skbayes.variational import Variational

az = pytest.importorskip("arviz")

QUICK = {"hidden_layer_sizes": (4,), "max_iter": 200, "random_state": 0}
X, Y = load_diabetes(return_X_y=True)
X, Y = X[:80], Y[:80]


@pytest.fixture(scope="module")
def sampled() -> BayesianMLPRegressor:
    chains = MCLMC(n_chains=2, n_warmup=30, n_samples=10, thin=1)
    return BayesianMLPRegressor(likelihood="normal", inference=chains, **QUICK).fit(X, Y)


def test_functions_are_those_of_each_chain(sampled: BayesianMLPRegressor) -> None:
    data = to_inference_data(sampled, X, Y)
    assert data["posterior"]["f"].dims == ("chain", "draw", "row")
    assert np.array_equal(data["posterior"]["f"], sampled.predict_by_member(X))
    assert np.array_equal(data["observed_data"]["y"], Y)
    steps = data["sample_stats"]["step_size"]
    assert steps.shape == (2, 10)
    assert np.array_equal(steps[:, 3], sampled.diagnostics_.step_size)


def test_log_likelihoods_are_those_of_each_draw(sampled: BayesianMLPRegressor) -> None:
    data = to_inference_data(sampled, X, Y)
    log_likelihood = data["log_likelihood"]["y"].to_numpy()
    mixture = np.log(np.exp(log_likelihood).mean(axis=(0, 1)))
    np.testing.assert_allclose(mixture, sampled.predict_dist(X).log_prob(Y))
    # Two rows give the noise of a normal likelihood, and so the log densities of all others.
    errors = np.square(Y - data["posterior"]["f"].to_numpy())
    far = errors.argmax(-1, keepdims=True)
    near = errors.argmin(-1, keepdims=True)
    of_far, of_near = (np.take_along_axis(errors, row, -1) for row in (far, near))
    drop = np.take_along_axis(log_likelihood, near, -1) - np.take_along_axis(
        log_likelihood, far, -1
    )
    scale = np.sqrt((of_far - of_near) / (2 * drop))
    np.testing.assert_allclose(log_likelihood, stats.norm.logpdf(np.sqrt(errors), 0, scale))


def test_new_observations_vary_about_the_function(sampled: BayesianMLPRegressor) -> None:
    many = np.repeat(X[:1], 4000, axis=0)
    data = to_inference_data(sampled, many)
    assert "log_likelihood" not in data
    new, mean = data["posterior_predictive"]["y"], data["posterior"]["f"]
    noise = sampled.predict_uncertainty(X[:1]).aleatoric[0]
    # 80,000 values: relative standard error of a standard deviation 0.25 %.
    assert float((new - mean).std()) == pytest.approx(noise, rel=0.015)
    again = to_inference_data(sampled, many)
    assert np.array_equal(new, again["posterior_predictive"]["y"])


def test_members_count_as_chains_and_rows_keep_their_names() -> None:
    frame = pd.DataFrame(X, index=[f"row {i}" for i in range(80)])
    frame.columns = [f"x{i}" for i in range(10)]
    model = make_pipeline(
        StandardScaler(),
        BayesianMLPRegressor(inference=Variational(3), n_posterior_samples=20, **QUICK),
    )
    data = to_inference_data(model.fit(frame, Y), frame, Y)
    assert data["posterior"]["f"].shape == (3, 6, 80)  # 20 draws: two members have a seventh
    assert data["posterior"]["f"].coords["row"].to_numpy()[3] == "row 3"
    assert "sample_stats" not in data
    twice = pd.concat([frame, frame])
    rows = to_inference_data(model, twice)["posterior"]["f"].coords["row"]
    assert np.array_equal(rows, np.arange(160))


def test_several_targets_have_an_axis() -> None:
    two = np.column_stack([Y, -Y])
    model = BayesianMLPRegressor(inference=Variational(2), n_posterior_samples=8, **QUICK)
    data = to_inference_data(model.fit(X, two), X, two)
    assert data["posterior"]["f"].dims == ("chain", "draw", "row", "output")
    assert data["log_likelihood"]["y"].shape == (2, 4, 80, 2)
    assert data["observed_data"]["y"].dims == ("row", "output")


@pytest.mark.parametrize("several_labels", [False, True])
def test_classes_have_names(several_labels: bool) -> None:
    rows, numbers = load_iris(return_X_y=True)
    y = np.eye(3, dtype=int)[numbers] if several_labels else np.array(["a", "b", "c"])[numbers]
    model = BayesianMLPClassifier(inference=Variational(2), n_posterior_samples=8, **QUICK)
    data = to_inference_data(model.fit(rows, y), rows, y)
    f, log_likelihood = data["posterior"]["f"], data["log_likelihood"]["y"].to_numpy()
    assert f.dims == ("chain", "draw", "row", "class")
    if several_labels:
        expected = np.log(np.where(y == 1, f, 1 - f.to_numpy()))
    else:
        assert f.coords["class"].to_numpy().tolist() == ["a", "b", "c"]
        expected = np.log(f.to_numpy()[:, :, np.arange(150), numbers])
    np.testing.assert_allclose(log_likelihood, expected, atol=1e-12)
    assert set(np.unique(data["posterior_predictive"]["y"])) <= set(np.unique(y))


def test_arviz_summarises_and_cross_validates(sampled: BayesianMLPRegressor) -> None:
    data = to_inference_data(sampled, X, Y)
    summary = az.summary(data, var_names="f")
    assert len(summary) == 80
    np.testing.assert_allclose(
        summary["mean"].astype(float), sampled.predict(X), atol=0.06, rtol=0.006
    )


def test_chains_that_were_interrupted_have_no_statistics(sampled: BayesianMLPRegressor) -> None:
    cut = copy.copy(sampled)
    cut.diagnostics_ = Bunch(step_size=None, energy_error=None, reason="Sampling interrupted.")
    data = to_inference_data(cut, X)
    assert "sample_stats" not in data
    assert "posterior" in data


def test_observations_that_do_not_fit_are_refused(sampled: BayesianMLPRegressor) -> None:
    with pytest.raises(ValueError, match="y must have shape"):
        to_inference_data(sampled, X, Y[:-1])


def test_without_arviz_the_extra_is_named(
    sampled: BayesianMLPRegressor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "arviz", None)
    with pytest.raises(ImportError, match=r"skbayes\[arviz\]"):
        to_inference_data(sampled, X)
