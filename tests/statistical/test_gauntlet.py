"""The quickest of `examples/benchmarks/gauntlet.py`: the default beside a line and boosted trees.

The families are some of those that the default is near the best in at seed 0; the rows here are
of another seed.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "examples" / "benchmarks"


@pytest.fixture(scope="module")
def gauntlet():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import gauntlet
    finally:
        sys.path.remove(str(BENCHMARKS))
    return gauntlet


@pytest.mark.parametrize(
    "name",
    [
        "straight_line",
        "one_wild_x",
        "collinear",
        "spectra",
    ],
)
def test_the_default_is_near_the_best(gauntlet, name: str) -> None:
    rows = gauntlet.FAMILIES[name](np.random.RandomState(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rivals = {each.__name__: each(rows, 1) for each in (gauntlet.ridge, gauntlet.trees)}
        ours = gauntlet.skbayes(rows, 1)
    # RMSE within 10 %, log density within 0.02 nats, coverage from 85 to 97 %: what is asked of the
    # default on average; the standard error of a coverage of 1000 rows is 1 %.
    assert gauntlet.verdict(ours, rivals) == []
