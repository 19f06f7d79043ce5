"""Cost of cross-validating the prior sigma: one batch of models against a grid search.

    python examples/benchmarks/search_cost.py

Diabetes data (bundled with scikit-learn): 8 prior sigmas and 5 folds, 40 models. Medians of
`--repeats` turns taken in one process.
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import numpy as np
from cost import seconds
from settings import VARIATIONAL
from sklearn.datasets import load_diabetes
from sklearn.model_selection import GridSearchCV, KFold

from skbayes import BayesianMLPRegressor, BayesianMLPRegressorCV
from skbayes.metrics import neg_log_predictive_density_scorer
from skbayes.variational import Variational

SETTINGS: dict[str, Any] = {
    "hidden_layer_sizes": (16, 16, 16),
    "random_state": 0,
    **VARIATIONAL,
}
SIGMAS = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--grid", action="store_true", help="time the grid search too, once")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    X, y = load_diabetes(return_X_y=True)
    folds = KFold(5, shuffle=True, random_state=0)
    fit = BayesianMLPRegressor(prior_sigma=0.8, **SETTINGS)
    search = BayesianMLPRegressorCV(prior_sigmas=SIGMAS, cv=folds, **SETTINGS)
    times = np.array(
        [
            (seconds(lambda: fit.fit(X, y)), seconds(lambda: search.fit(X, y)))
            for _ in range(arguments.repeats)
        ]
    )
    one_fit, whole_search = np.median(times, axis=0)
    ratio = (whole_search - one_fit) / one_fit
    print(f"one fit, five members          {one_fit:6.1f} s")
    print(f"search of 40 models and refit  {whole_search:6.1f} s: 40 models cost {ratio:.1f} fits")
    print(f"chosen: {search.best_prior_sigma_:g}")
    if arguments.grid:
        grid = GridSearchCV(
            BayesianMLPRegressor(**{**SETTINGS, "inference": Variational(n_members=1)}),
            {"prior_sigma": SIGMAS},
            cv=folds,
            scoring=neg_log_predictive_density_scorer,
        )
        time_of_grid = seconds(lambda: grid.fit(X, y))
        print(f"GridSearchCV, one member       {time_of_grid:6.1f} s: {time_of_grid / one_fit:.1f}")
        print(f"chosen: {grid.best_params_['prior_sigma']:g}")


if __name__ == "__main__":
    main()
