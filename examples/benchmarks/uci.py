"""UCI regression sets on their official splits, beside published results.

    python examples/benchmarks/uci.py --data DIR --sets concrete energy power wine --splits 20

DIR holds `regression/NAME.npz` with `X`, `y`, `train_index_i` and `test_index_i`. Where
`../reference/published_uci.csv` lies beside it, the published rows are printed too. The seed of a
fit is the number of its split. Log-likelihoods are in nats a row and original units; higher is
better.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from results import add_save_option, save
from settings import HELP, from_json
from sklearn.exceptions import ConvergenceWarning

from skbayes import BayesianMLPRegressor
from skbayes.metrics import (
    crps,
    interval_coverage,
    mean_interval_width,
    neg_log_predictive_density,
)

COLUMNS = ["rmse", "ll", "crps", "coverage", "width", "n_iter", "fit_s", "predict_s"]


def evaluate(file: Any, split: int, settings: dict[str, Any]) -> dict[str, float]:
    X, y = file["X"], file["y"]
    train, test = file[f"train_index_{split}"], file[f"test_index_{split}"]
    start = time.perf_counter()
    model = BayesianMLPRegressor(random_state=split, **settings).fit(X[train], y[train])
    fitted = time.perf_counter()
    model.predict_interval(X[test])
    predicted = time.perf_counter()
    dist = model.predict_dist(X[test])
    return {
        "rows": len(train),
        "rmse": float(np.sqrt(np.mean((dist.mean() - y[test]) ** 2))),
        "ll": -neg_log_predictive_density(dist, y[test]),
        "crps": crps(dist, y[test]),
        "coverage": interval_coverage(dist, y[test], coverage=0.9),
        "width": mean_interval_width(dist, coverage=0.9),
        "n_iter": model.n_iter_,
        "fit_s": fitted - start,
        "predict_s": predicted - fitted,
    }


def show_published(reference: Path, name: str) -> None:
    if not reference.exists():
        return
    rows = pd.read_csv(reference)
    rows = rows[rows["dataset"] == name]
    table = rows.pivot_table(index="method", columns="metric", values="mean", sort=False)
    for method, row in table.sort_values("ll").iterrows():
        rmse = f"{row['rmse']:8.3f}" if "rmse" in row and np.isfinite(row["rmse"]) else " " * 8
        print(f"    {method!s:34s} {rmse} {row['ll']:8.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=["concrete", "energy", "power", "wine"])
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument(
        "--settings",
        type=from_json,
        default={},
        help=HELP + "; the defaults otherwise",
    )
    parser.add_argument("--no-published", action="store_true")
    add_save_option(parser)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(f"settings: {arguments.settings or 'defaults'}")
    rows: list[dict[str, Any]] = []
    for name in arguments.sets:
        with np.load(arguments.data / "regression" / f"{name}.npz") as file:
            found = [
                {"set": name, "split": split, **evaluate(file, split, arguments.settings)}
                for split in range(arguments.splits)
            ]
        rows += found
        save(rows, arguments.save, "uci")
        results = pd.DataFrame(found)[COLUMNS]
        summary = pd.DataFrame(
            {
                "mean": results.mean(),
                "std error": results.std(ddof=1) / len(results) ** 0.5,
                "median": results.median(),
            }
        ).T
        print(f"\n{name}, {len(results)} splits")
        print(summary.to_string(float_format=lambda value: f"{value:.3f}"), flush=True)
        if not arguments.no_published:
            print(f"  published, worst first {'':15s} {'rmse':>8s} {'ll':>8s}")
            show_published(arguments.data.parent / "reference" / "published_uci.csv", name)


if __name__ == "__main__":
    main()
