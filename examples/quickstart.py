"""Fit a Bayesian network to the diabetes data and look at its intervals.

python examples/quickstart.py
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from skbayes import BayesianMLPRegressor
from skbayes.metrics import interval_coverage


def main() -> None:
    X, y = load_diabetes(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0)
    regressor = BayesianMLPRegressor(random_state=0).fit(X_train, y_train)

    mean, std = regressor.predict(X_test, return_std=True)
    intervals = regressor.predict_interval(X_test, coverage=0.9)
    print("Diabetes progression one year on: 90 % prediction intervals for unseen patients\n")
    print(f"{'lower':>8s} {'mean':>8s} {'upper':>8s} {'std':>8s} {'observed':>9s}")
    for row in range(8):
        lower, upper = intervals[row]
        inside = "" if lower <= y_test[row] <= upper else "  outside"
        print(
            f"{lower:8.1f} {mean[row]:8.1f} {upper:8.1f} {std[row]:8.1f} {y_test[row]:9.0f}{inside}"
        )
    dist = regressor.predict_dist(X_test)
    print(f"\nMeasured coverage of the intervals on {len(y_test)} unseen patients:")
    for coverage in (0.5, 0.8, 0.9, 0.95):
        measured = interval_coverage(dist, y_test, coverage=coverage)
        print(f"  nominal {100 * coverage:3.0f} %   measured {100 * measured:5.1f} %")
    noise = np.median(regressor.predict_uncertainty(X_test).aleatoric)
    print(f"Median noise: {noise:.1f}.  R2: {regressor.score(X_test, y_test):.2f}.")


if __name__ == "__main__":
    main()
