"""How many threads a computation may use."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

from skbayes.lazy_torch import torch

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# Multiply-adds of one step that pay for waking one more thread.
_WORK_OF_A_THREAD = 1e6


@contextmanager
def threads_for(n_multiply_adds: float) -> Iterator[None]:
    """Use few threads for small steps; the caller's setting is restored at the end.

    Parameters
    ----------
    n_multiply_adds : float
        Of one step: vectors x rows x weights.
    """
    _SETTING.lower(_most_threads(n_multiply_adds))
    try:
        yield
    finally:
        _SETTING.restore()


def map_in_threads(
    function: Callable[[_Item], _Result], items: Sequence[_Item], n_multiply_adds: float
) -> list[_Result]:
    """Results of a function, in order, in as many threads as OpenMP may use where that helps.

    For functions of NumPy, most of whose loops use one thread and leave Python to others. The
    results do not depend on the number of threads.

    Parameters
    ----------
    function : callable
    items : sequence
    n_multiply_adds : float
        Of all items together.
    """
    n_threads = min(len(items), _most_threads(n_multiply_adds), _openmp_effective_n_threads())
    if n_threads <= 1:
        return list(map(function, items))
    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(function, items))


def _most_threads(n_multiply_adds: float) -> int:
    return max(1, int(min(n_multiply_adds / _WORK_OF_A_THREAD, sys.maxsize)))


class _Setting:
    """The caller's number of threads, while any fit of the process has lowered it.

    PyTorch's setting is partly of the process and partly of a thread: a thread that starts while
    another one has lowered it finds the lower one, which is not what the caller has set.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_lowered = 0
        self._n_threads = 1

    def lower(self, most: int) -> None:
        """Go on with so many threads at most."""
        with self._lock:
            if not self._n_lowered:
                self._n_threads = torch.get_num_threads()
            self._n_lowered += 1
            torch.set_num_threads(min(most, self._n_threads))

    def restore(self) -> None:
        """Go back to what the caller has set."""
        with self._lock:
            self._n_lowered -= 1
            torch.set_num_threads(self._n_threads)


_SETTING = _Setting()
