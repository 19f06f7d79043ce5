"""Cost of a step and of a prediction, against scikit-learn's MLPRegressor and layer libraries.

A 13-50-1 network, batches of 32 rows, 4 draws, one thread; then 100 draws at 1000 rows of a
13-512-1 network. The contestants take turns within one process, so that a change of the machine's
speed meets all of them; medians over the turns. A step is what a fit of three times as many steps
takes longer, by their number. Libraries that are not installed are left out:
`pip install blitz-bayesian-pytorch torch_blue bayesian-torch`; they have layers and losses of their
own, as in `layers.py`.

    python examples/benchmarks/step_cost.py
"""

from __future__ import annotations

import argparse
import statistics
import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from cost import seconds, seconds_of_a_step
from layers import N_PREDICTION_DRAWS, Step
from layers import contestants as libraries
from results import add_save_option, save
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from torch import nn

from skbayes import BayesianMLPRegressor
from skbayes.variational import Variational

N_ROWS, N_FEATURES, BATCH = 3200, 13, 32
N_PREDICTED, WIDTH = 1000, 512
Estimator: TypeAlias = BayesianMLPRegressor | MLPRegressor
Seconds: TypeAlias = Callable[[], float]


def layer_libraries(width: int, n_rows: int) -> dict[str, tuple[Step, Step]]:
    """A step and a prediction of each, but for our own modules."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(N_FEATURES, width), nn.ReLU(), nn.Linear(width, 1))
    x, y = torch.randn(n_rows, N_FEATURES), torch.randn(n_rows, 1)
    return {
        name: (step, predict)
        for name, step, predict in libraries(network, x, y)
        if name not in ("plain", "skbayes")
    }


def in_turns(contestants: dict[str, Seconds], n_rounds: int) -> dict[str, list[float]]:
    """Seconds of each, turn by turn."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(n_rounds + 1):
        for name, measure in contestants.items():
            measured = measure()
            if turn:  # the first turn warms up
                times[name].append(measured)
    return times


def ratio(values: list[float], base: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(values, base, strict=True))


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

    def of_fits(make: Callable[[int], Estimator]) -> Seconds:
        return lambda: seconds_of_a_step(
            lambda n_steps: seconds(lambda: make(n_steps).fit(X, y)), arguments.steps
        )

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
            activation="relu",
            **{"hidden_layer_sizes": (50,), "likelihood": "normal", **changes},
            inference=Variational(n_members=n_members, n_draws=4),
            batch_size=BATCH,
            max_iter=n_steps,
            tol=0.0,
            n_iter_no_change=n_steps,
            random_state=0,
        )

    plain: dict[str, Any] = {"linear_skip": False, "prior_sigma": 1.0}

    def of_steps(step: Step) -> Seconds:
        return lambda: seconds(step, max(1, arguments.steps // 10))

    steps: dict[str, Seconds] = {
        "scikit-learn MLPRegressor": of_fits(scikit_learn),
        "one member": of_fits(bayesian(1, **plain)),
        "five members": of_fits(bayesian(5, **plain)),
        "one member, skip and learned scales": of_fits(bayesian(1)),
        "five members, skip and learned scales": of_fits(bayesian(5)),
        "five members, single precision": of_fits(bayesian(5, dtype="float32", **plain)),
        "five members, noise that follows the inputs": of_fits(bayesian(5, likelihood="auto")),
        **{name: of_steps(step) for name, (step, _) in layer_libraries(50, BATCH).items()},
    }
    times = in_turns(steps, arguments.rounds)
    saved: list[dict[str, Any]] = []
    print(f"{'microseconds a step, median':43s} {'':>7s} {'x MLP':>7s} {'x one':>7s}")
    for name, values in times.items():
        to_base = ratio(values, times["scikit-learn MLPRegressor"])
        to_one = ratio(values, times["one member"])
        microseconds = 1e6 * statistics.median(values)
        print(f"{name:43s} {microseconds:7.0f} {to_base:7.2f} {to_one:7.2f}")
        saved.append(
            {
                "model": name,
                "microseconds": microseconds,
                "x MLPRegressor": to_base,
                "x one member": to_one,
            }
        )
    save(saved, arguments.save, "step_cost")

    wide = bayesian(1, hidden_layer_sizes=(WIDTH,), n_posterior_samples=N_PREDICTION_DRAWS, **plain)
    model, rows = wide(50).fit(X, y), X[:N_PREDICTED]

    def of_predictions(predict: Step) -> Seconds:
        def without_gradient() -> float:
            with torch.no_grad():
                return seconds(predict)

        return without_gradient

    predictions = {
        "BayesianMLPRegressor": of_predictions(lambda: model.predict(rows)),
        **{
            name: of_predictions(predict)
            for name, (_, predict) in layer_libraries(WIDTH, N_PREDICTED).items()
        },
    }
    times = in_turns(predictions, arguments.rounds)
    print(f"{'milliseconds a prediction, median':43s} {'':>7s} {'x ours':>7s}")
    saved = []
    for name, values in times.items():
        to_ours = ratio(values, times["BayesianMLPRegressor"])
        milliseconds = 1e3 * statistics.median(values)
        print(f"{name:43s} {milliseconds:7.1f} {to_ours:7.2f}")
        saved.append(
            {"model": name, "milliseconds": milliseconds, "x BayesianMLPRegressor": to_ours}
        )
    save(saved, arguments.save, "prediction_cost")


if __name__ == "__main__":
    main()
