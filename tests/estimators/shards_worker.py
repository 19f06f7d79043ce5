"""One of two processes that fit estimators together.

    python shards_worker.py FILE CASE ...

Saves what the cases found to ``FILE{rank}.npz``.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor, BayesianNetRegressor
from skbayes.distributed import fit_shard
from skbayes.inference import Batches
from skbayes.model import Peers
from skbayes.samplers import MCLMC
from skbayes.tables import Rows, Table, TableFormat, common_rows
from skbayes.variational import Variational

RANK = int(os.environ["RANK"])
FILE_OF_FIRST = Path(f"{sys.argv[1]}0.npz")
CHAINS = MCLMC(n_chains=2, n_warmup=20, n_samples=10, thin=2, start=Variational(n_members=2))
QUICK: dict[str, Any] = {"max_iter": 60, "n_posterior_samples": 20, "random_state": 0}


def fit_numbers() -> dict[str, Any]:
    """Full batches of rows that are in the same order in one process: equal but for rounding."""
    X, y = load_diabetes(return_X_y=True)
    order = np.lexsort(X.T[::-1])
    X, y = X[order], y[order]
    weights = np.where(np.arange(len(X)) % 3 == 0, 2.0, 1.0)
    part = slice(0, 300) if RANK == 0 else slice(300, None)
    found = {}
    for name, inference in {"chains": CHAINS, "variational": Variational(n_members=2)}.items():
        options = {**QUICK, "inference": inference, "batch_size": len(X), "dtype": "float64"}
        regressor = BayesianMLPRegressor((8,), n_bins=2, **options)
        fit_shard(regressor, X[part], y[part], weights[part])
        found[f"{name} together"] = regressor.predict_interval(X)
        found[f"{name} score"] = regressor.elbo_
        if RANK == 0:
            alone = BayesianMLPRegressor((8,), n_bins=2, **options).fit(X, y, weights)
            found[f"{name} alone"] = alone.predict_interval(X)
            assert str(alone.plan_) == str(regressor.plan_)
            np.testing.assert_array_equal(alone._target_units.loc, regressor._target_units.loc)
            np.testing.assert_array_equal(
                alone._encoding.bins.start, regressor._encoding.bins.start
            )
    return found


def fit_classes() -> dict[str, Any]:
    """By the defaults, of which none of the processes sees all classes."""
    X, y = load_wine(return_X_y=True)
    labels = np.array(["a", "bb", "ccc"], dtype=object)[y]
    mine = (y != 2) if RANK == 0 else (y != 0)
    mine &= (np.arange(len(y)) % 2 == RANK) | (y != 1)
    classifier = BayesianMLPClassifier(budget=0.1, random_state=None)
    fit_shard(classifier, X[mine], labels[mine])
    return {
        "probabilities": classifier.predict_proba(X),
        "draws": classifier.posterior_draws_,
        "classes": classifier.classes_.astype(str),
        "accuracy": classifier.score(X, labels),
    }


def fit_mixed() -> dict[str, Any]:
    """A table of numbers, gaps and categories; minibatches."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = X.iloc[:, :4].copy()
    X["size"] = pd.cut(X["mean area"], 3, labels=["small", "medium", "large"]).astype(object)
    X.iloc[::7, 0] = np.nan
    mine = np.arange(len(X)) % 3 == 0
    mine = mine if RANK == 0 else ~mine
    options = {**QUICK, "inference": Variational(n_members=2), "batch_size": 100}
    classifier = fit_shard(BayesianMLPClassifier(**options), X[mine], y[mine])
    return {"probabilities": classifier.predict_proba(X), "accuracy": classifier.score(X, y)}


def network(n_features_in: int, n_outputs: int) -> torch.nn.Module:
    return torch.nn.Sequential(
        torch.nn.Linear(n_features_in, 8),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.1),
        torch.nn.Linear(8, n_outputs),
    )


def fit_module() -> dict[str, Any]:
    X, y = load_diabetes(return_X_y=True)
    regressor = BayesianNetRegressor(network, **{**QUICK, "max_iter": 20})
    fit_shard(regressor, X[RANK::2], y[RANK::2])
    return {"mean": regressor.predict(X)}


def fail_alike() -> dict[str, Any]:
    """What each process is told where they do not go together."""
    X, y = load_diabetes(return_X_y=True)
    X, y = X[RANK::2].copy(), y[RANK::2]

    def told(estimator: Any, X: Any, y: Any) -> str:
        try:
            fit_shard(estimator, X, y)
        except ValueError as error:
            assert not hasattr(estimator, "plan_")
            return str(error)
        return ""

    bad = X.copy()
    bad[3, 1] = np.inf if RANK == 1 else 0.0
    kinds = np.array([(1, 2), "b"], dtype=object)[np.arange(len(X)) % 2]
    kind: Any = pd.DataFrame({"number": X[:, 0], "kind": kinds})
    named = pd.DataFrame(X[:, :2], columns=["a", "b"] if RANK == 0 else ["b", "a"])
    return {
        "names": told(BayesianMLPRegressor(), named, y),
        "input": told(BayesianMLPRegressor(), bad, y),
        "parameter": told(BayesianMLPRegressor(tol=0.1 * RANK), X, y),
        "columns": told(BayesianMLPRegressor(), X[:, : 5 - RANK], y),
        "type": told(BayesianMLPRegressor(), X.astype(np.float64 if RANK else np.float32), y),
        "unsupported": told(BayesianMLPRegressor(early_stopping=RANK == 0), X, y),
        "sparse": told(BayesianMLPRegressor(), sparse.csr_array(X), y),
        "categories": told(BayesianMLPRegressor(), kind, y),
        "one class": told(BayesianMLPClassifier(), X, np.ones(len(X), dtype=int)),
    }


def draw_sample() -> dict[str, Any]:
    """Rows that know their number, of which a process has twice as many as the other."""
    part = np.arange(200.0) if RANK == 0 else np.arange(200.0, 300.0)
    table = Table(TableFormat([1], True), part[:, None], [part.astype(int).astype(object)])
    rows = Rows.of(table, part[:, None], part + 1)
    sample = common_rows(rows, Peers(), most=90)
    return {
        "numbers": sample.table.numeric[:, 0],
        "categories": sample.table.categorical[0].astype(float),
        "targets": sample.targets[:, 0],
        "weights": sample.row_weights - 1,
    }


def be_left(how: Callable[[], None], timeout: float) -> dict[str, Any]:
    """The second process stops in the middle of training."""
    # However long the other process takes to start; only then the time counts.
    is_ready = [Path(f"{sys.argv[1]}.ready{rank}") for rank in range(2)]
    is_ready[RANK].touch()
    while not all(path.exists() for path in is_ready):
        time.sleep(0.05)
    X, y = load_diabetes(return_X_y=True)
    if RANK == 1:
        n_left = iter([False] * 20)
        next_batch = Batches.__next__

        def stop_at_last(batches: Batches) -> Any:
            if next(n_left, True):
                how()
            return next_batch(batches)

        Batches.__next__ = stop_at_last  # type: ignore[method-assign]
    try:
        fit_shard(BayesianMLPRegressor(**QUICK), X[RANK::2], y[RANK::2], timeout=timeout)
    except RuntimeError as error:
        return {"message": str(error)}
    return {}


def be_silent() -> None:
    """Until the other process has given up."""
    while not FILE_OF_FIRST.exists():
        time.sleep(0.1)
    os._exit(0)


CASES: dict[str, Callable[[], dict[str, Any]]] = {
    "numbers": fit_numbers,
    "classes": fit_classes,
    "mixed": fit_mixed,
    "module": fit_module,
    "failures": fail_alike,
    "sample": draw_sample,
    "death": lambda: be_left(lambda: os._exit(3), timeout=600),
    "silence": lambda: be_left(be_silent, timeout=5),
}

if __name__ == "__main__":
    file, *cases = sys.argv[1:]
    found = {case: CASES[case]() for case in cases}
    np.savez(f"{file}{RANK}.npz", **{f"{c} {n}": x for c in cases for n, x in found[c].items()})
