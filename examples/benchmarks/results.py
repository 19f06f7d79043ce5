"""Results of a benchmark as a file: what docs/benchmarks.md is made from, and on what machine.

`--save DIR` of a script writes `DIR/NAME.csv`, one row for each measurement, below lines that say
which command made it, where, and with what. `page.py` makes tables and pictures of them.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import sys
from collections.abc import Iterable
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

_PACKAGES = ("skbayes", "torch", "scikit-learn", "numpy", "catboost")
_COMMENT = "# "


class Results(NamedTuple):
    """What a script measured, and how."""

    rows: pd.DataFrame
    command: str
    machine: str


def add_save_option(parser: argparse.ArgumentParser) -> None:
    """`--save DIR`."""
    parser.add_argument("--save", type=Path, help="folder for the results, such as docs/results")


def save(rows: Iterable[dict[str, Any]], folder: Path | None, name: str) -> None:
    """Write the rows to `folder`, if there is one, with the command of this process.

    Folders of data and results are told by what they hold, not by where they were.
    """
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    heading = f"{_COMMENT}{_command()}\n{_COMMENT}{_machine()}\n"
    table = pd.DataFrame(list(rows)).to_csv(index=False, float_format="%.6g")
    (folder / f"{name}.csv").write_text(heading + table)


def load(path: Path) -> Results:
    """What `save` wrote."""
    command, machine = (line.removeprefix(_COMMENT) for line in path.read_text().splitlines()[:2])
    return Results(pd.read_csv(path, skiprows=2), command, machine)


def _command() -> str:
    words = ["python", f"examples/benchmarks/{Path(sys.argv[0]).name}"]
    arguments = iter(sys.argv[1:])
    for word in arguments:
        if word == "--save":
            next(arguments)
        elif word == "--data":
            words += [word, "DIR"]
            next(arguments)
        else:
            words.append(word)
    return shlex.join(words)


def _machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = os.environ.get("OMP_NUM_THREADS")
    versions = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES if _version(name))
    limit = f", OMP_NUM_THREADS={threads}" if threads else ""
    count = f"{cores} core{'' if cores == 1 else 's'}{limit}"
    return (
        f"{_processor()}, {count}; Python {platform.python_version()}, {versions}; "
        f"{date.today().isoformat()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
