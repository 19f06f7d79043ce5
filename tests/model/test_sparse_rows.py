"""Sparse rows become the dense rows that they stand for."""

import numpy as np
import pytest
import torch
from scipy import sparse

from skbayes.model import SparseRows


def _rows(matrix: sparse.csr_array, background: np.ndarray) -> SparseRows:
    return SparseRows(
        torch.from_numpy(matrix.indptr).long(),
        torch.from_numpy(matrix.indices).long(),
        torch.from_numpy(matrix.data),
        torch.from_numpy(background),
    )


@pytest.mark.parametrize("density", [0.0, 0.2, 1.0])
def test_any_rows_in_any_order(density: float) -> None:
    rng = np.random.RandomState(0)
    matrix = sparse.random_array((9, 5), density=density, format="csr", random_state=rng)
    background = rng.normal(size=5)
    dense = np.where(matrix.toarray() == 0, background, matrix.toarray())
    rows = _rows(matrix, background)
    assert rows.shape == (9, 5)
    for index in ([0], [8, 0, 3, 3], list(range(9)), []):
        selected = rows.index_select(0, torch.tensor(index, dtype=torch.int64))
        np.testing.assert_array_equal(selected.numpy(), dense[index])
    for n_rows in (1, 4, 100):
        np.testing.assert_array_equal(torch.cat(list(rows.split(n_rows))).numpy(), dense)


def test_only_rows_can_be_selected() -> None:
    rows = _rows(sparse.csr_array(np.eye(2)), np.zeros(2))
    with pytest.raises(ValueError, match="dim must be 0"):
        rows.index_select(1, torch.tensor([0]))
