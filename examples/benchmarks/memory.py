"""Memory that a default fit takes above its input, in memory and on disk.

    python examples/benchmarks/memory.py --rows 1000000
    python examples/benchmarks/memory.py --rows 4000000 --memory-map

Columns are 50, in single precision. The peak is of the memory that is the process's own (RssAnon of
/proc/self/status, Linux alone): pages of a file that is mapped can be given back at any time. Few
steps are taken, since none of them takes more than the first.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from cost import process_bytes

from skbayes import BayesianMLPRegressor

N_COLUMNS = 50
BLOCK = 100_000
MEGABYTE = 2**20


def own_memory() -> float:
    """Of this process, in MB."""
    return process_bytes("RssAnon") / MEGABYTE


class Peak:
    """The most memory while it is entered, in MB."""

    def __enter__(self) -> Peak:
        self.value = own_memory()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._is_over.wait(0.005):
            self.value = max(self.value, own_memory())

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()


def make_table(n_rows: int, path: Path | None) -> tuple[Any, np.ndarray]:
    """A table in memory or in a file, and a target."""
    rng = np.random.default_rng(0)
    shape = (n_rows, N_COLUMNS)
    if path is None:
        X: Any = np.empty(shape, dtype=np.float32)
    else:
        X = np.lib.format.open_memmap(path, "w+", np.float32, shape)
    y = np.empty(n_rows)
    for start in range(0, n_rows, BLOCK):
        block = rng.standard_normal((min(BLOCK, n_rows - start), N_COLUMNS), dtype=np.float32)
        X[start : start + len(block)] = block
        noise = rng.standard_normal(len(block))
        y[start : start + len(block)] = block[:, 0] * block[:, 1] + block[:, 2] + noise
    if path is None:
        return X, y
    X.flush()
    del X
    return np.load(path, mmap_mode="r"), y


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--memory-map", action="store_true")
    parser.add_argument("--budget", type=float, default=0.002)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "X.npy" if arguments.memory_map else None
        X, y = make_table(arguments.rows, path)
        # What PyTorch and scikit-learn take once is not the fit's.
        model = BayesianMLPRegressor(budget=arguments.budget, random_state=0)
        model.fit(X[:500], y[:500])
        before = own_memory()
        start = time.perf_counter()
        with Peak() as peak:
            model.fit(X, y)
        print(
            f"{arguments.rows} rows, {X.nbytes / MEGABYTE:.0f} MB "
            f"{'on disk' if arguments.memory_map else 'in memory'}: at most "
            f"{peak.value - before:.0f} MB above what was in use before, "
            f"{time.perf_counter() - start:.0f} s"
        )


if __name__ == "__main__":
    main()
