"""Rows that all processes learn from, here of one; tests/estimators/test_shards.py has two."""

from typing import Any

import numpy as np
import pytest

from skbayes.model import Peers
from skbayes.tables import Rows, Table, TableFormat, check_same_format, common_classes, common_rows


def _rows(categories: list[Any], dtype: type = np.float64) -> Rows:
    n_rows = len(categories)
    values = np.empty(n_rows, dtype=object)
    values[:] = categories
    numbers = np.arange(2.0 * n_rows).reshape(n_rows, 2).astype(dtype)
    numbers[0, 0] = np.nan
    table = Table(TableFormat([2], allow_missing=True), numbers, [values])
    return Rows.of(table, np.arange(float(n_rows))[:, None], None)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_few_rows_are_all_there_as_they_were(peers: Peers, dtype: type) -> None:
    rows = _rows(["β", None, True, 3, 0.5, "β"], dtype)
    check_same_format(rows, peers)
    common = common_rows(rows, peers)
    assert common.table.stored.dtype == dtype
    np.testing.assert_array_equal(common.table.numeric, rows.table.numeric)
    assert common.table.categorical[0].tolist() == rows.table.categorical[0].tolist()
    np.testing.assert_array_equal(common.targets, rows.targets)
    assert common.row_weights is None


def test_a_sample_of_many_keeps_rows_together(peers: Peers) -> None:
    rows = _rows(list(range(50)))._replace(row_weights=np.arange(50.0) + 1)
    sample = common_rows(rows, peers, most=20)
    chosen = sample.targets[:, 0]
    assert len(np.unique(chosen)) == 20
    np.testing.assert_array_equal(sample.table.numeric[:, 1], 2 * chosen + 1)
    np.testing.assert_array_equal(sample.table.categorical[0].astype(float), chosen)
    np.testing.assert_array_equal(sample.row_weights, chosen + 1)


def test_what_cannot_be_sent_as_text_is_refused(peers: Peers) -> None:
    with pytest.raises(ValueError, match=r"Categories must be text.* Got \(1, 2\)"):
        check_same_format(_rows([(1, 2), "a"]), peers)
    with pytest.raises(ValueError, match=r"Class labels must be text.* Got b'a'"):
        common_classes(np.array([b"a", b"b"]), peers)


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["b", "a", "b"]),
        np.array(["b", "a"], dtype=object),
        np.array([2, -1, 2], dtype=np.int8),
        np.array([0.5, 2.0], dtype=np.float32),
        np.array([True, False]),
    ],
    ids=lambda labels: str(labels.dtype),
)
def test_classes_keep_their_type(peers: Peers, labels: np.ndarray) -> None:
    classes = common_classes(labels, peers)
    assert classes.dtype == labels.dtype
    assert classes.tolist() == np.unique(labels).tolist()
