"""A limit to the length of gradients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skbayes.lazy_torch import Tensor, torch


class GradientClipping:
    """Shortens the gradient of each model by itself, where it is longer than a limit.

    Parameters
    ----------
    max_grad_norm : float or None
        Largest Euclidean norm of the gradient of the bound per row; None for no limit.
    total_weight : ndarray of shape (1,) or (M,)
        Rows that the data of each model stand for: gradients are those of the bound for all.
    like : Tensor
        Of the precision and on the device of the gradients.
    """

    def __init__(
        self, max_grad_norm: float | None, total_weight: NDArray[np.float64], like: Tensor
    ) -> None:
        self._largest_norm = None
        if max_grad_norm is not None:
            largest_norm = torch.from_numpy(total_weight * max_grad_norm).to(like)
            self._largest_norm = largest_norm.view(-1, *[1] * (like.ndim - 1))

    def __call__(self, gradient: Tensor) -> None:
        """Shorten the gradients ``[M, ...]`` in place."""
        if self._largest_norm is None:
            return
        axes = tuple(range(1, gradient.ndim))
        norm = torch.linalg.vector_norm(gradient, dim=axes, keepdim=True)
        gradient.mul_((self._largest_norm / norm).clamp_max_(1.0))
