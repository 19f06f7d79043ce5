"""The diabetes data: default settings against Bayesian ridge regression.

Five-fold cross-validation, repeated over several shuffles. One row a shuffle, and the mean.

    python examples/benchmarks/diabetes.py
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
from numpy.typing import NDArray
from results import add_save_option, save
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import BayesianRidge
from sklearn.model_selection import KFold
from torch import from_numpy

from skbayes import BayesianMLPRegressor, PredictiveDistribution
from skbayes.metrics import interval_coverage, neg_log_predictive_density
from skbayes.predictive import NormalMixture

Scores = NDArray[np.float64]


def ridge_distribution(model: BayesianRidge, X: Scores) -> PredictiveDistribution:
    mean, std = model.predict(X, return_std=True)
    return NormalMixture(from_numpy(mean)[None, :, None], from_numpy(std)[None, :, None])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shuffles", type=int, default=4)
    add_save_option(parser)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = load_diabetes(return_X_y=True)

    def scores(dist: PredictiveDistribution, y_test: Scores, seconds: float) -> list[float]:
        return [
            float(np.mean((dist.mean() - y_test) ** 2)),
            neg_log_predictive_density(dist, y_test),
            interval_coverage(dist, y_test, coverage=0.9),
            seconds,
        ]

    def show(name: str, folds: list[list[float]]) -> None:
        mse, density, coverage, seconds = np.mean(folds, axis=0)
        print(
            f"{name:34s} {mse**0.5:7.2f} {density:8.4f} {100 * coverage:8.1f} {seconds:7.2f}",
            flush=True,
        )

    print(f"{'mean of 5 folds':34s} {'RMSE':>7s} {'NLPD':>8s} {'cover %':>8s} {'fit s':>7s}")
    ours: list[list[float]] = []
    theirs: list[list[float]] = []
    for seed in range(arguments.shuffles):
        for train, test in KFold(5, shuffle=True, random_state=seed).split(X):
            start = time.perf_counter()
            model = BayesianMLPRegressor(random_state=0).fit(X[train], y[train])
            seconds = time.perf_counter() - start
            ours.append(scores(model.predict_dist(X[test]), y[test], seconds))
            start = time.perf_counter()
            ridge = BayesianRidge().fit(X[train], y[train])
            seconds = time.perf_counter() - start
            theirs.append(scores(ridge_distribution(ridge, X[test]), y[test], seconds))
        show(f"BayesianMLPRegressor, shuffle {seed}", ours[-5:])
        show(f"BayesianRidge, shuffle {seed}", theirs[-5:])
    show("BayesianMLPRegressor, all", ours)
    show("BayesianRidge, all", theirs)
    difference = np.array(ours)[:, 1] - np.array(theirs)[:, 1]
    error = difference.std(ddof=1) / len(difference) ** 0.5
    names = ["squared error", "NLPD", "coverage", "fit, s"]
    both = {"BayesianMLPRegressor": ours, "BayesianRidge": theirs}
    rows = [
        {"contestant": contestant, **dict(zip(names, values, strict=True))}
        for contestant, folds in both.items()
        for values in folds
    ]
    save(rows, arguments.save, "diabetes")
    print(f"NLPD difference {difference.mean():+.4f} nats, standard error over folds {error:.4f}")


if __name__ == "__main__":
    main()
