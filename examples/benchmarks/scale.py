"""The default beside boosted trees and RealMLP-TD as rows grow: 50 columns, of which ten matter.

    python examples/benchmarks/scale.py --rows 10000 100000 1000000

Columns are standard normal, in single precision. The target is the sum of a sine of a product of
two columns, a square, a straight part of two, a step, a product of two, and a wave; the noise is
normal, its standard deviation 0.5 on one side of a column and 1 on the other. 20,000 further rows
are the test. Density and coverage of the trees and of RealMLP-TD (where pytabkit is installed) are
those of a normal with one standard deviation, from a tenth of the rows that they are not fitted to.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from results import add_save_option, save
from scipy import stats
from sklearn.ensemble import HistGradientBoostingRegressor

from skbayes import BayesianMLPRegressor
from skbayes.metrics import neg_log_predictive_density

N_COLUMNS, N_TEST = 50, 20_000
_BLOCK = 100_000
_COVERAGE = 0.9


def noise_scale(X: NDArray[Any]) -> NDArray[Any]:
    return np.where(X[:, 9] > 0, 1.0, 0.5)


def mean(X: NDArray[Any]) -> NDArray[np.float64]:
    x = X[:, :9].astype(np.float64).T
    return np.asarray(
        2 * np.sin(x[0] * x[1])
        + 0.5 * x[2] ** 2
        + x[3]
        - 0.5 * x[4]
        + 1.5 * (x[5] > 0.5)
        + x[6] * x[7]
        + np.sin(3 * x[8])
    )


def draw(n_rows: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    X = np.empty((n_rows, N_COLUMNS), dtype=np.float32)
    y = np.empty(n_rows)
    for start in range(0, n_rows, _BLOCK):
        block = rng.standard_normal((min(_BLOCK, n_rows - start), N_COLUMNS), dtype=np.float32)
        X[start : start + len(block)] = block
        noise = noise_scale(block) * rng.standard_normal(len(block))
        y[start : start + len(block)] = mean(block) + noise
    return X, y


def bayesian(X: Any, y: Any, X_test: Any, y_test: Any) -> dict[str, float]:
    start = time.perf_counter()
    model = BayesianMLPRegressor(random_state=0).fit(X, y)
    fitted = time.perf_counter()
    ends = model.predict_interval(X_test, _COVERAGE)
    predicted = time.perf_counter()
    dist = model.predict_dist(X_test[:2000])
    return {
        "RMSE to the true mean": root_mean_square(model.predict(X_test) - mean(X_test)),
        "log density": -neg_log_predictive_density(dist, y_test[:2000]),
        "coverage": float(np.mean((ends[:, 0] <= y_test) & (y_test <= ends[:, 1]))),
        "fit, s": fitted - start,
        "intervals, s": predicted - fitted,
    }


def trees(X: Any, y: Any, X_test: Any, y_test: Any) -> dict[str, float]:
    return with_noise(HistGradientBoostingRegressor(random_state=0), X, y, X_test, y_test)


def realmlp(X: Any, y: Any, X_test: Any, y_test: Any) -> dict[str, float]:
    from pytabkit import RealMLP_TD_Regressor

    return with_noise(RealMLP_TD_Regressor(device="cpu", random_state=0), X, y, X_test, y_test)


def with_noise(model: Any, X: Any, y: Any, X_test: Any, y_test: Any) -> dict[str, float]:
    """Of a model that predicts a number."""
    start = time.perf_counter()
    n_kept = len(y) // 10
    model.fit(X[n_kept:], y[n_kept:])
    noise = root_mean_square(np.ravel(model.predict(X[:n_kept])) - y[:n_kept])
    fitted = time.perf_counter()
    prediction = np.ravel(model.predict(X_test)).astype(np.float64)
    lower, upper = stats.norm(prediction, noise).interval(_COVERAGE)
    return {
        "RMSE to the true mean": root_mean_square(prediction - mean(X_test)),
        "log density": float(stats.norm(prediction, noise).logpdf(y_test)[:2000].mean()),
        "coverage": float(np.mean((lower <= y_test) & (y_test <= upper))),
        "fit, s": fitted - start,
        "intervals, s": time.perf_counter() - fitted,
    }


CONTESTANTS = {"skbayes": bayesian, "boosted trees": trees, "RealMLP-TD": realmlp}
# It makes 256 passes over the rows: hours for more of them.
MOST_ROWS = {"RealMLP-TD": 50_000}


def root_mean_square(errors: NDArray[Any]) -> float:
    return float(np.sqrt(np.mean(np.square(errors))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--contestants", nargs="+", default=list(CONTESTANTS), choices=CONTESTANTS)
    add_save_option(parser)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    X_test, y_test = draw(N_TEST, seed=1)
    rows: list[dict[str, Any]] = []
    for n_rows in arguments.rows:
        X, y = draw(n_rows, seed=0)
        for name in arguments.contestants:
            if n_rows > MOST_ROWS.get(name, n_rows):
                print(f"{name} left out at {n_rows} rows")
                continue
            try:
                scores = CONTESTANTS[name](X, y, X_test, y_test)
            except ImportError as error:
                print(f"{name} left out: {error}")
                continue
            rows.append({"rows": n_rows, "contestant": name, **scores})
            numbers = [f"{score} {value:.4g}" for score, value in scores.items()]
            print(f"{n_rows:8d} rows  {name:14s}", *numbers, sep="  ", flush=True)
        save(rows, arguments.save, "scale")


if __name__ == "__main__":
    main()
