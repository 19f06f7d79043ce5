"""How many threads a computation may use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Multiply-adds of one step from which a second thread pays for being woken.
_MULTITHREAD_FROM = 5e6


@contextmanager
def threads_for(n_multiply_adds: float) -> Iterator[None]:
    """Use one thread for small steps; the caller's setting is restored at the end.

    Parameters
    ----------
    n_multiply_adds : float
        Of one step: vectors x rows x weights.
    """
    n_threads = torch.get_num_threads()
    if n_threads == 1 or n_multiply_adds >= _MULTITHREAD_FROM:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)
