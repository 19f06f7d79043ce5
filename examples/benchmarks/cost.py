"""What a fit costs: seconds of a step, and memory of this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def seconds(run: Callable[[], object], n_calls: int = 1) -> float:
    """Wall-clock time of a call, mean over several."""
    start = time.perf_counter()
    for _ in range(n_calls):
        run()
    return (time.perf_counter() - start) / n_calls


def seconds_of_a_step(seconds: Callable[[int], float], n_steps: int) -> float:
    """What a fit of three times `n_steps` takes longer than one of `n_steps`, by their number.

    What it costs besides its steps is in both.
    """
    return (seconds(3 * n_steps) - seconds(n_steps)) / (2 * n_steps)


def process_bytes(name: str) -> int:
    """Memory of this process, by the name that /proc/self/status has for it (Linux alone)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise OSError(f"no {name} in /proc/self/status")
