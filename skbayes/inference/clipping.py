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
            self._largest_norm = torch.from_numpy(total_weight * max_grad_norm).to(like)

    def __call__(self, gradient: Tensor) -> None:
        """Shorten the gradients ``[M, ...]`` in place."""
        if self._largest_norm is None:
            return
        flat = gradient.view(len(gradient), -1)
        factor = self._largest_norm / torch.linalg.vector_norm(flat, dim=1)
        flat.mul_(factor.clamp_max_(1.0).nan_to_num_(1.0).unsqueeze(1))
