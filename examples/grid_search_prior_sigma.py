"""Choose prior sigma by cross-validated log predictive density.

R2 rewards the mean alone; the log predictive density rewards honest intervals too.

    python examples/grid_search_prior_sigma.py
"""

from __future__ import annotations

import warnings

from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from skbayes import BayesianMLPRegressor
from skbayes.metrics import neg_log_predictive_density_scorer
from skbayes.variational import Variational


def main() -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = load_diabetes(return_X_y=True)
    search = GridSearchCV(
        BayesianMLPRegressor(inference=Variational(n_members=2), max_iter=2000, random_state=0),
        {"prior_sigma": ["auto", 0.1, 0.3, 1.0, 3.0]},
        scoring={"log_density": neg_log_predictive_density_scorer, "r2": "r2"},
        refit="log_density",
        cv=3,
        n_jobs=2,
    ).fit(X, y)
    results = search.cv_results_
    print(f"{'prior_sigma':>12s} {'log density':>12s} {'R2':>7s}")
    for parameters, density, r2 in zip(
        results["params"], results["mean_test_log_density"], results["mean_test_r2"], strict=True
    ):
        print(f"{parameters['prior_sigma']!s:>12s} {density:12.3f} {r2:7.3f}")
    print(f"best: prior_sigma={search.best_params_['prior_sigma']}")


if __name__ == "__main__":
    main()
