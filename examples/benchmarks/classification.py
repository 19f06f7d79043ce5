"""Classification: default settings beside networks, forests, boosted trees, logistic regression.

    python examples/benchmarks/classification.py --data DIR --splits 10

Without --data, the breast cancer, digits, iris and wine data that come with scikit-learn, on ten
stratified splits with 15 % for the test. DIR holds `classification/NAME.npz` with `X`, `y`,
`train_index_i`, `valid_index_i` and `test_index_i`; every contestant is fitted to the training and
validation rows together. The seed of a fit is the number of its split. Test negative
log-likelihood (NLL) in nats a row and expected calibration error (ECE) of the most probable class;
lower is better. CatBoost takes part where it is installed.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from results import add_save_option, save
from settings import HELP, from_json
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import from_numpy

from skbayes import BayesianMLPClassifier, ClassDistribution
from skbayes.metrics import brier, calibration_error, neg_log_predictive_density
from skbayes.predictive import CategoricalMixture

Split = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]
BUNDLED = {
    "breast_cancer": load_breast_cancer,
    "digits": load_digits,
    "iris": load_iris,
    "wine": load_wine,
}
N_SPLITS = 10


def bundled_splits(name: str) -> Iterator[Split]:
    X, y = BUNDLED[name](return_X_y=True)
    splitter = StratifiedShuffleSplit(N_SPLITS, test_size=0.15, random_state=0)
    for train, test in splitter.split(X, y):
        yield X[train], X[test], y[train], y[test]


def official_splits(path: Path) -> Iterator[Split]:
    with np.load(path) as file:
        X, y = file["X"], file["y"]
        for split in range(N_SPLITS):
            train = np.concatenate([file[f"{part}_index_{split}"] for part in ("train", "valid")])
            test = file[f"test_index_{split}"]
            yield X[train], X[test], y[train], y[test]


def distribution(classifier: Any, X: NDArray[Any]) -> ClassDistribution:
    if isinstance(classifier, BayesianMLPClassifier):
        return classifier.predict_dist(X)
    # A probability that rounded to zero counts as the rounding error, as in log_loss.
    proba = np.maximum(classifier.predict_proba(X), np.finfo(np.float64).eps)
    return CategoricalMixture(from_numpy(np.log(proba))[None], classifier.classes_)


def contestants(split: int, settings: dict[str, Any]) -> dict[str, Any]:
    logistic = LogisticRegressionCV(
        scoring="neg_log_loss", max_iter=10_000, use_legacy_attributes=False, l1_ratios=(0.0,)
    )
    try:
        from catboost import CatBoostClassifier
    except ImportError:
        catboost = {}
    else:
        catboost = {
            "CatBoost": CatBoostClassifier(verbose=0, random_seed=split, allow_writing_files=False)
        }
    return {
        "BayesianMLPClassifier": BayesianMLPClassifier(**{"random_state": split, **settings}),
        "MLPClassifier": make_pipeline(StandardScaler(), MLPClassifier(random_state=split)),
        "LogisticRegressionCV": make_pipeline(StandardScaler(), logistic),
        "RandomForest": RandomForestClassifier(500, random_state=split),
        "HistGradientBoosting": HistGradientBoostingClassifier(random_state=split),
        **catboost,
    }


def evaluate(classifier: Any, data: Split) -> dict[str, float]:
    X_train, X_test, y_train, y_test = data
    start = time.perf_counter()
    classifier.fit(X_train, y_train)
    seconds = time.perf_counter() - start
    dist = distribution(classifier, X_test)
    return {
        "NLL": neg_log_predictive_density(dist, y_test),
        "ECE": calibration_error(dist, y_test),
        "Brier": brier(dist, y_test),
        "accuracy": float(dist.is_mode(y_test).mean()),
        "fit, s": seconds,
    }


def summary(results: pd.DataFrame) -> str:
    mean, error = results.mean(), results.std(ddof=1) / len(results) ** 0.5
    cells = [f"{mean[name]:.4f} ± {error[name]:.4f}" for name in results.columns[:-1]]
    return " | ".join([*cells, f"{results.iloc[:, -1].median():.1f}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder that holds classification/NAME.npz")
    parser.add_argument("--sets", nargs="+", help="all by default")
    parser.add_argument("--splits", type=int, default=N_SPLITS)
    parser.add_argument(
        "--settings",
        type=from_json,
        default={},
        help=HELP + "; the defaults otherwise",
    )
    parser.add_argument("--only", nargs="+", help="contestants; all by default")
    add_save_option(parser)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    sources = {name: bundled_splits(name) for name in BUNDLED}
    if arguments.data is not None:
        paths = sorted((arguments.data / "classification").glob("*.npz"))
        sources = {path.stem: official_splits(path) for path in paths} | sources
    print(f"{arguments.splits} splits, settings: {arguments.settings or 'defaults'}\n")
    header_printed = False
    saved: list[dict[str, Any]] = []
    for name in arguments.sets or sources:
        rows: dict[str, list[dict[str, float]]] = {}
        for split, data in zip(range(arguments.splits), sources[name], strict=False):
            for contestant, classifier in contestants(split, arguments.settings).items():
                if not arguments.only or contestant in arguments.only:
                    rows.setdefault(contestant, []).append(evaluate(classifier, data))
        for contestant, results in rows.items():
            saved += [{"set": name, "contestant": contestant, **scores} for scores in results]
            table = pd.DataFrame(results)
            if not header_printed:
                print("| set | classifier | " + " | ".join(table.columns) + " |")
                print("|---" * (2 + len(table.columns)) + "|")
                header_printed = True
            print(f"| {name} | {contestant} | {summary(table)} |", flush=True)
        save(saved, arguments.save, "classification")


if __name__ == "__main__":
    main()
