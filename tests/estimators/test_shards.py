"""Estimators that are fitted by several processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor, BayesianMLPRegressorCV
from skbayes.distributed import fit_shard
from skbayes.variational import Variational

WORKER = Path(__file__).parent / "shards_worker.py"


@pytest.fixture(scope="module")
def found(in_two_processes, tmp_path_factory) -> list[dict[str, np.ndarray]]:
    """What each of two processes found in the cases of the worker in which both go on."""
    file = tmp_path_factory.mktemp("shards") / "found"
    cases = ("failures", "numbers", "classes", "mixed", "module", "sample")
    for process in in_two_processes(WORKER, str(file), *cases):
        assert process.returncode == 0, process.stderr[-2000:]
    return [dict(np.load(f"{file}{rank}.npz")) for rank in range(2)]


def test_both_processes_end_with_the_same(found) -> None:
    first, second = found
    assert len(second) > 15
    for name in second:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


@pytest.mark.parametrize("method", ["chains", "variational"])
def test_two_processes_fit_what_one_fits(method: str, found) -> None:
    together, alone = (found[0][f"numbers {method} {way}"] for way in ("together", "alone"))
    # Targets have a standard deviation of 77; chains amplify the rounding of sums.
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_no_process_needs_all_classes(found) -> None:
    assert found[0]["classes classes"].tolist() == ["a", "bb", "ccc"]
    assert found[0]["classes accuracy"] > 0.95


def test_gaps_and_categories_may_be_in_parts(found) -> None:
    assert found[0]["mixed accuracy"] > 0.85


def test_of_many_rows_a_sample_stands_for_all(found) -> None:
    sample = {name[7:]: x for name, x in found[0].items() if name.startswith("sample ")}
    assert len(sample) == 4
    chosen = sample["numbers"]
    assert len(np.unique(chosen)) == 90
    # Two thirds of the rows are in one process: 60, with a standard deviation of 4.
    assert abs(np.count_nonzero(chosen < 200) - 60) < 16
    for values in sample.values():
        np.testing.assert_array_equal(values, chosen)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("names", "the names of columns must be the same in all processes"),
        ("input", "Process 1 of 2 failed: Input X contains infinity"),
        ("parameter", "tol must be the same in all processes"),
        ("columns", "the number of numeric columns must be the same in all processes. Process 0"),
        ("type", "the type of the numbers of X must be the same in all processes"),
        ("unsupported", "Process 0 of 2 failed: early_stopping must be False"),
        ("sparse", "X must be dense"),
        ("categories", "Categories must be text, numbers or booleans"),
        ("one class", "This classifier needs samples of at least 2 classes"),
    ],
)
def test_what_is_wrong_in_one_process_is_said_in_both(wrong: str, message: str, found) -> None:
    for of_process in found:
        assert str(of_process[f"failures {wrong}"]).startswith(message)


@pytest.mark.parametrize("how", ["death", "silence"])
def test_a_process_that_is_lost_ends_the_others(how: str, in_two_processes, tmp_path: Path) -> None:
    first, _ = in_two_processes(WORKER, str(tmp_path / "found"), how)
    assert first.returncode == 0, first.stderr[-2000:]
    told = np.load(tmp_path / "found0.npz")
    message = "Another process of the group ended, or did not answer"
    assert str(told[f"{how} message"]).startswith(message)


def test_one_process_alone_fits_as_fit_does(peers, quick, diabetes) -> None:
    X, y = diabetes
    fitted = fit_shard(quick, X, y, np.arange(1.0, len(X) + 1))
    assert fitted is quick
    draws = fitted.posterior_draws_
    np.testing.assert_array_equal(
        draws, quick.fit(X, y, np.arange(1.0, len(X) + 1)).posterior_draws_
    )


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (BayesianMLPRegressor(warm_start=True), "warm_start"),
        (BayesianMLPRegressor(early_stopping=True), "early_stopping"),
        (BayesianMLPRegressor(inference=Variational(callbacks=[print])), "callbacks"),
        (BayesianMLPClassifier(class_weight="balanced"), "class_weight"),
        (BayesianMLPRegressorCV(), "estimator"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_needs_all_rows_in_one_place_is_refused(peers, estimator: Any, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be"):
        fit_shard(estimator, np.zeros((4, 1)), [0, 1, 0, 1])


def test_without_a_group_it_says_how_to_make_one() -> None:
    with pytest.raises(ValueError, match="start the script with torchrun"):
        fit_shard(BayesianMLPRegressor(), np.zeros((4, 1)), [0, 1, 0, 1])
