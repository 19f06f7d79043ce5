"""The rows that models learn from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skbayes.model.nested_rows import NestedRows
from skbayes.model.row_source import RowSource


@dataclass(frozen=True)
class Data:
    """Rows to learn from, in the units of the network.

    All models see the same rows, or, with a leading axis, each of ``M`` models its own. The
    folds of a cross-validation share inputs and targets, and differ in their weights alone: a row
    that is held out has the weight zero.

    Attributes
    ----------
    inputs : Tensor of shape (n, d) or (M, n, d), RowSource or NestedRows
    targets : Tensor of shape (n, t) or (M, n, t)
    row_weights : Tensor of shape (n,) or (M, n), or None
        How many copies of a row each row stands for; None for one each.
    log_jacobian : float
        Mean over the rows of what makes a log density of targets in the network's units one in
        the user's, in nats.
    """

    inputs: Tensor | RowSource | NestedRows
    targets: Tensor
    row_weights: Tensor | None = None
    log_jacobian: float = 0.0

    @property
    def n_rows(self) -> int:
        return self.targets.shape[-2]

    @property
    def total_weight(self) -> NDArray[np.float64]:
        """Number of rows that the data of each model stand for, ``(1,)`` or ``(M,)``."""
        if self.row_weights is None:
            return np.array([float(self.n_rows)])
        totals: NDArray[np.float64] = self.row_weights.sum(-1).double().cpu().numpy()
        return np.atleast_1d(totals)

    @property
    def dense_inputs(self) -> Any:
        """All inputs, made where they are a source of rows: ask for a batch first."""
        if isinstance(self.inputs, RowSource):
            return torch.cat(list(self.inputs.split(self.n_rows)))
        return self.inputs

    def dense(self) -> Data:
        """The same rows with dense inputs."""
        inputs = self.dense_inputs
        return self if inputs is self.inputs else replace(self, inputs=inputs)

    def batch(self, index: Tensor) -> Data:
        """The rows at `index`, with dense inputs."""
        weights = self.row_weights
        return Data(
            self.inputs.index_select(self.targets.ndim - 2, index),
            self.targets.index_select(-2, index),
            None if weights is None else weights.index_select(-1, index),
        )

    def repeated(self, n_draws: int) -> Data:
        """The same rows for `n_draws` vectors of each model, model by model."""
        inputs, targets, weights = self.inputs, self.targets, self.row_weights
        if targets.ndim == 3:
            inputs = self.dense_inputs.repeat_interleave(n_draws, 0)
            targets = targets.repeat_interleave(n_draws, 0)
        if weights is not None and weights.ndim == 2:
            weights = weights.repeat_interleave(n_draws, 0)
        return Data(inputs, targets, weights)
