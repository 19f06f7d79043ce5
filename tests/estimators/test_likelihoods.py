"""The regressor with each likelihood."""

import math

import numpy as np
import pytest
from sklearn.base import clone

from skbayes import BayesianMLPRegressor
from skbayes.model import LIKELIHOODS

ALL = sorted(LIKELIHOODS)


def _targets(n_outputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Targets that every likelihood allows: positive whole numbers."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 2))
    y = 1.0 + rng.poisson(np.exp(1 + 0.5 * X[:, :1]), size=(60, n_outputs))
    return X, y[:, 0] if n_outputs == 1 else y


def _quick(likelihood: str, **parameters: object) -> BayesianMLPRegressor:
    settings = {"n_members": 2, "n_posterior_samples": 20, "max_iter": 60, "random_state": 0}
    return BayesianMLPRegressor((8,), likelihood=likelihood, **settings | parameters)


@pytest.mark.parametrize("likelihood", ALL)
@pytest.mark.parametrize(("n_outputs", "shape"), [(1, (5,)), (3, (5, 3))])
def test_every_method_works_with_every_likelihood(
    likelihood: str, n_outputs: int, shape: tuple[int, ...]
) -> None:
    X, y = _targets(n_outputs)
    model = _quick(likelihood).fit(X, y)
    mean, std = model.predict(X[:5], return_std=True)
    assert mean.shape == std.shape == shape
    assert np.all(np.isfinite(mean))
    assert model.predict_interval(X[:5]).shape == (*shape, 2)
    assert model.predict_interval(X[:5], kind="mean").shape == (*shape, 2)
    assert np.all(np.diff(model.predict_quantiles(X[:5])) >= 0)
    assert model.sample_y(X[:5], 4).shape == (*shape, 4)
    assert model.sample_f(X[:5], 4).shape == (*shape, 4)
    split = model.predict_uncertainty(X[:5])
    np.testing.assert_allclose(split.total**2, split.aleatoric**2 + split.epistemic**2)
    dist = model.predict_dist(X)
    for values in (dist.log_prob(y), dist.cdf(y), dist.crps(y)):
        assert values.shape == y.shape
        assert np.all(np.isfinite(values))


@pytest.mark.parametrize("likelihood", ALL)
def test_whole_weights_are_copies_of_rows(likelihood: str) -> None:
    X, y = _targets(1)
    counts = np.random.RandomState(1).randint(0, 3, size=60)
    weighted = _quick(likelihood).fit(X, y, sample_weight=counts)
    repeated = _quick(likelihood).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-7)
    assert weighted.elbo_ == pytest.approx(repeated.elbo_)


def test_an_unknown_likelihood_is_named() -> None:
    with pytest.raises(ValueError, match="'likelihood' parameter of BayesianMLPRegressor must be"):
        _quick("cauchy").fit(*_targets(1))


def test_a_fitted_model_keeps_its_likelihood() -> None:
    X, y = _targets(1)
    model = _quick("heteroscedastic").fit(X, y)
    before = model.predict(X, return_std=True)
    model.set_params(likelihood="normal")
    assert np.array_equal(before, model.predict(X, return_std=True))
    assert clone(model).likelihood == "normal"


@pytest.mark.parametrize("likelihood", ["normal", "heteroscedastic"])
def test_the_bound_is_in_the_units_of_the_target(likelihood: str) -> None:
    X, y = _targets(1)
    small, large = _quick(likelihood).fit(X, y), _quick(likelihood).fit(X, 1000 * y)
    assert small.elbo_ - large.elbo_ == pytest.approx(math.log(1000))


def test_noise_std_is_none_where_the_noise_differs_between_rows() -> None:
    X, y = _targets(1)
    assert _quick("normal").fit(X, y).noise_std_ > 0
    assert _quick("heteroscedastic").fit(X, y).noise_std_ is None
