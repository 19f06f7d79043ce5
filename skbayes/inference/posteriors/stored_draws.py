"""A posterior known by draws from it."""

from __future__ import annotations

from dataclasses import dataclass

from skbayes.lazy_torch import Tensor, torch


@dataclass(frozen=True)
class StoredDraws:
    """Draws of ``M`` chains.

    Attributes
    ----------
    draws : Tensor of shape (M, n_draws, P)
        In the order in which they were drawn.

    Examples
    --------
    >>> import torch
    >>> posterior = StoredDraws(torch.arange(6.0).reshape(1, 6, 1))
    >>> posterior.sample(2, torch.Generator()).flatten()
    tensor([2., 5.])
    """

    draws: Tensor

    @property
    def mean(self) -> Tensor:
        return self.draws.mean(1)

    @property
    def scale(self) -> Tensor:
        return self.draws.std(1, correction=0)

    def sample(self, n_draws: int, generator: torch.Generator) -> Tensor:
        """Every so manieth draw of each chain, evenly spread and ending with the last.

        Draws far apart are less correlated than random ones. All of them, where there are no
        more than are asked for. Nothing is random: `generator` is not used.
        """
        n_stored = self.draws.shape[1]
        n_kept = min(n_draws, n_stored)
        last = torch.arange(1, n_kept + 1, device=self.draws.device) * n_stored // n_kept - 1
        return self.draws[:, last]
