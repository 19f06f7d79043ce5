"""Standard densities of noise: symmetric about zero, of scale 1."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.degrees_of_freedom import log_normaliser, normaliser_slope
from skbayes.predictive import (
    laplace_log_tail,
    log_complement,
    log_mills_ratio,
    normal_log_tail,
    student_t_log_tail,
)

if TYPE_CHECKING:
    from typing_extensions import Self


class TailSlopes(NamedTuple):
    """Logarithms of tails, and their derivatives."""

    log_tail: Tensor
    of_z: Tensor
    of_parameters: tuple[Tensor, ...] = ()  # one of each, of the shape of `log_tail`


class Noise(ABC):
    """What a target scatters by, in units of its scale.

    Attributes
    ----------
    parameters : tuple of Tensor
        What it depends on, broadcastable to (K, B, t).
    """

    parameters: tuple[Tensor, ...] = ()

    @abstractmethod
    def log_prob(self, z: Tensor) -> Tensor:
        """Log density, in nats."""

    @abstractmethod
    def log_tail(self, z: Tensor) -> Tensor:
        """``log P(Z > z)``, with digits however far out."""

    def tail_slopes(self, z: Tensor) -> TailSlopes:
        """`log_tail`, and its derivatives in closed form."""
        log_tail = self.log_tail(z)
        return TailSlopes(log_tail, _minus_hazard(self.log_prob(z), log_tail))

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
        self.parameters = (df,)

    def log_prob(self, z: Tensor) -> Tensor:
        kernel = -0.5 * (self._df + 1) * torch.log1p(z.square() / self._df)
        return kernel + log_normaliser(self._df)

    def log_tail(self, z: Tensor) -> Tensor:
        return student_t_log_tail(z, self._df, self.log_prob(z))

    def tail_slopes(self, z: Tensor) -> TailSlopes:
        df = self._df
        log_ratio, of_df = log_mills_ratio(z.abs(), df)
        square_over_df = z.square() / df
        kernel = torch.log1p(square_over_df)
        of_kernel = (1 + 1 / df) * square_over_df / (1 + square_over_df) - kernel
        of_df = of_df.add_(of_kernel, alpha=0.5).add_(normaliser_slope(df))
        log_peak, fall = log_normaliser(df), 0.5 * (df + 1) * kernel
        outer = log_ratio.add_(log_peak).sub_(fall)
        # Of what is not beyond -z, where z is below 0.
        is_upper = z >= 0
        log_tail = torch.where(is_upper, outer, log_complement(outer))
        of_df = torch.where(is_upper, of_df, -torch.exp(outer - log_tail) * of_df)
        return TailSlopes(log_tail, _minus_hazard(log_peak - fall, log_tail), (of_df,))

    def at(self, where: Tensor) -> StudentTNoise:
        return StudentTNoise(self._df.expand(where.shape)[where])


def _minus_hazard(log_density: Tensor, log_tail: Tensor) -> Tensor:
    """Derivative of a log tail."""
    return torch.exp(log_density - log_tail).neg_()
