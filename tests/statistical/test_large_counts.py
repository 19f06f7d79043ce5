"""Counts so large that their relative noise is a thousandth: chains fit them to that precision."""

import numpy as np
from scipy import stats

from skbayes import BayesianMLPRegressor
from skbayes.metrics import interval_coverage, neg_log_predictive_density


def test_poisson_counts_of_a_million_are_dense_and_covered() -> None:
    rng = np.random.RandomState(0)
    X = rng.normal(size=(1400, 3))
    rate = 1e6 * np.exp(0.3 * X[:, 0] + 0.2 * np.sin(X[:, 1]))
    y = rng.poisson(rate).astype(float)
    model = BayesianMLPRegressor(likelihood="poisson", budget=0.5, random_state=0).fit(
        X[:400], y[:400]
    )
    dist = model.predict_dist(X[400:])
    truth = stats.poisson(rate[400:]).logpmf(y[400:]).mean()
    # A variational fit, whose spread exceeds the noise, loses 0.85 nats and covers all. Some 30
    # parameters learned from 400 rows cost 30 / 800 = 0.04 nats; chains reach 0.10.
    assert truth - 0.2 < -neg_log_predictive_density(dist, y[400:]) < truth
    # Binomial standard error of 1000 rows: 0.9 %; the rest is the approximation.
    assert 0.86 < interval_coverage(dist, y[400:], coverage=0.9) < 0.95
