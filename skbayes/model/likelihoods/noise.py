"""Standard densities of noise: symmetric about zero, of scale 1."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.degrees_of_freedom import log_normaliser
from skbayes.predictive import laplace_log_tail, normal_log_tail, student_t_log_tail

if TYPE_CHECKING:
    from typing_extensions import Self


class Noise(ABC):
    """What a target scatters by, in units of its scale."""

    @abstractmethod
    def log_prob(self, z: Tensor) -> Tensor:
        """Log density, in nats."""

    @abstractmethod
    def log_tail(self, z: Tensor) -> Tensor:
        """``log P(Z > z)``, with digits however far out."""

    def at(self, where: Tensor) -> Self:
        """The noise of the entries where `where`, ``[K, B, t]``, is true: of all by default."""
        return self


class NormalNoise(Noise):
    """Standard normal noise."""

    def log_prob(self, z: Tensor) -> Tensor:
        return -0.5 * z.square() - 0.5 * math.log(2 * math.pi)

    def log_tail(self, z: Tensor) -> Tensor:
        return normal_log_tail(z)


class LaplaceNoise(Noise):
    """Standard Laplace noise."""

    def log_prob(self, z: Tensor) -> Tensor:
        return -z.abs() - math.log(2)

    def log_tail(self, z: Tensor) -> Tensor:
        return laplace_log_tail(z)


class StudentTNoise(Noise):
    """Standard Student-t noise.

    Parameters
    ----------
    df : Tensor, broadcastable to (K, B, t)
        Degrees of freedom.
    """

    def __init__(self, df: Tensor) -> None:
        self._df = df

    def log_prob(self, z: Tensor) -> Tensor:
        kernel = -0.5 * (self._df + 1) * torch.log1p(z.square() / self._df)
        return kernel + log_normaliser(self._df)

    def log_tail(self, z: Tensor) -> Tensor:
        return student_t_log_tail(z, self._df, self.log_prob(z))

    def at(self, where: Tensor) -> StudentTNoise:
        return StudentTNoise(self._df.expand(where.shape)[where])
