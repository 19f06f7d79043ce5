"""Products are the same however they are laid out."""

import pytest
import torch

from skbayes.model.networks.products import affine, new_buffer, transposed_product


def _normals(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("n_columns", [1, 2, 15, 16, 20])
@pytest.mark.parametrize("is_transposed", [False, True])
def test_are_those_of_matrices(n_columns: int, is_transposed: bool) -> None:
    inputs = _normals(3, 7, 5, seed=0)
    if is_transposed:  # as a layer of few units writes it
        inputs = inputs.mT.contiguous().mT
    weight, bias = _normals(3, 5, n_columns, seed=1), _normals(3, 1, n_columns, seed=2)
    expected = torch.einsum("kbi,kij->kbj", inputs, weight) + bias
    torch.testing.assert_close(affine(inputs, weight, bias), expected)
    out = new_buffer(inputs, 3, 7, n_columns)
    affine(inputs, weight, bias, out)
    torch.testing.assert_close(out, expected)
    delta = _normals(3, 7, n_columns, seed=3)
    expected = torch.einsum("kbi,kbj->kij", inputs, delta)
    torch.testing.assert_close(transposed_product(inputs, delta), expected)
