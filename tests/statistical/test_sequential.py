"""Bayes' rule in parts: a stream against the posterior of all rows, known in closed form."""

import numpy as np
import pytest

from skbayes import BayesianMLPRegressor
from skbayes.variational import Variational

NOISE = 0.5


@pytest.mark.parametrize("posterior", ["mean_field", "full"])
@pytest.mark.parametrize("n_batches", [2, 5])
def test_a_stream_reaches_the_conjugate_posterior(posterior: str, n_batches: int) -> None:
    rng = np.random.RandomState(0)
    n_rows = 300
    X = rng.standard_normal((n_rows, 3))
    y = X @ [1.0, -2.0, 0.5] + 0.3 + NOISE * rng.standard_normal(n_rows)
    regressor = BayesianMLPRegressor(
        (),
        likelihood="normal",
        inference=Variational(n_members=1, n_draws=8),
        posterior=posterior,
        prior_sigma=2.0,
        standardize=False,
        tol=0.0,
        max_iter=1500,
        n_posterior_samples=4000,
        random_state=0,
    )
    for rows in np.array_split(np.arange(n_rows), n_batches):
        regressor.partial_fit(X[rows], y[rows])

    # The weights' posterior given the noise (Bishop 2006, eq. 3.53 and 3.54): prior standard
    # deviation 2 for the bias and 2 / sqrt(3) for the weights.
    design = np.c_[X, np.ones(n_rows)]
    precision = design.T @ design / NOISE**2 + np.diag([0.75, 0.75, 0.75, 0.25])
    mean = np.linalg.solve(precision, design.T @ y / NOISE**2)
    draws = regressor.posterior_draws_[:, :4]
    # Inputs are independent, so that the precision is nearly diagonal, and what is lost by passing
    # on the marginals alone is a fraction of a standard deviation that grows with
    # the correlations in a batch (about 1 / sqrt(60) with five batches). Learning the noise
    # adds its share: 300 rows know it to 4 percent.
    scale = np.sqrt(np.diag(np.linalg.inv(precision)))
    assert np.abs((draws.mean(0) - mean) / scale).max() < 0.5
    np.testing.assert_allclose(draws.std(0), scale, rtol=0.15)
    assert regressor.noise_std_ == pytest.approx(NOISE, rel=0.1)


def test_the_bounds_of_the_parts_add_up_to_that_of_the_whole() -> None:
    # log p(y) = log p(y_1) + log p(y_2 | y_1). On a linear model with independent inputs the
    # mean-field bound is nearly the evidence itself, in each part.
    rng = np.random.RandomState(1)
    X = rng.standard_normal((200, 2))
    y = X @ [1.0, -1.0] + NOISE * rng.standard_normal(200)
    settings = {
        "hidden_layer_sizes": (),
        "likelihood": "normal",
        "prior_sigma": 1.0,
        "standardize": False,
        "inference": Variational(n_members=1, n_draws=8),
        "tol": 0.0,
        "max_iter": 1500,
        "random_state": 0,
    }
    whole = 200 * BayesianMLPRegressor(**settings).fit(X, y).elbo_
    regressor = BayesianMLPRegressor(**settings)
    parts = sum(
        100 * regressor.partial_fit(X[rows], y[rows]).elbo_
        for rows in (slice(100), slice(100, 200))
    )
    # The gap per part is half the log determinant ratio of the correlation matrix, a tenth of a
    # nat or so, where the evidence is about -160 nats and the noise of the average 0.1.
    assert parts == pytest.approx(whole, abs=0.7)
