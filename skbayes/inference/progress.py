"""Progress of long work, on standard output: one line over all of its phases."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple

# Lines of a log, by `verbose`.
_N_LINES = {1: 20, 2: 100}
# A line that is rewritten: as often as an eye can follow.
_SECONDS_PER_UPDATE = 0.2
# By then a log tells how a phase goes.
_SECONDS_TO_FIRST_LINE = 1.0
# Multiply-adds of a forward pass that take as long, with their gradient, as what a step
# costs whatever its size.
_OVERHEAD = 7e5


class Phase(NamedTuple):
    """A part of the work to come."""

    name: str
    n_steps: int
    n_multiply_adds: float = 0.0  # of the forward pass of a step

    @property
    def cost(self) -> float:
        """Of all steps, in units of one that has no arithmetic to do."""
        return self.n_steps * (1.0 + self.n_multiply_adds / _OVERHEAD)


class Progress:
    """Tells how much of the work is done and how long the rest will take.

    A phase goes at the rate that it has shown; those to come are expected to cost so much more or
    less than it as their arithmetic does. In a terminal or a notebook one line is rewritten;
    elsewhere, and at level 2, about twenty or a hundred lines are printed.

    Parameters
    ----------
    level : int, default=0
        0 for silence; 1; 2 for more lines.
    phases : sequence of Phase, default=()
        What is to be done, as far as it is known.

    Notes
    -----
    A context manager: at its end a line that was rewritten is closed.
    """

    def __init__(self, level: int = 0, phases: Sequence[Phase] = ()) -> None:
        self._level = min(int(level), 2)
        self._to_come = list(phases)
        self._phase: Phase | None = None
        self._cost_done = 0.0
        self._phase_start = self._last_time = 0.0
        self._last_share = 0.0
        self._width = 0  # of the line that is being rewritten

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close_line()

    def expect(self, phases: Sequence[Phase]) -> None:
        """What is to come, now that it is known, instead of what was expected."""
        self._to_come = list(phases)

    def begin(self, name: str, n_steps: int) -> None:
        """Begin a phase; those that were expected before it will not come."""
        if self._phase is not None:
            self._cost_done += self._phase.cost
        names = [phase.name for phase in self._to_come]
        phase = Phase(name, n_steps)
        if name in names:
            expected = self._to_come[names.index(name)]
            phase = expected._replace(n_steps=n_steps)
            del self._to_come[: names.index(name) + 1]
        self._phase = phase
        self._phase_start = self._last_time = time.perf_counter()

    def is_due(self, step: int) -> bool:
        """Whether `report` would print at this step: making the remark may cost something."""
        if not self._level or self._phase is None:
            return False
        if step >= self._phase.n_steps:
            return True
        now = time.perf_counter()
        if self._is_live():
            return now - self._last_time >= _SECONDS_PER_UPDATE
        is_first = self._last_time == self._phase_start
        if is_first and now - self._phase_start >= _SECONDS_TO_FIRST_LINE:
            return True
        return self._share(step) >= self._last_share + 1 / _N_LINES[self._level]

    def report(self, step: int, remark: str, *, n_steps: int | None = None) -> None:
        """Print a line if one is due.

        Parameters
        ----------
        step : int
            Steps of the phase taken so far.
        remark : str
        n_steps : int, default=None
            Steps of the phase that are now expected, if that has changed.
        """
        phase = self._phase
        if phase is not None and n_steps is not None:
            phase = self._phase = phase._replace(n_steps=n_steps)
        if phase is None or not self.is_due(step):
            return
        self._last_time, self._last_share = time.perf_counter(), self._share(step)
        counter = f"{self._last_share:4.0%}  {phase.name} {step}/{phase.n_steps}"
        self._print(f"[skbayes] {counter}  {remark}  {self._seconds_left(step):.1f} s left")

    def note(self, text: str) -> None:
        """Say something that is not progress."""
        if self._level:
            self._close_line()
            print("\n".join(f"[skbayes] {line}" for line in text.splitlines()), flush=True)

    def _share(self, step: int) -> float:
        """Of all work, done."""
        assert self._phase is not None
        done = self._cost_done + self._phase.cost * min(1.0, step / max(1, self._phase.n_steps))
        whole = self._cost_done + self._phase.cost + sum(phase.cost for phase in self._to_come)
        return done / whole

    def _seconds_left(self, step: int) -> float:
        assert self._phase is not None
        seconds_per_step = (time.perf_counter() - self._phase_start) / step
        left = seconds_per_step * max(0, self._phase.n_steps - step)
        cost_per_step = self._phase.cost / self._phase.n_steps
        return left + sum(phase.cost for phase in self._to_come) * seconds_per_step / cost_per_step

    def _is_live(self) -> bool:
        return self._level == 1 and (sys.stdout.isatty() or "ipykernel" in sys.modules)

    def _print(self, line: str) -> None:
        if not self._is_live():
            print(line, flush=True)
            return
        print("\r" + line.ljust(self._width), end="", flush=True)
        self._width = len(line)

    def _close_line(self) -> None:
        if self._width:
            print(flush=True)
            self._width = 0
