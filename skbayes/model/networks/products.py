"""Batched products of matrices, of which some have few columns."""

from __future__ import annotations

from skbayes.lazy_torch import Tensor, torch

# A product with fewer columns is two to eight times faster transposed: BLAS on a CPU works on as
# many rows of a result as there are, but on so many columns at a time.
_FEW_COLUMNS = 16


def has_few_columns(n_columns: int) -> bool:
    """Whether products with so many columns are computed, and laid out, transposed."""
    return n_columns < _FEW_COLUMNS


def new_buffer(like: Tensor, n_vectors: int, n_rows: int, n_columns: int) -> Tensor:
    """Memory ``[K, B, n_columns]`` for a product, laid out as `affine` writes it."""
    if has_few_columns(n_columns):
        return like.new_empty(n_vectors, n_columns, n_rows).mT
    return like.new_empty(n_vectors, n_rows, n_columns)


def affine(inputs: Tensor, weight: Tensor, bias: Tensor, out: Tensor | None = None) -> Tensor:
    """``inputs @ weight + bias``, ``[K, B, n_columns]``.

    Parameters
    ----------
    inputs : Tensor of shape (K, B, n)
    weight : Tensor of shape (K, n, n_columns)
    bias : Tensor, broadcastable to (K, B, n_columns)
    out : Tensor of shape (K, B, n_columns), default=None
        Of `new_buffer`; None for new memory, as autograd needs it.
    """
    if has_few_columns(weight.shape[-1]):
        out = None if out is None else out.mT
        return torch.baddbmm(bias.mT, weight.mT, inputs.mT, out=out).mT
    return torch.baddbmm(bias, inputs, weight, out=out)


def transposed_product(inputs: Tensor, delta: Tensor) -> Tensor:
    """``inputs.mT @ delta``: of ``[K, B, n]`` and ``[K, B, n_columns]``, ``[K, n, n_columns]``."""
    if has_few_columns(delta.shape[-1]):
        return torch.bmm(delta.mT, inputs).mT
    return torch.bmm(inputs.mT, delta)
