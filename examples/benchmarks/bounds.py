"""Prices that were recorded up to a cap: intervals and scores with the cap and without.

    python examples/benchmarks/bounds.py --data DIR
    python examples/benchmarks/bounds.py --data DIR --rows 4000 --seeds 0 1 2

DIR holds `raw/california_housing.csv`, whose prices end at 500,001 dollars. A quarter of the rows
are for the test. "beyond" is the share of 90 % intervals that reach below 0 or above the cap; CRPS,
in dollars, and coverage are those of the recorded prices. The log-likelihood is that of a censored
price, in nats a row: the log density of what lies below the cap, and the log probability of the
cap or more at it; of each kind of row it stands beside. Columns are read without bins by all.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skbayes import BayesianMLPRegressor, PredictiveDistribution
from skbayes.likelihoods import Censored

TARGET, CAP, COVERAGE = "median_house_value", 500_001.0, 0.9
LIKELIHOODS: dict[str, Any] = {
    "heteroscedastic_student_t": "heteroscedastic_student_t",
    "auto": "auto",
    "Censored(lower=0, upper=500_001)": Censored(lower=0.0, upper=CAP),
    "lognormal": "lognormal",
}


def log_likelihood(
    y: NDArray[np.float64], log_density: NDArray[np.float64], at_least: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log density below the cap, and at it the logarithm of the probability of the cap or more."""
    with np.errstate(divide="ignore"):
        values: NDArray[np.float64] = np.where(y < CAP, log_density, np.log(at_least))
    return values


def log_likelihood_of(dist: PredictiveDistribution, y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same of a distribution, which may have a probability of the cap itself."""
    return log_likelihood(y, dist.log_prob(y), dist.sf(np.nextafter(CAP, 0.0)))


def show(name: str, dist: PredictiveDistribution, y: NDArray[np.float64]) -> None:
    lower, upper = dist.interval(COVERAGE).T
    score, is_capped = log_likelihood_of(dist, y), y >= CAP
    print(
        f"  {name:33s} beyond {100 * np.mean((lower < 0) | (upper > CAP)):5.1f} %  "
        f"ends {lower.min():11,.0f} {upper.max():11,.0f}  "
        f"coverage {100 * np.mean((lower <= y) & (y <= upper)):5.1f} %  "
        f"RMSE {np.sqrt(np.mean((dist.mean() - y) ** 2)):8,.0f}  "
        f"CRPS {dist.crps(y).mean():8,.0f}  log-likelihood {score.mean():7.3f} "
        f"(below {score[~is_capped].mean():7.3f}, at the cap {score[is_capped].mean():6.3f})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=None, help="of a random part; all by default")
    parser.add_argument("--likelihoods", nargs="+", default=list(LIKELIHOODS), choices=LIKELIHOODS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--budget", type=float, default=1.0)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    frame = pd.read_csv(arguments.data / "raw" / "california_housing.csv")
    for seed in arguments.seeds:
        rows = frame.sample(arguments.rows or len(frame), random_state=seed)
        train, test = train_test_split(rows, test_size=0.25, random_state=seed)
        y_test = test[TARGET].to_numpy(dtype=np.float64)
        print(f"\nseed {seed}: {100 * np.mean(y_test >= CAP):.1f} % of {len(test)} at the cap")
        for name in arguments.likelihoods:
            model = BayesianMLPRegressor(
                likelihood=LIKELIHOODS[name], n_bins=1, budget=arguments.budget, random_state=seed
            )
            model.fit(train.drop(columns=TARGET), train[TARGET])
            show(name, model.predict_dist(test.drop(columns=TARGET)), y_test)


if __name__ == "__main__":
    main()
