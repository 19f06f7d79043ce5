"""Tests of `skbayes.inference.progress`."""

from __future__ import annotations

import re
import sys
from itertools import pairwise

import pytest

from skbayes.inference import progress as module
from skbayes.inference.progress import Phase, Progress


class _Clock:
    """Seconds that pass when they are told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(module.time, "perf_counter", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    return _Clock(monkeypatch)


def _run(progress: Progress, clock: _Clock, name: str, n_steps: int, seconds_per_step: float):
    progress.begin(name, n_steps)
    for step in range(1, n_steps + 1):
        clock.now += seconds_per_step
        if progress.is_due(step):
            progress.report(step, "remark")


def _seconds_left(line: str) -> float:
    return float(re.search(r"([\d.]+) s left$", line)[1])


PHASES = (Phase("first", 100), Phase("second", 50, module._OVERHEAD))  # of as much work each


def test_time_left_counts_the_phases_to_come(clock: _Clock, capsys) -> None:
    with Progress(1, PHASES) as progress:
        _run(progress, clock, "first", 100, 0.5)
        _run(progress, clock, "second", 50, 1.0)  # twice the arithmetic, as announced
    lines = capsys.readouterr().out.splitlines()
    # After the first second: 98 steps of half a second, and 50 that cost twice as much.
    assert lines[0] == "[skbayes]   1%  first 2/100  remark  99.0 s left"
    assert _seconds_left(lines[-1]) == 0.0
    assert lines[-1].startswith("[skbayes] 100%  second 50/50")
    # One line for each twentieth of all work, the first and the last of each phase.
    assert 20 <= len(lines) <= 24
    shares = [int(line.split("%")[0].split()[-1]) for line in lines]
    assert shares == sorted(shares)


def test_a_phase_goes_at_its_own_rate(clock: _Clock, capsys) -> None:
    with Progress(1, PHASES) as progress:
        _run(progress, clock, "first", 100, 0.5)
        progress.begin("second", 50)
        clock.now += 10 * 3.0  # three times as slow as its arithmetic says
        progress.report(10, "")
    assert _seconds_left(capsys.readouterr().out.splitlines()[-1]) == 40 * 3.0


def test_phases_that_are_left_out_are_not_waited_for(clock: _Clock, capsys) -> None:
    with Progress(1, [Phase("skipped", 1000), *PHASES]) as progress:
        _run(progress, clock, "second", 50, 1.0)
    assert _seconds_left(capsys.readouterr().out.splitlines()[0]) == 49.0


def test_a_phase_that_gets_shorter(clock: _Clock, capsys) -> None:
    with Progress(1) as progress:
        progress.begin("alone", 1000)
        clock.now += 100.0
        progress.report(100, "", n_steps=150)
    assert _seconds_left(capsys.readouterr().out) == 50.0


def test_level_0_is_silent(clock: _Clock, capsys) -> None:
    with Progress(0, PHASES) as progress:
        _run(progress, clock, "first", 100, 1.0)
        progress.note("text")
    assert capsys.readouterr().out == ""


def test_level_2_has_more_lines(clock: _Clock, capsys) -> None:
    with Progress(2) as progress:
        _run(progress, clock, "only", 1000, 0.1)
    assert 95 <= len(capsys.readouterr().out.splitlines()) <= 102


def test_a_terminal_sees_one_line(clock: _Clock, capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with Progress(1, PHASES) as progress:
        _run(progress, clock, "first", 100, 0.5)
        progress.note("a note")
        _run(progress, clock, "second", 50, 1.0)
    output = capsys.readouterr().out
    # The line is closed before the note and at the end, and rewritten by a carriage return.
    assert output.count("\n") == 3
    assert output.endswith("\n")
    first, note, second = output.split("\n")[:3]
    assert note == "[skbayes] a note"
    for line in (first, second):
        shown = line.split("\r")[1:]
        assert len(shown) > 5
        assert all(text.startswith("[skbayes]") for text in shown)
        # What was longer before is overwritten.
        assert all(len(b) >= len(a.rstrip()) for a, b in pairwise(shown))


def test_an_error_closes_the_line(clock: _Clock, capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    def fail() -> None:
        with Progress(1) as progress:
            progress.begin("phase", 10)
            clock.now += 1.0
            progress.report(1, "")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert capsys.readouterr().out.endswith("\n")
