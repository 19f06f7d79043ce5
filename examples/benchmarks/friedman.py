"""Friedman's first function: what a posterior makes of the noise, what a grouping of the features.

    python examples/benchmarks/friedman.py

Inputs are uniform, `y = 10 sin(pi x0 x1) + 20 (x2 - 1/2)^2 + 10 x3 + 5 x4` plus normal noise of
standard deviation 1; further features do nothing. Log-likelihoods are in nats a row.
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import numpy as np
from settings import VARIATIONAL
from sklearn.datasets import make_friedman1
from sklearn.exceptions import ConvergenceWarning

from skbayes import BayesianMLPRegressor
from skbayes.metrics import neg_log_predictive_density
from skbayes.posteriors import Deterministic, LastLayer, LowRank, MeanField
from skbayes.priors import Normal

POSTERIORS = [
    MeanField(),
    LowRank(),
    Deterministic(),
    LastLayer("mean_field"),
    LastLayer("full"),
]


def fit(n_rows: int, n_features: int, max_iter: int, **settings: Any) -> BayesianMLPRegressor:
    X, y = make_friedman1(n_rows, n_features=n_features, noise=1.0, random_state=0)
    model = BayesianMLPRegressor(
        (16, 16), max_iter=max_iter, random_state=0, **VARIATIONAL, **settings
    )
    return model.fit(X, y)


def log_likelihood(model: BayesianMLPRegressor) -> float:
    n_features = model.n_features_in_
    X, y = make_friedman1(2000, n_features=n_features, noise=1.0, random_state=1)
    return -neg_log_predictive_density(model.predict_dist(X), y)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-iter", type=int, default=4000)
    max_iter = parser.parse_args().max_iter
    warnings.simplefilter("ignore", ConvergenceWarning)

    for n_rows in (200, 3000):
        print(f"posteriors, {n_rows} rows, 8 features")
        for posterior in POSTERIORS:
            model = fit(n_rows, 8, max_iter, posterior=posterior)
            noise, score = model.noise_std_, log_likelihood(model)
            print(
                f"  {posterior!s:42s} noise {noise:5.2f}  log-likelihood {score:8.3f}", flush=True
            )

    print("groupings, 300 rows, 15 features of which 5 matter")
    for grouping in ("unit", "layer", "feature"):
        model = fit(300, 15, max_iter, prior=Normal(grouping=grouping))
        print(f"  {grouping:10s} log-likelihood {log_likelihood(model):8.3f}", flush=True)
    print("  relevance by feature:", np.round(model.feature_prior_scales_, 2))


if __name__ == "__main__":
    main()
