"""Processes with a part of the rows each find what one process finds with all of them."""

from pathlib import Path

import numpy as np
import pytest

WORKER = Path(__file__).parent / "shards_worker.py"


@pytest.fixture(scope="module")
def found(in_two_processes, tmp_path_factory) -> list[dict[str, np.ndarray]]:
    """What each of two processes found."""
    file = tmp_path_factory.mktemp("shards") / "found"
    for process in in_two_processes(WORKER, str(file)):
        assert process.returncode == 0, process.stderr[-2000:]
    return [dict(np.load(f"{file}{rank}.npz")) for rank in range(2)]


@pytest.mark.parametrize(
    "case",
    [
        "training",
        "minibatches",
        "balanced",
        "mclmc",
        "hmc",
        "weight",
        "chain weight",
        "folds",
        "batch",
    ],
)
def test_two_processes_find_what_one_finds(case: str, found) -> None:
    first, second = found
    together = [name for name in first if name.startswith(f"{case} together")]
    assert together
    for name in together:
        np.testing.assert_array_equal(first[name], second[name])
        # Sums of parts are rounded otherwise than those of the whole, in double precision.
        alone = first[name.replace("together", "alone")]
        np.testing.assert_allclose(first[name], alone, rtol=1e-9, atol=1e-9)
