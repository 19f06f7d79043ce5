"""A noisy sine with a gap in the data: the band must widen where nothing was seen.

    python examples/noisy_sine.py --output noisy_sine.png

Needs matplotlib (`pip install "skbayes[plot]"`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib
import numpy as np

from skbayes import BayesianMLPRegressor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("noisy_sine.png"))
    arguments = parser.parse_args()
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rng = np.random.RandomState(0)
    X = np.concatenate([rng.uniform(-4, -1, 120), rng.uniform(1, 4, 120)])[:, None]
    y = np.sin(X[:, 0]) + 0.2 * rng.normal(size=240)
    regressor = BayesianMLPRegressor(random_state=0).fit(X, y)

    grid = np.linspace(-6, 6, 400)[:, None]
    figure, axes = plt.subplots(figsize=(9, 4.5), layout="constrained")
    for kind, alpha, label in (
        ("predictive", 0.2, "90 % of new observations"),
        ("mean", 0.35, "90 % band of the function"),
    ):
        lower, upper = regressor.predict_interval(grid, coverage=0.9, kind=kind).T
        axes.fill_between(grid[:, 0], lower, upper, alpha=alpha, color="tab:blue", label=label)
    axes.plot(grid, regressor.sample_f(grid, 6), color="tab:blue", linewidth=0.6)
    axes.plot(grid, regressor.predict(grid), color="tab:blue", label="mean")
    axes.plot(grid, np.sin(grid), "k--", linewidth=1, label="truth")
    axes.plot(X[:, 0], y, "k.", markersize=3, label="data")
    axes.set(ylim=(-3.5, 3.5), xlabel="x", ylabel="y")
    axes.legend(loc="upper left", ncols=3, fontsize="small")
    figure.savefig(arguments.output, dpi=110)

    epistemic = regressor.predict_uncertainty([[0.0], [-2.5], [2.5], [6.0]]).epistemic
    print("epistemic standard deviation")
    for place, value in zip(
        ("in the gap", "left data", "right data", "beyond"), epistemic, strict=True
    ):
        print(f"  {place:11s} {value:.3f}")
    noise = np.median(regressor.predict_uncertainty(X).aleatoric)
    print(f"noise: median {noise:.3f}, true 0.200")
    print(f"plot: {arguments.output}")


if __name__ == "__main__":
    main()
