"""The mean-field normal posterior over the flat vector."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class MeanFieldNormal:
    """Independent normals over the entries of the vector, one set for each of ``M`` models.

    Attributes
    ----------
    mean, log_scale : Tensor of shape (M, P)
        Means and logarithms of the standard deviations.

    Examples
    --------
    >>> import torch
    >>> posterior = MeanFieldNormal(torch.zeros(2, 3), torch.zeros(2, 3))
    >>> posterior.sample(4, torch.Generator().manual_seed(0)).shape
    torch.Size([2, 4, 3])
    """

    mean: Tensor
    log_scale: Tensor

    def sample(self, n_draws: int, generator: torch.Generator) -> Tensor:
        """Draws ``[M, n_draws, P]`` in antithetic pairs, independent over models."""
        n_models, n_entries = self.mean.shape
        noise = antithetic_normals((n_models, n_draws, n_entries), generator).to(self.mean)
        return self.mean.unsqueeze(1) + self.log_scale.exp().unsqueeze(1) * noise


def antithetic_normals(shape: tuple[int, int, int], generator: torch.Generator) -> Tensor:
    """Standard normals in pairs ``(e, -e)`` along the second axis, in single precision.

    A pair cancels the odd part of whatever is averaged over it. An odd count leaves the
    last draw of the first half without a partner. Single precision, because normals in
    double precision cost four times as much and the noise needs no more digits.
    """
    n_draws = shape[1]
    half = (n_draws + 1) // 2
    noise = torch.empty(shape)
    noise[:, :half].normal_(generator=generator)
    torch.neg(noise[:, : n_draws - half], out=noise[:, half:])
    return noise
