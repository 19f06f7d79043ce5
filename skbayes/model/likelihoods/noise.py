"""Standard densities of noise: of scale 1, and symmetric about zero but where they are skewed."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.degrees_of_freedom import (
    log_normaliser,
    normaliser_slope,
    student_t_distance,
    student_t_distance_slope,
)
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


class NoiseGradient(NamedTuple):
    """Weighted log-likelihood of standardised residuals, and its derivatives."""

    log_likelihood: Tensor  # [K, t], summed over rows
    pull: Tensor  # [K, B, t]: less the derivatives by the residuals, each with its weight
    of_parameters: tuple[Tensor, ...]  # [K, t], one of each


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

    def towards(self, side: int) -> Noise:
        """The noise whose upper tail is the one on a side, 1 or -1: itself if it is symmetric."""
        return self

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

    def gradient(self, z: Tensor, row_weights: Tensor | None) -> NoiseGradient:
        """Of residuals ``[K, B, t]``, for degrees of freedom ``[K, 1, t]``.

        Parameters
        ----------
        z : Tensor of shape (K, B, t)
        row_weights : Tensor of shape (B,) or (K, B), or None
        """
        df = self._df
        square_over_df = z.square() / df
        # How much a residual counts: (df + 1) / (df + z^2)
        pull = ((df + 1) / df) / (1 + square_over_df) * z
        log_kernel = torch.log1p(square_over_df)
        if row_weights is not None:
            weights = row_weights.unsqueeze(-1)
            pull *= weights
            log_kernel *= weights
        total_weight = total_weight_of(row_weights, z)
        df, log_kernel = df.squeeze(1), log_kernel.sum(1)
        chi_square = torch.linalg.vecdot(pull, z, dim=1)
        normaliser = 2 * normaliser_slope(df) * total_weight
        return NoiseGradient(
            log_normaliser(df) * total_weight - 0.5 * (df + 1) * log_kernel,
            pull,
            (0.5 * (normaliser - log_kernel + chi_square / df),),
        )

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


class SkewedStudentTNoise(Noise):
    r"""Student-t noise with a scale on each side of its mode, and a mean of zero.

    ``Z = W - E[W]``, where ``W`` is Student-t of scale ``g`` above zero and ``1 / g`` below. Its
    density is continuous: with probability ``g^2 / (1 + g^2)`` it is above (Fernández & Steel
    1998, eq. 1). ``E[W]`` is ``E|T| (g - 1 / g)``.

    Parameters
    ----------
    df : Tensor, broadcastable to (K, B, t)
        Degrees of freedom.
    log_skew : Tensor, of the shape of `df`
        ``log g``.

    References
    ----------
    C. Fernández, M. F. J. Steel. "On Bayesian modeling of fat tails and skewness", Journal of the
    American Statistical Association 93 (1998).
    """

    def __init__(self, df: Tensor, log_skew: Tensor) -> None:
        self._df = df
        self._log_skew = log_skew
        self._symmetric = StudentTNoise(df)
        self.parameters = (df, log_skew)

    @cached_property
    def mean_of_two_pieces(self) -> Tensor:
        """``E[W]``."""
        return 2 * torch.sinh(self._log_skew) * student_t_distance(self._df)

    def log_prob(self, z: Tensor) -> Tensor:
        stretched, _ = self._stretched(z)
        return self._symmetric.log_prob(stretched) - _log_cosh(self._log_skew)

    def gradient(self, z: Tensor, row_weights: Tensor | None) -> NoiseGradient:
        """As of `StudentTNoise`; of the degrees of freedom and the logarithm of the skew."""
        df, log_skew = self._df.squeeze(1), self._log_skew.squeeze(1)
        stretched, stretch = self._stretched(z)
        log_likelihood, pull, (of_df,) = self._symmetric.gradient(stretched, row_weights)
        chi_square = pull * stretched
        pull = pull.mul_(stretch)
        total_weight = total_weight_of(row_weights, z)
        of_side = torch.copysign(chi_square, stretched).sum(1)
        of_mean = -pull.sum(1)
        distance, slope = student_t_distance(df), student_t_distance_slope(df)
        return NoiseGradient(
            log_likelihood - _log_cosh(log_skew) * total_weight,
            pull,
            (
                of_df + of_mean * (2 * torch.sinh(log_skew) * slope),
                of_side
                + of_mean * (2 * torch.cosh(log_skew) * distance)
                - torch.tanh(log_skew) * total_weight,
            ),
        )

    def log_tail(self, z: Tensor) -> Tensor:
        stretched, _ = self._stretched(z)
        is_upper = stretched >= 0
        outer = self._symmetric.log_tail(stretched.abs()) + self._log_share(is_upper)
        return torch.where(is_upper, outer, torch.log1p(-outer.exp()))

    def tail_slopes(self, z: Tensor) -> TailSlopes:
        stretched, stretch = self._stretched(z)
        is_upper = stretched >= 0
        side = torch.where(is_upper, 1.0, -1.0).to(z)
        distance = stretched.abs()
        outer, of_distance, (of_df,) = self._symmetric.tail_slopes(distance)
        outer = outer + self._log_share(is_upper)
        # By way of the mean, of the stretch and of the probability of the side.
        of_mean = of_distance * side * stretch
        mean_by_df = 2 * torch.sinh(self._log_skew) * student_t_distance_slope(self._df)
        mean_by_skew = 2 * torch.cosh(self._log_skew) * student_t_distance(self._df)
        of_df = of_df + of_mean * mean_by_df
        of_skew = of_mean * mean_by_skew - of_distance * side * distance
        of_skew = of_skew + 2 * side * torch.sigmoid(-2 * side * self._log_skew)
        # Of what is not beyond, where z is on the other side.
        log_tail = torch.where(is_upper, outer, torch.log1p(-outer.exp()))
        factor = torch.where(is_upper, 1.0, -torch.exp(outer - log_tail))
        of_parameters = (factor * of_df, factor * of_skew)
        return TailSlopes(log_tail, _minus_hazard(self.log_prob(z), log_tail), of_parameters)

    def towards(self, side: int) -> Noise:
        return SkewedStudentTNoise(self._df, side * self._log_skew)

    def at(self, where: Tensor) -> SkewedStudentTNoise:
        df, log_skew = (x.expand(where.shape)[where] for x in self.parameters)
        return SkewedStudentTNoise(df, log_skew)

    def _stretched(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """``W / g`` above zero and ``W g`` below, and by what ``W`` was multiplied."""
        w = z + self.mean_of_two_pieces
        stretch = torch.where(w < 0, self._log_skew.exp(), torch.exp(-self._log_skew))
        return w * stretch, stretch

    def _log_share(self, is_upper: Tensor) -> Tensor:
        """Logarithm of twice the probability of the side of the mode."""
        odds = torch.where(is_upper, 2 * self._log_skew, -2 * self._log_skew)
        return math.log(2) + torch.nn.functional.logsigmoid(odds)


def _log_cosh(x: Tensor) -> Tensor:
    size = x.abs()
    return size + torch.log1p(torch.exp(-2 * size)) - math.log(2)


def total_weight_of(row_weights: Tensor | None, z: Tensor) -> float | Tensor:
    """Of the rows of residuals ``[K, B, t]``, broadcastable to ``[K, t]``."""
    if row_weights is None:
        return z.shape[1]
    return row_weights.sum(-1, keepdim=True)  # [1] or [K, 1]


def _minus_hazard(log_density: Tensor, log_tail: Tensor) -> Tensor:
    """Derivative of a log tail."""
    return torch.exp(log_density - log_tail).neg_()
