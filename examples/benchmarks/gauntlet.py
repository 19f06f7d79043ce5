"""The default regressor on thirty families of simulated data, beside its rivals.

    python examples/benchmarks/gauntlet.py
    python examples/benchmarks/gauntlet.py --families straight_line one_wild_x --rivals ridge trees

Each family has a known truth and is drawn anew for each seed. RMSE, log density and coverage are
those of 1000 new rows (of the noise that training had, wild values apart). Rivals: `BayesianRidge`,
`GaussianProcessRegressor` (up to 1000 rows), `HistGradientBoostingRegressor` and, where it is
installed (`pip install "skbayes[benchmarks]"`), CatBoost. Densities of the trees are normal, with
the standard deviation of their residuals in five-fold cross-validation. Log densities are in nats
a row, higher is better; of rows at the zeros of zero-inflated targets the default has a log
probability, which is less than any density there would be. "far" marks an RMSE more than 10 %
above the best, coverage outside 85 to 97 %, or a log density more than 0.02 below the best.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from results import add_save_option, save
from scipy import stats
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import BayesianRidge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skbayes import BayesianMLPRegressor
from skbayes.metrics import interval_coverage, neg_log_predictive_density

N_TEST = 1000
_MOST_GAUSSIAN_PROCESS_ROWS = 1000
#: Near the best: times its RMSE, below its log density; and what 90 % intervals should cover.
NEAR_RMSE, NEAR_DENSITY, COVERAGE = 1.1, 0.02, (0.85, 0.97)


class Rows(NamedTuple):
    """Rows to fit and new ones."""

    X: Any
    y: np.ndarray
    X_test: Any
    y_test: np.ndarray


Family = Callable[[np.random.RandomState], Rows]
FAMILIES: dict[str, Family] = {}


def family(n_rows: int, **variants: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register ``draw(rng, n) -> X, y`` with `n_rows` rows, and under further names with others."""

    def register(draw: Callable[..., Any]) -> Callable[..., Any]:
        for name, n in {draw.__name__: n_rows, **variants}.items():

            def make(rng: np.random.RandomState, n: int = n) -> Rows:
                X, y = draw(rng, n + N_TEST)
                return Rows(X[:n], y[:n], X[n:], y[n:])

            FAMILIES[name] = make
        return draw

    return register


@family(200, line_of_10_rows=10, line_of_20_rows=20, line_of_2000_rows=2000)
def straight_line(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 5))
    return X, X @ np.arange(1.0, 6.0) + rng.normal(size=n)


@family(240)
def skewed_power_law(rng: np.random.RandomState, n: int) -> Any:
    X = rng.uniform(size=(n, 5))
    f = 60 * X[:, 0] ** 6 * (1 + 0.2 * X[:, 1]) + 0.3 * X[:, 2]
    return X, f + 0.006 * (1 + f) * rng.normal(size=n)


@family(400)
def multiplicative_noise(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 3))
    return X, np.exp(0.5 * X[:, 0] + 0.3 * X[:, 1]) * rng.lognormal(0, 0.3, n)


@family(400)
def exponential_noise(rng: np.random.RandomState, n: int) -> Any:
    X = rng.uniform(-1, 1, (n, 4))
    return X, np.sin(3 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.5 * rng.exponential(size=n)


@family(400)
def noise_that_follows_x(rng: np.random.RandomState, n: int) -> Any:
    X = rng.uniform(-2, 2, (n, 2))
    return X, np.sin(2 * X[:, 0]) + (0.1 + 0.4 * np.abs(X[:, 1])) * rng.normal(size=n)


@family(400)
def heavy_tails(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 4))
    return X, X[:, 0] + np.sin(2 * X[:, 1]) + 0.3 * rng.standard_t(2.5, n)


@family(300)
def one_wild_x(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 3))
    y = X[:, 0] + np.sin(2 * X[:, 1]) + 0.2 * rng.normal(size=n)
    X[0, 0] = 1e6
    return X, y


@family(300)
def one_wild_y(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 3))
    y = X[:, 0] + np.sin(2 * X[:, 1]) + 0.2 * rng.normal(size=n)
    y[0] = 1e6
    return X, y


@family(400)
def heavy_tailed_inputs(rng: np.random.RandomState, n: int) -> Any:
    X = rng.lognormal(0, 1.5, (n, 4))
    return X, np.log(X[:, 0]) + np.sqrt(X[:, 1].clip(0, 9)) + 0.2 * rng.normal(size=n)


@family(500)
def whole_numbers(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 5))
    return X, np.round(5 + 0.8 * X[:, 0] + 0.5 * np.sin(2 * X[:, 1]) + 0.5 * rng.normal(size=n))


@family(500)
def zero_inflated(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 4))
    is_zero = rng.rand(n) < 1 / (1 + np.exp(2 * X[:, 0]))
    return X, np.where(is_zero, 0.0, np.exp(0.5 * X[:, 1] + 0.3 * rng.normal(size=n)))


@family(500)
def counts(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 4))
    return X, rng.poisson(np.exp(1 + 0.5 * X[:, 0] + 0.3 * np.sin(2 * X[:, 1]))).astype(float)


@family(400)
def steps(rng: np.random.RandomState, n: int) -> Any:
    X = rng.uniform(size=(n, 3))
    return X, np.floor(4 * X[:, 0]) + 2.0 * (X[:, 1] > 0.6) + 0.2 * rng.normal(size=n)


@family(500)
def high_frequency(rng: np.random.RandomState, n: int) -> Any:
    X = rng.uniform(-1, 1, (n, 1))
    return X, np.sin(20 * X[:, 0]) + 0.1 * rng.normal(size=n)


@family(600)
def xor_among_idle_columns(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 20))
    return X, np.sign(X[:, 0] * X[:, 1]) + 0.2 * rng.normal(size=n)


@family(200)
def collinear(rng: np.random.RandomState, n: int) -> Any:
    base = rng.normal(size=(n, 2))
    X = np.column_stack([base, base @ rng.normal(size=(2, 6)) + 0.01 * rng.normal(size=(n, 6))])
    return X, base[:, 0] - base[:, 1] + 0.3 * rng.normal(size=n)


@family(40)
def more_columns_than_rows(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 3000))
    return X, 2 * X[:, 0] + 0.5 * rng.normal(size=n)


def _bands(rng: np.random.RandomState, n: int) -> Any:
    """Spectra of 200 columns, sums of four bands that overlap, and how much there is of each."""
    place, centres = np.linspace(0, 1, 200), np.array([0.1, 0.4, 0.5, 0.8])
    bands = np.exp(-0.5 * ((place - centres[:, None]) / [[0.05], [0.2], [0.1], [0.15]]) ** 2)
    amounts = rng.normal(size=(n, 4))
    return amounts @ bands + 0.01 * rng.normal(size=(n, 200)), amounts


@family(60)
def spectra(rng: np.random.RandomState, n: int) -> Any:
    X, amounts = _bands(rng, n)
    return X, amounts[:, 0] - 0.5 * amounts[:, 1] + 0.1 * rng.normal(size=n)


@family(60)
def curved_spectra(rng: np.random.RandomState, n: int) -> Any:
    X, amounts = _bands(rng, n)
    return X, amounts[:, 0] + amounts[:, 2] ** 2 + 0.1 * rng.normal(size=n)


@family(100)
def many_small_effects(rng: np.random.RandomState, n: int) -> Any:
    X, effects = rng.normal(size=(n, 300)), rng.normal(size=300)
    return X, X @ effects / 300**0.5 + 0.3 * rng.normal(size=n)


@family(300)
def offset_of_1e9(rng: np.random.RandomState, n: int) -> Any:
    X = 1e9 + rng.normal(size=(n, 3))
    return X, 1e9 + X[:, 0] - 1e9 + np.sin(2 * (X[:, 1] - 1e9)) + 0.2 * rng.normal(size=n)


@family(300)
def units_of_1e_minus_9(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 3))
    y = X[:, 0] + np.sin(2 * X[:, 1]) + 0.2 * rng.normal(size=n)
    return 1e-9 * X, 1e-9 * y


@family(1000, robot_arm_of_36000_rows=36_000)
def robot_arm(rng: np.random.RandomState, n: int) -> Any:
    X = rng.uniform(-np.pi / 2, np.pi / 2, (n, 8))
    angles = np.cumsum(X, axis=1)
    return X, np.hypot(np.cos(angles).mean(1) - 0.5, np.sin(angles).mean(1) - 0.5)


@family(500, friedman_of_100_rows=100)
def friedman(rng: np.random.RandomState, n: int) -> Any:
    X = rng.uniform(size=(n, 10))
    f = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2
    return X, f + 10 * X[:, 3] + 5 * X[:, 4] + rng.normal(size=n)


@family(2000)
def thousands_of_levels(rng: np.random.RandomState, n: int) -> Any:
    effects = np.random.RandomState(0).normal(size=1000)
    level = rng.randint(1000, size=n)
    x = rng.normal(size=n)
    X = pd.DataFrame({"x": x, "level": pd.Categorical(level.astype(str))})
    return X, x + effects[level] + 0.3 * rng.normal(size=n)


@family(500)
def few_levels(rng: np.random.RandomState, n: int) -> Any:
    level = rng.randint(6, size=n)
    x = rng.normal(size=n)
    X = pd.DataFrame({"x": x, "level": pd.Categorical([f"k{k}" for k in level])})
    slope = np.array([-2.0, -1, 0, 1, 2, 3])
    return X, slope[level] * x + level % 2 + 0.3 * rng.normal(size=n)


@family(600)
def gaps(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 5))
    y = X[:, 0] + np.sin(2 * X[:, 1]) + X[:, 2] * X[:, 3] + 0.2 * rng.normal(size=n)
    return np.where(rng.rand(n, 5) < 0.3, np.nan, X), y


@family(300)
def interaction(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 4))
    return X, X[:, 0] * X[:, 1] + 0.5 * X[:, 2] ** 2 + 0.2 * rng.normal(size=n)


@family(300)
def pure_noise(rng: np.random.RandomState, n: int) -> Any:
    return rng.normal(size=(n, 6)), rng.normal(size=n)


@family(300)
def sparse_effects(rng: np.random.RandomState, n: int) -> Any:
    X = rng.normal(size=(n, 100))
    return X, 2 * X[:, 0] - X[:, 1] + rng.normal(size=n)


@family(400)
def two_modes(rng: np.random.RandomState, n: int) -> Any:
    X = rng.uniform(-1, 1, (n, 2))
    return X, X[:, 0] + rng.choice([-1.0, 1.0], n) + 0.1 * rng.normal(size=n)


@family(300)
def no_noise(rng: np.random.RandomState, n: int) -> Any:
    X = rng.uniform(-1, 1, (n, 2))
    return X, np.exp(X[:, 0]) * np.cos(2 * X[:, 1])


class Forecast(NamedTuple):
    """What a contestant predicts: means, log densities of the new targets, and hits."""

    rmse: float
    log_density: float
    coverage: float
    seconds: float
    n_left_out: int = 0


def _normal_forecast(mean: np.ndarray, std: Any, rows: Rows, seconds: float) -> Forecast:
    dist = stats.norm(mean, np.maximum(std, 1e-300))
    lower, upper = dist.interval(0.9)
    return Forecast(
        _rmse(mean, rows.y_test),
        float(dist.logpdf(rows.y_test).mean()),
        float(((lower <= rows.y_test) & (rows.y_test <= upper)).mean()),
        seconds,
    )


def _rmse(mean: np.ndarray, y: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(mean - y))))


def skbayes(rows: Rows, seed: int) -> Forecast:
    start = time.perf_counter()
    model = BayesianMLPRegressor(random_state=seed).fit(rows.X, rows.y)
    seconds = time.perf_counter() - start
    dist = model.predict_dist(rows.X_test)
    return Forecast(
        _rmse(dist.mean(), rows.y_test),
        -neg_log_predictive_density(dist, rows.y_test),
        interval_coverage(dist, rows.y_test, coverage=0.9),
        seconds,
        model.n_left_out_,
    )


def _numbers() -> Any:
    """Numbers of any table: gaps filled, categories one-hot."""
    is_category = make_column_selector(dtype_include="category")
    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), is_category),
        remainder=make_pipeline(SimpleImputer(), StandardScaler()),
    )


def _as_frame(X: Any) -> pd.DataFrame:
    return X if isinstance(X, pd.DataFrame) else pd.DataFrame(X).rename(columns=str)


def ridge(rows: Rows, seed: int) -> Forecast:
    start = time.perf_counter()
    model = make_pipeline(_numbers(), BayesianRidge()).fit(_as_frame(rows.X), rows.y)
    seconds = time.perf_counter() - start
    mean, std = model.predict(_as_frame(rows.X_test), return_std=True)
    return _normal_forecast(mean, std, rows, seconds)


def gaussian_process(rows: Rows, seed: int) -> Forecast | None:
    if len(rows.y) > _MOST_GAUSSIAN_PROCESS_ROWS:
        return None
    start = time.perf_counter()
    inputs = _numbers()
    X = inputs.fit_transform(_as_frame(rows.X))
    scale = np.ones(X.shape[1]) if X.shape[1] <= 100 else 10.0
    kernel = ConstantKernel() * RBF(scale, (1e-2, 1e5)) + WhiteKernel(0.1, (1e-8, 1e2))
    model = GaussianProcessRegressor(kernel, normalize_y=True, random_state=seed).fit(X, rows.y)
    seconds = time.perf_counter() - start
    mean, std = model.predict(inputs.transform(_as_frame(rows.X_test)), return_std=True)
    return _normal_forecast(mean, std, rows, seconds)


def _trees(make: Callable[[], Any], rows: Rows) -> Forecast:
    start = time.perf_counter()
    fitted = make().fit(rows.X, rows.y)
    residuals = np.empty(len(rows.y))
    at = rows.X.iloc if isinstance(rows.X, pd.DataFrame) else rows.X
    for train, test in KFold(5, shuffle=True, random_state=0).split(rows.y):
        residuals[test] = rows.y[test] - make().fit(at[train], rows.y[train]).predict(at[test])
    seconds = time.perf_counter() - start
    return _normal_forecast(fitted.predict(rows.X_test), residuals.std(), rows, seconds)


def trees(rows: Rows, seed: int) -> Forecast:
    def make() -> Any:
        model = HistGradientBoostingRegressor(random_state=seed, early_stopping=False)
        if isinstance(rows.X, pd.DataFrame):  # of more levels than it takes
            return make_pipeline(_numbers(), model)
        return model

    return _trees(make, rows)


def catboost(rows: Rows, seed: int) -> Forecast | None:
    try:
        from catboost import CatBoostRegressor
    except ImportError:
        return None
    categories = (
        list(rows.X.select_dtypes("category").columns) if isinstance(rows.X, pd.DataFrame) else []
    )
    return _trees(
        lambda: CatBoostRegressor(
            random_seed=seed, verbose=False, allow_writing_files=False, cat_features=categories
        ),
        rows,
    )


RIVALS: dict[str, Callable[[Rows, int], Forecast | None]] = {
    "ridge": ridge,
    "gaussian_process": gaussian_process,
    "trees": trees,
    "catboost": catboost,
}


def verdict(ours: Forecast, rivals: dict[str, Forecast]) -> list[str]:
    """What is far from the best."""
    far = []
    if rivals and ours.rmse > NEAR_RMSE * min(rival.rmse for rival in rivals.values()):
        far.append("rmse")
    if not COVERAGE[0] <= ours.coverage <= COVERAGE[1]:
        far.append("coverage")
    if rivals and ours.log_density < max(r.log_density for r in rivals.values()) - NEAR_DENSITY:
        far.append("density")
    return far


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", nargs="+", default=list(FAMILIES), choices=FAMILIES)
    parser.add_argument("--rivals", nargs="*", default=list(RIVALS), choices=RIVALS)
    parser.add_argument("--seed", type=int, default=0)
    add_save_option(parser)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print(
        f"{'family':26s} {'contestant':18s} {'rmse':>11s} {'density':>9s} {'cover':>6s} {'s':>6s}"
    )
    n_far = {"rmse": 0, "coverage": 0, "density": 0}
    saved: list[dict[str, Any]] = []
    for name in arguments.families:
        rows = FAMILIES[name](np.random.RandomState(arguments.seed))
        rivals = {}
        for rival in arguments.rivals:
            try:
                forecast = RIVALS[rival](rows, arguments.seed)
            except Exception as error:  # single precision tells no two rows apart, say
                print(f"{name:26s} {rival:18s} failed: {str(error).splitlines()[0][:60]}")
                continue
            if forecast is not None:
                rivals[rival] = forecast
        ours = skbayes(rows, arguments.seed)
        far = verdict(ours, rivals)
        for what in far:
            n_far[what] += 1
        for contestant, forecast in {"skbayes": ours, **rivals}.items():
            saved.append({"family": name, "contestant": contestant, **forecast._asdict()})
            remark = ""
            if contestant == "skbayes":
                remark = "far: " + ", ".join(far) if far else "near the best"
                remark += f"; {ours.n_left_out} left out" if ours.n_left_out else ""
            print(
                f"{name:26s} {contestant:18s} {forecast.rmse:11.4g} {forecast.log_density:9.3f} "
                f"{forecast.coverage:6.1%} {forecast.seconds:6.1f}  {remark}",
                flush=True,
            )
        save(saved, arguments.save, "gauntlet")
    print(f"\n{len(arguments.families)} families; far from the best: {n_far}")


if __name__ == "__main__":
    main()
