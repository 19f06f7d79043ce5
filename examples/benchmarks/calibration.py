"""Intervals and sets, calibrated and not, beside MAPIE's on the same rows.

    python examples/benchmarks/calibration.py --data DIR
    python examples/benchmarks/calibration.py --data DIR --sets concrete german_credit --seeds 0 1 2

DIR holds `raw/adult.csv`, `raw/german_credit.csv`, `raw/california_housing.csv` and
`regression/concrete.npz`. A quarter of the rows are for the test. "Own" is the default estimator
fitted to all other rows, "conformal, cross-validated" the same with five folds; "conformal, held
out" and MAPIE calibrate one and the same model with a quarter of them, which it was not fitted to:
MAPIE by absolute residuals (regression) and by the probability of the class (LAC).
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from results import add_save_option, save
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skbayes import (
    BayesianMLPClassifier,
    BayesianMLPRegressor,
    ConformalClassifier,
    ConformalRegressor,
)

TARGETS = {
    "adult": "income",
    "german_credit": "class",
    "california_housing": "median_house_value",
}
SETS = ("concrete", "california_housing", "german_credit", "adult")
COVERAGE = 0.9


def load(data: Path, name: str) -> tuple[Any, NDArray[Any]]:
    if name == "concrete":
        file = np.load(data / "regression" / "concrete.npz")
        return file["X"], file["y"]
    frame = pd.read_csv(data / "raw" / f"{name}.csv")
    return frame.drop(columns=TARGETS[name]), frame[TARGETS[name]].to_numpy()


def of_intervals(name: str, ends: NDArray[np.float64], y: NDArray[Any]) -> dict[str, Any]:
    lower, upper = ends.T
    inside = (lower <= y) & (y <= upper)
    excess = np.maximum(lower - y, 0) + np.maximum(y - upper, 0)
    return {
        "way": name,
        "coverage": inside.mean(),
        "size": np.mean(upper - lower),
        "interval score": np.mean(upper - lower + 2 / (1 - COVERAGE) * excess),
    }


def of_sets(name: str, members: NDArray[np.bool_], y: NDArray[Any], classes: Any) -> dict[str, Any]:
    sizes = members.sum(axis=1)
    return {
        "way": name,
        "coverage": members[np.arange(len(y)), np.searchsorted(classes, y)].mean(),
        "size": sizes.mean(),
        "sets of one class": np.mean(sizes == 1),
    }


def regression(
    X: Any, y: NDArray[Any], parts: list[NDArray[Any]], seed: int
) -> Iterator[dict[str, Any]]:
    fitted, calibration, test = parts
    train = np.sort(np.r_[fitted, calibration])
    y_test = y[test]
    make = BayesianMLPRegressor(random_state=seed)
    own = make.fit(_rows(X, train), y[train])
    yield of_intervals("own", own.predict_interval(_rows(X, test), COVERAGE), y_test)
    crossed = ConformalRegressor(BayesianMLPRegressor(random_state=seed), cv=5)
    crossed.fit(_rows(X, train), y[train])
    ends = crossed.predict_interval(_rows(X, test), COVERAGE)
    yield of_intervals("conformal, cross-validated", ends, y_test)
    model = BayesianMLPRegressor(random_state=seed).fit(_rows(X, fitted), y[fitted])
    held = ConformalRegressor(model, cv="prefit").fit(_rows(X, calibration), y[calibration])
    ends = held.predict_interval(_rows(X, test), COVERAGE)
    yield of_intervals("conformal, held out", ends, y_test)
    try:
        from mapie.regression import SplitConformalRegressor
    except ImportError:
        return
    rival = SplitConformalRegressor(model, confidence_level=COVERAGE, prefit=True)
    rival.conformalize(_rows(X, calibration), y[calibration])
    _, ends = rival.predict_interval(_rows(X, test))
    yield of_intervals("MAPIE, held out", ends[:, :, 0], y_test)


def classification(
    X: Any, y: NDArray[Any], parts: list[NDArray[Any]], seed: int
) -> Iterator[dict[str, Any]]:
    fitted, calibration, test = parts
    train = np.sort(np.r_[fitted, calibration])
    y_test = y[test]
    own = BayesianMLPClassifier(random_state=seed).fit(_rows(X, train), y[train])
    classes = own.classes_
    yield of_sets("own", own.predict_set(_rows(X, test), COVERAGE), y_test, classes)
    crossed = ConformalClassifier(BayesianMLPClassifier(random_state=seed), cv=5)
    crossed.fit(_rows(X, train), y[train])
    members = crossed.predict_set(_rows(X, test), COVERAGE)
    yield of_sets("conformal, cross-validated", members, y_test, classes)
    model = BayesianMLPClassifier(random_state=seed).fit(_rows(X, fitted), y[fitted])
    held = ConformalClassifier(model, cv="prefit").fit(_rows(X, calibration), y[calibration])
    members = held.predict_set(_rows(X, test), COVERAGE)
    yield of_sets("conformal, held out", members, y_test, classes)
    try:
        from mapie.classification import SplitConformalClassifier
    except ImportError:
        return
    rival = SplitConformalClassifier(model, confidence_level=COVERAGE, prefit=True)
    rival.conformalize(_rows(X, calibration), y[calibration])
    _, members = rival.predict_set(_rows(X, test))
    yield of_sets("MAPIE, held out", members[:, :, 0], y_test, classes)


def _rows(X: Any, rows: NDArray[Any]) -> Any:
    return X.iloc[rows] if isinstance(X, pd.DataFrame) else X[rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    add_save_option(parser)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    rows: list[dict[str, Any]] = []
    for name in arguments.sets:
        X, y = load(arguments.data, name)
        is_classes = name in ("adult", "german_credit")
        for seed in arguments.seeds:
            print(f"\n{name}, seed {seed}", flush=True)
            stratify = y if is_classes else None
            train, test = train_test_split(
                np.arange(len(y)), test_size=0.25, stratify=stratify, random_state=seed
            )
            stratify = y[train] if is_classes else None
            fitted, calibration = train_test_split(
                train, test_size=0.25, stratify=stratify, random_state=seed
            )
            run = classification if is_classes else regression
            for scores in run(X, y, [fitted, calibration, test], seed):
                rows.append({"set": name, "seed": seed, **scores})
                numbers = [f"{n} {x:.4g}" for n, x in scores.items() if n != "way"]
                print(f"  {scores['way']:28s}", *numbers, sep="  ", flush=True)
            save(rows, arguments.save, "calibration")


if __name__ == "__main__":
    main()
