"""Tests of `skbayes.tables.encoded_rows`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.tables import InputEncoding, TableFormat
from skbayes.tables import encoding as module
from skbayes.tables.encoded_rows import EncodedRows


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.RandomState(0)
    frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("abc"))
    frame.loc[:5, "a"] = np.nan
    frame["kind"] = rng.choice(["x", "y", "z"], 60)
    return frame


def _rows(frame: pd.DataFrame) -> tuple[EncodedRows, torch.Tensor]:
    table = TableFormat.of(frame, "from_dtype", "indicator").read(
        BaseEstimator(), frame, reset=True
    )
    encoding = InputEncoding.of(
        table, None, standardize="robust", discrete_as_categories=False, n_bins=3
    )
    return EncodedRows(table, encoding, torch.float32), encoding.tensor(table, torch.float32)


def test_rows_are_those_of_the_table_encoded_at_once(frame: pd.DataFrame) -> None:
    rows, encoded = _rows(frame)
    assert rows.shape == tuple(encoded.shape)
    assert len(rows) == 60
    index = torch.tensor([3, 59, 0, 3])
    assert torch.equal(rows.index_select(0, index), encoded[index])
    assert torch.equal(torch.cat(list(rows.split(7))), encoded)
    double = rows.to(dtype=torch.float64).index_select(0, index)
    assert double.dtype == torch.float64
    assert torch.equal(double.float(), encoded[index])
    assert rows.to(device="meta").device.type == "meta"


@pytest.mark.parametrize("inference", ["variational", "auto"])
def test_a_fit_is_the_same_with_and_without_a_copy(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, inference: str
) -> None:
    y = frame["b"].to_numpy() + 0.1 * np.arange(60)
    settings = {"budget": 0.02, "random_state": 0, "inference": inference, "batch_size": 20}
    for estimator, target in (
        (BayesianMLPRegressor(**settings), y),
        (BayesianMLPClassifier(**settings), y > 1),
    ):
        monkeypatch.setattr(module, "_MOST_BYTES", 2**28)
        copied = estimator.fit(frame, target).posterior_draws_
        monkeypatch.setattr(module, "_MOST_BYTES", 0)
        np.testing.assert_array_equal(estimator.fit(frame, target).posterior_draws_, copied)


def test_numbers_of_a_memory_map_are_not_copied(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "X.npy"
    rng = np.random.RandomState(0)
    np.save(path, rng.normal(size=(300, 4)).astype(np.float32))
    X = np.load(path, mmap_mode="r")
    seen = []
    monkeypatch.setattr(module, "_MOST_BYTES", 0)
    encode = InputEncoding.encode
    monkeypatch.setattr(
        InputEncoding,
        "encode",
        lambda self, table, *args: seen.append(table) or encode(self, table, *args),
    )
    model = BayesianMLPRegressor(budget=0.02, batch_size=30, random_state=0)
    model.fit(X, X[:, 0] + rng.normal(size=300))
    assert all(np.shares_memory(table.stored, X) for table in seen)
    assert max(map(len, seen)) <= 300
