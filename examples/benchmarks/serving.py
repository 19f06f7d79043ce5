"""What it costs to serve a saved model: a fresh process for one row, and a row of a warm one.

Fresh processes take turns, so that a change of the machine's speed meets all of them; medians over
the turns. Memory is the peak of the process, as Linux has it. Bytecode should be compiled, as an
installation does (`python -m compileall skbayes`).

    python examples/benchmarks/serving.py
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
import warnings
from pathlib import Path
from typing import Any

import joblib
from results import add_save_option, save
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor

_LOAD = "import joblib; model, row = joblib.load({path!r})\n"
# The process's own: `resource` has that of the one that started it, where that is larger.
_PEAK = "print(*(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
_KIB_PER_MB = 1e6 / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--budget", type=float, default=1.0, help="of the fits")
    add_save_option(parser)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = load_diabetes(return_X_y=True)
    regressor = BayesianMLPRegressor(random_state=0, budget=arguments.budget).fit(X, y)
    X_classes, labels = load_breast_cancer(return_X_y=True)
    classifier = BayesianMLPClassifier(random_state=0, budget=arguments.budget)
    classifier.fit(X_classes, labels)
    mlp = MLPRegressor(hidden_layer_sizes=(32, 16), random_state=0).fit(X, y)
    row, row_of_classes = X[:1], X_classes[:1]
    saved: list[dict[str, Any]] = []

    with tempfile.TemporaryDirectory() as folder:
        of_numbers, of_classes = (str(Path(folder, name)) for name in ("numbers", "classes"))
        joblib.dump((regressor, row), of_numbers)
        joblib.dump((classifier, row_of_classes), of_classes)
        load = _LOAD.format(path=of_numbers)
        processes = {
            "import scikit-learn": "import sklearn.base\n",
            "load, predict": load + "model.predict(row)\n",
            "load, predict_proba": _LOAD.format(path=of_classes) + "model.predict_proba(row)\n",
            "load, predict_interval": _LOAD.format(path=of_numbers)
            + "model.predict_interval(row)\n",
            "import torch, scikit-learn, pandas": "import torch, sklearn.base, pandas\n",
        }
        seconds: dict[str, list[float]] = {name: [] for name in processes}
        peaks: dict[str, list[float]] = {name: [] for name in processes}
        for turn in range(arguments.rounds + 1):
            for name, script in processes.items():
                start = time.perf_counter()
                command = [sys.executable, "-c", script + _PEAK]
                printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                if turn:  # the first turn fills the file cache
                    seconds[name].append(time.perf_counter() - start)
                    peaks[name].append(float(printed.split()[1]) / _KIB_PER_MB)
    print(f"{'a fresh process, median':38s} {'seconds':>8s} {'MB':>6s}")
    for name in processes:
        time_of_all, peak = statistics.median(seconds[name]), statistics.median(peaks[name])
        print(f"{name:38s} {time_of_all:8.2f} {peak:6.0f}")
        saved.append({"what": name, "process": "fresh", "seconds": time_of_all, "MB": peak})

    calls = {
        "MLPRegressor.predict": lambda: mlp.predict(row),
        "predict": lambda: regressor.predict(row),
        "predict_proba": lambda: classifier.predict_proba(row_of_classes),
        "predict, return_std": lambda: regressor.predict(row, return_std=True),
        "predict_interval": lambda: regressor.predict_interval(row),
    }
    print(f"\n{'one row of a warm process, median':38s} {'ms':>8s}")
    for name, call in calls.items():
        call()
        time_of_call = statistics.median(timeit.repeat(call, number=1, repeat=300))
        print(f"{name:38s} {1e3 * time_of_call:8.2f}")
        saved.append({"what": name, "process": "warm", "seconds": time_of_call})
    save(saved, arguments.save, "serving")


if __name__ == "__main__":
    main()
