"""The default beside other probabilistic regressors, on the same splits in one run.

    pip install ngboost sklearn-contrib-bde==1.0.2 catboost pytabkit
    python examples/benchmarks/side_by_side.py --data DIR --sets concrete energy --splits 3

DIR holds `regression/NAME.npz` as for `uci.py`. A method whose package is missing is left out.
CatBoost and RealMLP-TD predict a number: a tenth of the rows is kept back, to learn the standard
deviation of a normal density from.
Log-likelihoods are means in nats a row and original units; higher is better. Times are
medians of wall-clock seconds for fit and prediction together.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from results import add_save_option, save
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skbayes import BayesianMLPRegressor
from skbayes.metrics import interval_coverage
from skbayes.predictive import NormalMixture, PredictiveDistribution

Array = NDArray[np.float64]
Method = Callable[[Array, Array, Array, int], PredictiveDistribution]


def normal(mean: Array, std: Array) -> PredictiveDistribution:
    """Mixture of normals; components first where there are several."""
    mean, std = (np.atleast_2d(values)[..., None] for values in (mean, std))
    return NormalMixture(torch.tensor(mean), torch.tensor(std))


def skbayes(X: Array, y: Array, X_test: Array, seed: int) -> PredictiveDistribution:
    return BayesianMLPRegressor(random_state=seed).fit(X, y).predict_dist(X_test)


def skbayes_quick(X: Array, y: Array, X_test: Array, seed: int) -> PredictiveDistribution:
    return BayesianMLPRegressor(budget=0.2, random_state=seed).fit(X, y).predict_dist(X_test)


def bde(X: Array, y: Array, X_test: Array, seed: int) -> PredictiveDistribution:
    from bde import BdeRegressor
    from bde.loss import GaussianNLL

    inputs, target = StandardScaler().fit(X), StandardScaler().fit(y[:, None])
    model = BdeRegressor(
        hidden_layers=[16, 16],
        n_members=8,
        seed=seed,
        loss=GaussianNLL(),
        epochs=1000,
        validation_split=0.15,
        lr=1e-3,
        weight_decay=1e-4,
        warmup_steps=5000,
        n_samples=2000,
        n_thinning=10,
        patience=10,
    )
    model.fit(x=inputs.transform(X), y=target.transform(y[:, None]))
    raw = np.asarray(model.predict(inputs.transform(X_test), raw=True), dtype=np.float64)
    raw = raw.reshape(-1, len(X_test), 2)
    scale = np.logaddexp(0, raw[..., 1]) + 1e-6  # as that package's evaluation has it
    return normal(target.mean_ + target.scale_ * raw[..., 0], target.scale_ * scale)


def ngboost(X: Array, y: Array, X_test: Array, seed: int) -> PredictiveDistribution:
    from ngboost import NGBRegressor

    model = NGBRegressor(n_estimators=500, random_state=seed, verbose=False).fit(X, y)
    parameters = model.pred_dist(X_test).params
    return normal(parameters["loc"], parameters["scale"])


def gaussian_process(X: Array, y: Array, X_test: Array, seed: int) -> PredictiveDistribution:
    inputs = StandardScaler().fit(X)
    kernel = ConstantKernel() * RBF(np.ones(X.shape[1])) + WhiteKernel()
    model = GaussianProcessRegressor(kernel, normalize_y=True, random_state=seed)
    model.fit(inputs.transform(X), y)
    return normal(*model.predict(inputs.transform(X_test), return_std=True))


def with_noise(model: Any, X: Array, y: Array, X_test: Array, seed: int) -> PredictiveDistribution:
    """Of what a model predicts that was fitted to nine tenths of the rows."""
    X_fit, X_kept, y_fit, y_kept = train_test_split(X, y, test_size=0.1, random_state=seed)
    model.fit(X_fit, y_fit)
    noise = np.std(y_kept - np.ravel(model.predict(X_kept)))
    mean = np.ravel(model.predict(X_test)).astype(np.float64)
    return normal(mean, np.full(len(mean), noise))


def catboost(X: Array, y: Array, X_test: Array, seed: int) -> PredictiveDistribution:
    from catboost import CatBoostRegressor

    model = CatBoostRegressor(random_seed=seed, verbose=False, allow_writing_files=False)
    return with_noise(model, X, y, X_test, seed)


def realmlp(X: Array, y: Array, X_test: Array, seed: int) -> PredictiveDistribution:
    from pytabkit import RealMLP_TD_Regressor

    return with_noise(RealMLP_TD_Regressor(device="cpu", random_state=seed), X, y, X_test, seed)


METHODS: dict[str, Method] = {
    "skbayes": skbayes,
    "skbayes, budget=0.2": skbayes_quick,
    "bde": bde,
    "NGBoost": ngboost,
    "Gaussian process": gaussian_process,
    "CatBoost": catboost,
    "RealMLP-TD": realmlp,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=["concrete", "energy"])
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    add_save_option(parser)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    rows: list[dict[str, Any]] = []
    for name in arguments.sets:
        with np.load(arguments.data / "regression" / f"{name}.npz") as file:
            for split in range(arguments.splits):
                X, y = file["X"], file["y"]
                train, test = file[f"train_index_{split}"], file[f"test_index_{split}"]
                for method in arguments.methods:
                    start = time.perf_counter()
                    try:
                        dist = METHODS[method](X[train], y[train], X[test], split)
                    except ImportError as error:
                        print(f"{method} left out: {error}")
                        continue
                    rows.append(
                        {
                            "set": name,
                            "method": method,
                            "ll": dist.log_prob(y[test]).mean(),
                            "rmse": np.sqrt(np.mean((dist.mean() - y[test]) ** 2)),
                            "crps": dist.crps(y[test]).mean(),
                            "coverage": interval_coverage(dist, y[test], coverage=0.9),
                            "seconds": time.perf_counter() - start,
                        }
                    )
                    print(rows[-1], flush=True)
        save(rows, arguments.save, "side_by_side")
    groups = pd.DataFrame(rows).groupby(["set", "method"], sort=False)
    summary = groups.agg(
        {"ll": "mean", "rmse": "mean", "crps": "mean", "coverage": "mean", "seconds": "median"}
    )
    print(summary.to_string(float_format=lambda value: f"{value:.3f}"))


if __name__ == "__main__":
    main()
