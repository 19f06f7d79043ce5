"""Cost of one optimisation step, against scikit-learn's MLPRegressor.

A 13-50-1 network, batches of 32 rows, 4 draws, one thread. The contestants take turns within
one process, so that a change of the machine's speed meets all of them; medians over the turns. A
step is what a fit of three times as many steps takes longer, by their number.

    python examples/benchmarks/step_cost.py
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from cost import seconds_of_a_step
from results import add_save_option, save
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from skbayes import BayesianMLPRegressor
from skbayes.variational import Variational

N_ROWS, N_FEATURES, BATCH = 3200, 13, 32
Estimator: TypeAlias = BayesianMLPRegressor | MLPRegressor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=1000)
    add_save_option(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", ConvergenceWarning)
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(N_ROWS, N_FEATURES)), rng.normal(size=N_ROWS)

    def seconds(model: Estimator) -> float:
        start = time.perf_counter()
        model.fit(X, y)
        return time.perf_counter() - start

    def seconds_per_step(make: Callable[[int], Estimator]) -> float:
        return seconds_of_a_step(lambda n_steps: seconds(make(n_steps)), arguments.steps)

    def scikit_learn(n_steps: int) -> MLPRegressor:
        epochs = n_steps * BATCH // N_ROWS
        return MLPRegressor(
            hidden_layer_sizes=(50,),
            batch_size=BATCH,
            max_iter=epochs,
            tol=0.0,
            n_iter_no_change=epochs + 1,
            random_state=0,
        )

    def bayesian(n_members: int, **changes: Any) -> Callable[[int], Estimator]:
        return lambda n_steps: BayesianMLPRegressor(
            (50,),
            activation="relu",
            **{"likelihood": "normal", **changes},
            inference=Variational(n_members=n_members, n_draws=4),
            batch_size=BATCH,
            max_iter=n_steps,
            tol=0.0,
            n_iter_no_change=n_steps,
            random_state=0,
        )

    plain: dict[str, Any] = {"linear_skip": False, "prior_sigma": 1.0}
    contestants: dict[str, Callable[[int], Estimator]] = {
        "scikit-learn MLPRegressor": scikit_learn,
        "one member": bayesian(1, **plain),
        "five members": bayesian(5, **plain),
        "one member, skip and learned scales": bayesian(1),
        "five members, skip and learned scales": bayesian(5),
        "five members, single precision": bayesian(5, dtype="float32", **plain),
        "five members, noise that follows the inputs": bayesian(5, likelihood="auto"),
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(arguments.rounds + 1):
        for name, make in contestants.items():
            time_of_step = seconds_per_step(make)
            if turn:  # the first turn warms up
                times[name].append(time_of_step)
    base = times["scikit-learn MLPRegressor"]
    one = times["one member"]
    saved: list[dict[str, Any]] = []
    print(f"{'microseconds a step, median':38s} {'':>7s} {'x MLP':>7s} {'x one':>7s}")
    for name, values in times.items():
        to_base = statistics.median(a / b for a, b in zip(values, base, strict=True))
        to_one = statistics.median(a / b for a, b in zip(values, one, strict=True))
        microseconds = 1e6 * statistics.median(values)
        print(f"{name:38s} {microseconds:7.0f} {to_base:7.2f} {to_one:7.2f}")
        saved.append({"model": name, "microseconds": microseconds, "x MLPRegressor": to_base})
    save(saved, arguments.save, "step_cost")


if __name__ == "__main__":
    main()
