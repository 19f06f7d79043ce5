"""Raw tables with strings and gaps, against a ColumnTransformer and HistGradientBoosting.

    python examples/benchmarks/mixed_tables.py --data DIR

DIR holds `raw/adult.csv`, `raw/german_credit.csv` and `raw/california_housing.csv`. Each is read by
`pandas.read_csv` and goes into the estimators as it is: with their defaults, and with the settings
of `CHOSEN`. The baseline codes strings with an OrdinalEncoder, tells HistGradientBoosting
which columns are categorical, leaves gaps to it, and stops early; everything else is at its
default. A quarter of the rows are for the test; split and seed of a fit are the same number.

Classification: log loss in nats a row. Regression: the mean of the boosted trees is fitted with
squared error, and each of 19 quantiles by a model of its own, sorted where they cross. Their CRPS
is twice the mean pinball loss over the 19 levels, for both contestants, so that the same thing is
compared; the interval score is that of the central 90 % interval. Boosted trees give no density.
Their log-likelihood is that of a normal about the mean, with the standard deviation of the
residuals in five-fold cross-validation ("one noise"), or with that which the spread of the
quantiles stands for ("quantile noise"); or that of a Student-t distribution, fitted to the
residuals in units of that spread, both in five-fold cross-validation ("quantile Student-t noise").
Prices of California housing end at a cap: there the log-likelihood is, for all, the logarithm of
the probability of the cap or more.
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
from bounds import CAP, log_likelihood, log_likelihood_of
from numpy.typing import NDArray
from results import add_save_option, save
from scipy import stats
from settings import HELP, from_json
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor

TARGETS = {
    "adult": "income",
    "german_credit": "class",
    "california_housing": "median_house_value",
}
REGRESSION = {"california_housing"}
_VARIATIONAL = {"inference": "variational", "activation": "relu", "standardize": "quantile"}
CHOSEN: dict[str, dict[str, Any]] = {
    "adult": _VARIATIONAL,
    "german_credit": _VARIATIONAL,
    "california_housing": {
        **_VARIATIONAL,
        "likelihood": "heteroscedastic_student_t",
        "hidden_layer_sizes": [32, 32, 32],
        "max_iter": 12_000,
    },
}
LEVELS = np.arange(1, 20) / 20
FloatArray = NDArray[np.float64]


def boosted(estimator: type, X: pd.DataFrame, **parameters: Any) -> Pipeline:
    """The baseline: coded strings, then boosted trees."""
    strings = list(X.select_dtypes(exclude="number").columns)
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan
    )
    columns = make_column_transformer((encoder, strings), remainder="passthrough")
    categorical = list(range(len(strings)))
    trees = estimator(
        categorical_features=categorical, early_stopping=True, random_state=0, **parameters
    )
    return make_pipeline(columns, trees)


def scores_of_quantiles(y: FloatArray, quantiles: FloatArray) -> dict[str, float]:
    """Scores of quantiles ``(n, 19)`` at `LEVELS`."""
    miss = y[:, None] - quantiles
    lower, upper = quantiles[:, 0], quantiles[:, -1]
    outside = np.maximum(lower - y, 0) + np.maximum(y - upper, 0)
    return {
        "CRPS": 2 * float(np.maximum(LEVELS * miss, (LEVELS - 1) * miss).mean()),
        "interval score": float((upper - lower + 2 / 0.1 * outside).mean()),
        "coverage of 90 %": float((outside == 0).mean()),
    }


def regression_baseline(split: list[Any]) -> dict[str, dict[str, float]]:
    X_train, X_test, y_train, y_test = split
    trees = boosted(HistGradientBoostingRegressor, X_train)
    of_level = [
        boosted(HistGradientBoostingRegressor, X_train, loss="quantile", quantile=level)
        for level in LEVELS
    ]
    quantiles = np.column_stack([model.fit(X_train, y_train).predict(X_test) for model in of_level])
    quantiles.sort(axis=1)
    mean = trees.fit(X_train, y_train).predict(X_test)
    cv_mean, cv_lower, cv_upper = (
        cross_val_predict(model, X_train, y_train, cv=5)
        for model in (trees, of_level[0], of_level[-1])
    )
    residuals = y_train - cv_mean

    def spread(lower: FloatArray, upper: FloatArray) -> FloatArray:
        # The central 90 % of a normal are 3.29 standard deviations wide.
        return np.maximum((upper - lower) / 3.2897, 1e-3 * np.std(y_train))

    noise = spread(quantiles[:, 0], quantiles[:, -1])
    df, loc, scale = stats.t.fit(residuals / spread(cv_lower, cv_upper))
    densities = {
        "one": stats.norm(mean, np.std(residuals)),
        "quantile": stats.norm(mean, noise),
        "quantile Student-t": stats.t(df, mean + loc * noise, scale * noise),
    }
    shared = {
        "RMSE": float(np.sqrt(np.mean((mean - y_test) ** 2))),
        **scores_of_quantiles(y_test, quantiles),
    }
    return {
        f"HistGradientBoosting, {name} noise": {
            "log-likelihood": float(
                log_likelihood(y_test, density.logpdf(y_test), density.sf(CAP)).mean()
            ),
            **shared,
        }
        for name, density in densities.items()
    }


def regression(split: list[Any], seed: int, settings: dict[str, Any]) -> dict[str, float]:
    X_train, X_test, y_train, y_test = split
    start = time.perf_counter()
    regressor = BayesianMLPRegressor(random_state=seed, **settings).fit(X_train, y_train)
    seconds = time.perf_counter() - start
    dist = regressor.predict_dist(X_test)
    return {
        "log-likelihood": float(log_likelihood_of(dist, y_test).mean()),
        "RMSE": float(np.sqrt(np.mean((dist.mean() - y_test) ** 2))),
        **scores_of_quantiles(y_test, dist.quantile(LEVELS)),
        "fit, s": seconds,
    }


def classification(split: list[Any], fit: Callable[[pd.DataFrame, Any], Any]) -> dict[str, float]:
    X_train, X_test, y_train, y_test = split
    start = time.perf_counter()
    classifier = fit(X_train, y_train)
    seconds = time.perf_counter() - start
    proba = classifier.predict_proba(X_test)
    return {
        "log-likelihood": -float(log_loss(y_test, proba, labels=classifier.classes_)),
        "accuracy": float(classifier.score(X_test, y_test)),
        "fit, s": seconds,
    }


def contestants(
    name: str, split: list[Any], seed: int, settings: list[dict[str, Any]], with_baseline: bool
) -> dict[str, dict[str, float]]:
    """Scores of everyone on one split."""
    X_train = split[0]
    results: dict[str, dict[str, float]] = {}
    if name in REGRESSION:
        if with_baseline:
            results |= regression_baseline(split)
        for setting in settings:
            results[f"BayesianMLPRegressor {setting or ''}"] = regression(split, seed, setting)
        return results
    if with_baseline:
        trees = boosted(HistGradientBoostingClassifier, X_train)
        results["HistGradientBoosting"] = classification(split, trees.fit)
    for setting in settings:
        estimator = BayesianMLPClassifier(random_state=seed, **setting)
        results[f"BayesianMLPClassifier {setting or ''}"] = classification(split, estimator.fit)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=list(TARGETS), choices=list(TARGETS))
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--rows", type=int, help="training rows; three quarters of all otherwise")
    parser.add_argument(
        "--settings",
        type=from_json,
        nargs="+",
        help=HELP + ", one contestant each; the defaults and those chosen for the table otherwise",
    )
    parser.add_argument("--no-baseline", action="store_true")
    add_save_option(parser)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    saved: list[dict[str, Any]] = []
    for name in arguments.sets:
        X = pd.read_csv(arguments.data / "raw" / f"{name}.csv")
        y = X.pop(TARGETS[name]).to_numpy()
        settings = arguments.settings or [{}, CHOSEN[name]]
        rows: dict[str, list[dict[str, float]]] = {}
        for seed in range(arguments.splits):
            split = train_test_split(
                X,
                y,
                random_state=seed,
                test_size=0.25,
                train_size=arguments.rows,
                stratify=None if name in REGRESSION else y,
            )
            found = contestants(name, split, seed, settings, not arguments.no_baseline)
            for contestant, scores in found.items():
                rows.setdefault(contestant, []).append(scores)
                saved.append({"set": name, "contestant": contestant.strip(), **scores})
        save(saved, arguments.save, "mixed_tables")
        print(f"\n{name}, {len(X)} rows, mean ± standard error of {arguments.splits} splits\n")
        columns = list(next(reversed(rows.values()))[0])
        print("| | " + " | ".join(columns) + " |\n|" + "---|" * (len(columns) + 1))
        for contestant, of_splits in rows.items():
            table = pd.DataFrame(of_splits).reindex(columns=columns)
            error = table.std(ddof=1) / len(table) ** 0.5
            cells = [f"{table[c].mean():.4g} ± {error[c]:.2g}" for c in columns]
            print(f"| {contestant.strip()} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
