"""How the cost of a step grows with rows, draws, members and weights, in time and in memory.

Each point is a process of its own with one thread. A step is what a fit of three times as many
steps takes longer, by their number; memory is the peak of the fit above what the process held
before, as Linux has it. The slope is that of the logarithms over the larger half of the sizes,
where what a step costs whatever its size is small.

    python examples/benchmarks/growth.py
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from cost import process_bytes, seconds_of_a_step
from results import add_save_option, save

N_COLUMNS = 20
SECONDS_OF_A_POINT = 3.0


class Point(NamedTuple):
    """A fit: what grows, and what stays."""

    rows: int = 1000
    draws: int = 2
    members: int = 1
    width: int = 64

    @property
    def n_weights(self) -> int:
        return (N_COLUMNS + 1) * self.width + (self.width + 1) * self.width + self.width + 1


#: What grows, with its sizes.
GROWTH: dict[str, list[Point]] = {
    "rows": [Point(rows=1000 * 2**k) for k in range(8)],
    "draws": [Point(draws=2**k) for k in range(8)],
    "members": [Point(members=2**k, draws=1) for k in range(8)],
    "weights": [Point(width=width) for width in (16, 32, 64, 128, 256, 512, 1024)],
}


def size(what: str, point: Point) -> int:
    return point.n_weights if what == "weights" else int(getattr(point, what))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smallest", type=int, help="so many of the smallest sizes alone")
    parser.add_argument("--point", help=argparse.SUPPRESS)
    add_save_option(parser)
    arguments = parser.parse_args()
    if arguments.point is not None:
        print(json.dumps(measure(Point(**json.loads(arguments.point)))))
        return
    saved: list[dict[str, Any]] = []
    for what, points in GROWTH.items():
        print(f"{what:>10s} {'ms a step':>10s} {'MB':>8s}")
        for point in points[: arguments.smallest]:
            found = in_a_process(point)
            print(f"{size(what, point):10d} {1e3 * found['seconds']:10.3f} {found['MB']:8.1f}")
            saved.append({"what": what, "size": size(what, point), **found})
        rows = [row for row in saved if row["what"] == what]
        print(f"     slope {slope(rows, 'seconds'):10.2f} {slope(rows, 'MB'):8.2f}\n")
    save(saved, arguments.save, "growth")


def slope(rows: Sequence[Mapping[Any, Any]], name: str) -> float:
    """Of the logarithm of a cost by that of the size, over the larger half of the sizes."""
    larger = rows[len(rows) // 2 :]
    sizes, costs = ([float(row[key]) for row in larger] for key in ("size", name))
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0]) if len(larger) > 1 else np.nan


def in_a_process(point: Point) -> dict[str, float]:
    command = [sys.executable, __file__, "--point", json.dumps(point._asdict())]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(point: Point) -> dict[str, float]:
    """Seconds of a step, and megabytes that a fit takes above what there was before."""
    from sklearn.exceptions import ConvergenceWarning

    from skbayes import BayesianMLPRegressor
    from skbayes.variational import Variational

    warnings.simplefilter("ignore", ConvergenceWarning)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(point.rows, N_COLUMNS)).astype(np.float32)
    y = X[:, 0] + 0.1 * rng.normal(size=point.rows)

    def seconds(n_steps: int, n_rows: int = point.rows) -> float:
        start = time.perf_counter()
        BayesianMLPRegressor(
            (point.width, point.width),
            activation="relu",
            likelihood="normal",
            prior_sigma=1.0,
            inference=Variational(n_members=point.members, n_draws=point.draws),
            batch_size=point.rows,
            max_iter=n_steps,
            tol=0.0,
            n_iter_no_change=n_steps,
            n_posterior_samples=point.members,
            n_bins=1,
            dtype="float32",
            random_state=0,
        ).fit(X[:n_rows], y[:n_rows])
        return time.perf_counter() - start

    seconds(2, n_rows=20)  # loads all that a fit needs
    before = process_bytes("VmRSS")
    first_guess = max((seconds(12) - seconds(2)) / 10, 1e-5)
    n_steps = int(np.clip(SECONDS_OF_A_POINT / 4 / first_guess, 5, 2000))
    per_step = seconds_of_a_step(seconds, n_steps)
    return {"seconds": per_step, "MB": max((process_bytes("VmHWM") - before) / 1e6, 0.1)}


if __name__ == "__main__":
    main()
