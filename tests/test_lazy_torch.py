"""PyTorch is imported when it is first used, and a perceptron predicts without it."""

import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_iris, make_multilabel_classification

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.lazy_torch import Tensor, nn, no_grad
from skbayes.lazy_torch import torch as lazy

# Loads a model, predicts, and says whether PyTorch came in.
SCRIPT = """
import sys, joblib
model, X = joblib.load(sys.argv[1])
predicted = getattr(model, sys.argv[2])(X)
assert "torch" not in sys.modules
joblib.dump(predicted, sys.argv[3])
"""


def _mixed_table() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60)})
    X["c"] = pd.Categorical(rng.choice(["x", "y", "z"], 60))
    X.loc[::7, "a"] = np.nan
    return X, X["b"].to_numpy() + (X["c"] == "x") + 0.1 * rng.normal(size=60)


@pytest.mark.parametrize(
    ("kind", "method"),
    [("numbers", "predict"), ("classes", "predict"), ("labels", "predict_proba")],
)
def test_a_saved_model_predicts_without_pytorch(tmp_path: Path, kind: str, method: str) -> None:
    if kind == "numbers":
        X, y = _mixed_table()
        model = BayesianMLPRegressor(random_state=0, budget=0.1).fit(X, y)
    elif kind == "classes":
        X, y = load_iris(return_X_y=True)
        model = BayesianMLPClassifier(random_state=0, budget=0.1).fit(X, y)
    else:
        X, y = make_multilabel_classification(60, random_state=0)
        model = BayesianMLPClassifier(random_state=0, budget=0.1).fit(X, y)
    saved, predicted = tmp_path / "model.joblib", tmp_path / "predicted.joblib"
    joblib.dump((model, X), saved)
    subprocess.run([sys.executable, "-c", SCRIPT, saved, method, predicted], check=True)
    np.testing.assert_array_equal(joblib.load(predicted), getattr(model, method)(X))


def test_importing_the_package_does_not_import_pytorch() -> None:
    script = "import sys, skbayes, skbayes.metrics, skbayes.likelihoods, skbayes.priors\n"
    script += "import skbayes.posteriors, skbayes.samplers, skbayes.variational\n"
    subprocess.run([sys.executable, "-c", script + "assert 'torch' not in sys.modules"], check=True)


def test_what_is_asked_for_is_pytorchs_own() -> None:
    assert lazy.float64 is torch.float64
    assert nn.Linear is torch.nn.Linear
    assert lazy.zeros is torch.zeros
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = lazy.no_such_thing


def test_tensors_are_known_as_such() -> None:
    assert isinstance(torch.zeros(1), Tensor)
    assert isinstance(nn.Parameter(torch.zeros(1)), Tensor)
    assert not isinstance(np.zeros(1), Tensor)


def test_no_grad_holds_while_the_function_runs() -> None:
    assert not no_grad(torch.is_grad_enabled)()
    assert torch.is_grad_enabled()
