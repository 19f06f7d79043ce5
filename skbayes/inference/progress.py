"""Progress of long work, on standard output."""

from __future__ import annotations

import time

_N_LINES = 20


class Progress:
    """Prints about twenty lines: step, a remark, rate and time left.

    Parameters
    ----------
    n_steps : int
        Steps that are expected.
    enabled : bool
        Whether to print at all.
    """

    def __init__(self, n_steps: int, *, enabled: bool) -> None:
        self._enabled = enabled
        self._n_steps = n_steps
        self._every = max(1, n_steps // _N_LINES)
        self._next = self._every
        self._start = time.perf_counter()

    def is_due(self, step: int) -> bool:
        """Whether `report` would print at this step: making the remark may cost something."""
        return self._enabled and (step >= self._next or step >= self._n_steps)

    def report(self, step: int, remark: str, *, n_steps: int | None = None) -> None:
        """Print a line if one is due.

        Parameters
        ----------
        step : int
            Steps taken so far.
        remark : str
        n_steps : int, default=None
            Steps that are now expected, if that has changed.
        """
        self._n_steps = self._n_steps if n_steps is None else n_steps
        if not self.is_due(step):
            return
        self._next = step + self._every
        rate = step / (time.perf_counter() - self._start)
        left = (self._n_steps - step) / rate
        counter = f"step {step}/{self._n_steps}"
        print(f"[skbayes] {counter}  {remark}  {rate:.0f} steps/s  {left:.1f} s left", flush=True)
