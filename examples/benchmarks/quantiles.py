"""Time of prediction intervals of mixtures: one row of numbers a distribution.

    python examples/benchmarks/quantiles.py --rows 20000 --draws 200

Central 90 % intervals, one thread; medians of three turns taken in one process.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from skbayes.predictive import (
    GammaMixture,
    LaplaceMixture,
    LogNormalMixture,
    NegativeBinomialMixture,
    NormalMixture,
    PoissonMixture,
    PredictiveDistribution,
    SkewedStudentTMixture,
    StudentTMixture,
)


def mixtures(n_rows: int, n_draws: int) -> dict[str, Callable[[], PredictiveDistribution]]:
    generator = torch.Generator().manual_seed(0)

    def normals(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    loc = normals(1, n_rows, 1) + 0.3 * normals(n_draws, n_rows, 1)
    scale = (0.3 * normals(n_draws, n_rows, 1)).exp()
    of_draw = (1 + normals(n_draws, 1, 1)).exp()
    log_skew = 0.5 * normals(n_draws, 1, 1)
    return {
        "normal": lambda: NormalMixture(loc, scale),
        "Student-t": lambda: StudentTMixture(loc, scale, 1 + of_draw),
        "skewed Student-t": lambda: SkewedStudentTMixture(loc, scale, 2 + of_draw, log_skew),
        "Laplace": lambda: LaplaceMixture(loc, scale),
        "lognormal": lambda: LogNormalMixture(loc, scale),
        "gamma": lambda: GammaMixture(loc.exp(), of_draw),
        "Poisson": lambda: PoissonMixture((loc + 2).exp()),
        "negative binomial": lambda: NegativeBinomialMixture((loc + 2).exp(), of_draw),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    contestants = mixtures(arguments.rows, arguments.draws)
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(arguments.turns):
        for name, make in contestants.items():
            mixture = make()
            start = time.perf_counter()
            mixture.interval(0.9)
            seconds[name].append(time.perf_counter() - start)
    base = statistics.median(seconds["normal"])
    print(f"{'':20s} {'seconds':>8s} {'x normal':>9s}")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"{name:20s} {median:8.2f} {median / base:9.1f}", flush=True)


if __name__ == "__main__":
    main()
