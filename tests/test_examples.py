"""The examples run, and say what they promise."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def _run(script: str, *arguments: str, launcher: Sequence[str] = ()) -> str:
    finished = subprocess.run(
        [sys.executable, *launcher, str(EXAMPLES / script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    return finished.stdout


def test_quickstart_prints_intervals_and_their_coverage() -> None:
    output = _run("quickstart.py")
    assert "lower" in output
    (line,) = [line for line in output.splitlines() if "nominal  90 %" in line]
    measured = float(line.split("measured")[1].strip(" %"))
    # Binomial standard error of 111 patients: 2.8 %.
    assert measured == pytest.approx(90, abs=8)


def test_one_model_is_fitted_by_two_processes() -> None:
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    output = _run("distributed_fit.py", launcher=launcher)
    assert "2 processes, 166 of 331 rows" in output
    covered = float(output.split("intervals cover")[1].split()[0])
    # Binomial standard error of 111 patients: 2.8 %.
    assert covered == pytest.approx(90, abs=8)


def test_a_sine_is_least_known_in_the_gap_and_beyond_its_data() -> None:
    output = _run("gallery/plot_02_two_kinds_of_uncertainty.py")
    noise, epistemic = (
        {
            line.split(" noise ")[0].strip(): float(line.split(kind)[1].split()[0])
            for line in output.splitlines()
        }
        for kind in ("noise", "epistemic")
    )
    known = max(epistemic["left data"], epistemic["right data"])
    assert min(epistemic["in the gap"], epistemic["beyond"]) > 2 * known
    assert noise["right data"] > 2 * noise["left data"]


def test_friedman_benchmark_ranks_the_features_that_matter_first() -> None:
    output = _run("benchmarks/friedman.py", "--max-iter", "150")
    assert output.count("log-likelihood") == 2 * 5 + 3
    numbers = output.split("relevance by feature:")[1].translate(str.maketrans("[]", "  "))
    relevance = np.array([float(number) for number in numbers.split()])
    assert relevance.shape == (15,)
    assert relevance[:4].min() > relevance[5:].max()


def test_uci_benchmark_runs_on_any_data_of_its_format(tmp_path: Path) -> None:
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 2))
    (tmp_path / "regression").mkdir()
    np.savez(
        tmp_path / "regression" / "toy.npz",
        X=X,
        y=X.sum(axis=1) + 0.1 * rng.normal(size=60),
        train_index_0=np.arange(40),
        test_index_0=np.arange(40, 60),
    )
    settings = '{"max_iter": 300, "inference": ["variational", {"n_members": 2}]}'
    arguments = ["--data", str(tmp_path), "--sets", "toy", "--splits", "1", "--settings", settings]
    output = _run("benchmarks/uci.py", *arguments, "--save", str(tmp_path / "results"))
    assert "toy, 1 splits" in output
    assert "coverage" in output
    lines = (tmp_path / "results" / "uci.csv").read_text().splitlines()
    assert lines[0].startswith("# python examples/benchmarks/uci.py --data DIR --sets toy")
    assert str(tmp_path) not in "".join(lines)
    assert lines[2].startswith("set,split,rows,rmse")
    assert lines[3].startswith("toy,0,40,")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read as Linux has it")
def test_serving_benchmark_loads_without_pytorch() -> None:
    output = _run("benchmarks/serving.py", "--rounds", "1", "--budget", "0.02")
    megabytes = {line[:38].strip(): float(line.split()[-1]) for line in output.splitlines()[1:6]}
    # PyTorch takes as much memory as all the rest.
    assert megabytes["load, predict"] < 0.7 * megabytes["load, predict_interval"]


def test_bounds_benchmark_keeps_intervals_within_the_bounds(tmp_path: Path) -> None:
    rng = np.random.RandomState(0)
    income = rng.uniform(1, 8, size=120)
    price = np.minimum(8e4 * income * rng.lognormal(0, 0.2, size=120), 500_001.0)
    table = np.column_stack([income, price])
    (tmp_path / "raw").mkdir()
    header = "median_income,median_house_value"
    file = tmp_path / "raw" / "california_housing.csv"
    np.savetxt(file, table, "%.10g", ",", header=header, comments="")
    output = _run("benchmarks/bounds.py", "--data", str(tmp_path), "--budget", "0.05")
    (line,) = [line for line in output.splitlines() if "Censored" in line]
    assert "beyond   0.0 %" in line
    assert output.count("log-likelihood") == 4


def test_a_cnn_made_bayesian_is_more_accurate_than_the_same_trained_plainly() -> None:
    output = _run("digits_cnn.py", "--steps", "600")
    accuracy = {
        line.split()[0]: float(line.split()[2])
        for line in output.splitlines()
        if "accuracy" in line
    }
    # 540 images: the standard error of the difference is about 0.5 %.
    assert accuracy["Bayesian"] > 0.96
    assert accuracy["Bayesian"] > accuracy["plain"] - 0.01


def test_an_lstm_knows_where_its_series_is_noisy() -> None:
    output = _run("lstm_forecast.py", "--steps", "800")
    covered = float(output.split("intervals cover")[1].split()[0])
    # 970 values: binomial standard error 1 %; trained for half as long as the script does.
    assert covered == pytest.approx(90, abs=6)
    widths = {
        line.split()[0]: float(line.split()[-1]) for line in output.splitlines() if "width" in line
    }
    assert widths["loud"] > 1.5 * widths["quiet"]


def test_the_transformer_trains_by_a_loop_of_its_own() -> None:
    output = _run("transformer_sequences.py", "--steps", "50")
    assert output.count("nats a row") == 5
    assert "90 % intervals cover" in output
