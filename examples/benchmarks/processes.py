"""Rows that one fit learns from in a second, by one process and by several, a thread each.

Every process has a part of the rows; gradients are added up over gloo at each step
(`skbayes.distributed.fit_shard`). Numbers of processes take turns; medians over the turns. A step
is what a fit of three times as many steps takes longer, by their number.

    python examples/benchmarks/processes.py
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
import warnings
from typing import Any

import cost
import numpy as np
from results import add_save_option, save

N_COLUMNS = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--batch-size", type=int, default=20_000)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    add_save_option(parser)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments)
        return
    rates: dict[int, list[float]] = {n: [] for n in arguments.processes}
    for _ in range(arguments.rounds):
        for n_processes in arguments.processes:
            seconds = seconds_of_a_step(n_processes, arguments)
            rates[n_processes].append(arguments.batch_size / seconds)
    saved: list[dict[str, Any]] = []
    first = statistics.median(rates[arguments.processes[0]])
    print(f"{'processes':>10s} {'rows a second':>14s} {'times the first':>16s}")
    for n_processes, found in rates.items():
        rate = statistics.median(found)
        print(f"{n_processes:10d} {rate:14,.0f} {rate / first:16.2f}")
        saved.append({"processes": n_processes, "rows a second": rate, "gain": rate / first})
    save(saved, arguments.save, "processes")


def seconds_of_a_step(n_processes: int, arguments: argparse.Namespace) -> float:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    options = [f"--nproc_per_node={n_processes}", __file__, "--worker"]
    sizes = {"rows": arguments.rows, "batch-size": arguments.batch_size, "steps": arguments.steps}
    options += [word for name, value in sizes.items() for word in (f"--{name}", str(value))]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        launcher + options, check=True, capture_output=True, text=True, env=environment
    )
    return float(done.stdout.split()[-1])


def work(arguments: argparse.Namespace) -> None:
    """One of the processes; the first prints the seconds of a step."""
    from sklearn.exceptions import ConvergenceWarning

    from skbayes import BayesianMLPRegressor
    from skbayes.distributed import fit_shard
    from skbayes.variational import Variational

    warnings.simplefilter("ignore", ConvergenceWarning)
    rank, n_processes = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    rng = np.random.default_rng(0)
    X = rng.normal(size=(arguments.rows, N_COLUMNS)).astype(np.float32)
    y = X[:, 0] * X[:, 1] + 0.1 * rng.normal(size=arguments.rows)
    X, y = X[rank::n_processes], y[rank::n_processes]

    def seconds(n_steps: int) -> float:
        regressor = BayesianMLPRegressor(
            (128, 64),
            inference=Variational(n_members=4, n_draws=2),
            batch_size=arguments.batch_size,
            max_iter=n_steps,
            tol=0.0,
            n_iter_no_change=n_steps,
            n_posterior_samples=4,
            n_bins=1,
            random_state=0,
        )
        start = time.perf_counter()
        fit_shard(regressor, X, y)
        return time.perf_counter() - start

    seconds(2)
    per_step = cost.seconds_of_a_step(seconds, arguments.steps)
    if rank == 0:
        print(per_step)


if __name__ == "__main__":
    main()
