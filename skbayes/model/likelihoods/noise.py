"""Standard densities of noise: of scale 1, and symmetric about zero but where they are skewed."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import cached_property
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


class NoiseGradient(NamedTuple):
    """Weighted log-likelihood of standardised residuals, and its derivatives."""

    log_likelihood: Tensor  # [K, t], summed over rows
    pull: Tensor  # [K, B, t]: less the derivatives by the residuals, each with its weight
    z_pull: Tensor  # [K, B, t]: residuals times their pulls
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

    @cached_property
    def log_peak(self) -> Tensor:
        """Log density at zero."""
        return log_normaliser(self._df)

    @cached_property
    def log_peak_slope(self) -> Tensor:
        """Its derivative by the degrees of freedom."""
        return normaliser_slope(self._df)

    @cached_property
    def distance(self) -> Tensor:
        """Mean absolute value, for more than one degree of freedom."""
        return 2 * self._df / (self._df - 1) * self.log_peak.exp()

    @cached_property
    def distance_slope(self) -> Tensor:
        """Its derivative by the degrees of freedom."""
        df = self._df
        return self.distance * (self.log_peak_slope - 1 / (df * (df - 1)))

    def log_prob(self, z: Tensor) -> Tensor:
        kernel = -0.5 * (self._df + 1) * torch.log1p(z.square() / self._df)
        return kernel + self.log_peak

    def gradient(self, z: Tensor, row_weights: Tensor | None) -> NoiseGradient:
        """Of residuals ``[K, B, t]``, for degrees of freedom ``[K, 1, t]``.

        Parameters
        ----------
        z : Tensor of shape (K, B, t)
        row_weights : Tensor of shape (B,) or (K, B), or None
        """
        pull, log_kernel = self.kernel(z, row_weights)
        z_pull = pull * z
        total_weight = total_weight_of(row_weights, z)
        log_likelihood, of_df = self.sums(log_kernel, z_pull.sum(1), total_weight)
        return NoiseGradient(log_likelihood, pull, z_pull, (of_df,))

    def kernel(self, z: Tensor, row_weights: Tensor | None) -> tuple[Tensor, Tensor]:
        """Weighted pulls ``[K, B, t]``, and a weighted sum ``[K, t]``, that of
        ``log(1 + z^2 / df)``.
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
        return pull, log_kernel.sum(1)

    def sums(
        self, log_kernel: Tensor, chi_square: Tensor, total_weight: float | Tensor
    ) -> tuple[Tensor, Tensor]:
        """Log-likelihood and its derivative by the degrees of freedom, ``[K, t]``.

        Of weighted sums: that of `kernel`, and of ``z^2 (df + 1) / (df + z^2)``.
        """
        df = self._df.squeeze(1)
        normaliser = self.log_peak.squeeze(1) * total_weight
        normaliser_slope = self.log_peak_slope.squeeze(1) * total_weight
        return (
            normaliser - 0.5 * (df + 1) * log_kernel,
            torch.add(normaliser_slope, chi_square / df - log_kernel, alpha=0.5),
        )

    def log_tail(self, z: Tensor) -> Tensor:
        return student_t_log_tail(z, self._df, self.log_prob(z))

    def tail_slopes(self, z: Tensor) -> TailSlopes:
        df = self._df
        log_ratio, of_df = log_mills_ratio(z.abs(), df)
        square_over_df = z.square() / df
        kernel = torch.log1p(square_over_df)
        of_kernel = (1 + 1 / df) * square_over_df / (1 + square_over_df) - kernel
        of_df = of_df.add_(of_kernel, alpha=0.5).add_(self.log_peak_slope)
        fall = 0.5 * (df + 1) * kernel
        outer = log_ratio.add_(self.log_peak).sub_(fall)
        # Of what is not beyond -z, where z is below 0.
        is_upper = z >= 0
        log_tail = torch.where(is_upper, outer, log_complement(outer))
        of_df = torch.where(is_upper, of_df, -torch.exp(outer - log_tail) * of_df)
        return TailSlopes(log_tail, _minus_hazard(self.log_peak - fall, log_tail), (of_df,))

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
    def _scales(self) -> tuple[Tensor, Tensor]:
        """``g`` and ``1 / g``."""
        return self._log_skew.exp(), torch.exp(-self._log_skew)

    @cached_property
    def _log_share(self) -> Tensor:
        """Logarithm of ``2 / (g + 1 / g)``: of the density at the mode, if 0 is symmetric."""
        above, below = self._scales
        return math.log(2) - torch.log(above + below)

    def log_prob(self, z: Tensor) -> Tensor:
        stretched, _ = self._stretched(z)
        return self._symmetric.log_prob(stretched) + self._log_share

    def gradient(self, z: Tensor, row_weights: Tensor | None) -> NoiseGradient:
        """As of `StudentTNoise`; of the degrees of freedom and the logarithm of the skew."""
        symmetric = self._symmetric
        stretched, stretch = self._stretched(z)
        pull, log_kernel = symmetric.kernel(stretched, row_weights)
        chi_square = pull * stretched
        pull = pull.mul_(stretch)
        total_weight = total_weight_of(row_weights, z)
        log_likelihood, of_df = symmetric.sums(log_kernel, chi_square.sum(1), total_weight)
        of_mean = pull.sum(1)  # less the derivative by the mean of the two pieces
        of_sides = torch.copysign(chi_square, stretched).sum(1)
        above, below = self._scales
        difference, total = (above - below).squeeze(1), (above + below).squeeze(1)
        return NoiseGradient(
            log_likelihood + self._log_share.squeeze(1) * total_weight,
            pull,
            pull * z,
            (
                of_df - of_mean * difference * symmetric.distance_slope.squeeze(1),
                of_sides
                - of_mean * total * symmetric.distance.squeeze(1)
                - difference / total * total_weight,
            ),
        )

    def log_tail(self, z: Tensor) -> Tensor:
        stretched, _ = self._stretched(z)
        is_upper = stretched >= 0
        outer = self._symmetric.log_tail(stretched.abs()) + self._log_share_beyond(is_upper)
        return torch.where(is_upper, outer, torch.log1p(-outer.exp()))

    def _log_share_beyond(self, is_upper: Tensor) -> Tensor:
        """Logarithm of twice the probability of a side of the mode."""
        above, below = self._log_share + self._log_skew, self._log_share - self._log_skew
        return torch.where(is_upper, above, below)

    def tail_slopes(self, z: Tensor) -> TailSlopes:
        symmetric = self._symmetric
        stretched, stretch = self._stretched(z)
        is_upper = stretched >= 0
        # Of what is further out on the side where z is: by the distance from the mode, in which
        # the mean of the two pieces has a part, and by the probability of the side.
        outer, of_distance, (of_df,) = symmetric.tail_slopes(stretched.abs())
        outer = outer + self._log_share_beyond(is_upper)
        above, below = self._scales
        of_mean = torch.where(is_upper, of_distance, -of_distance) * stretch  # and by z
        of_df = of_df + of_mean * (above - below) * symmetric.distance_slope
        of_skew = of_mean * (above + below) * symmetric.distance - of_distance * stretched
        of_share = (above - below) / (above + below)
        of_skew = of_skew + torch.where(is_upper, 1 - of_share, -1 - of_share)
        # Of what is not, where z is below the mode.
        log_tail = torch.where(is_upper, outer, torch.log1p(-outer.exp()))
        factor = torch.where(is_upper, 1.0, -torch.exp(outer - log_tail))
        return TailSlopes(log_tail, factor * of_mean, (factor * of_df, factor * of_skew))

    def towards(self, side: int) -> Noise:
        return SkewedStudentTNoise(self._df, side * self._log_skew)

    def at(self, where: Tensor) -> SkewedStudentTNoise:
        df, log_skew = (x.expand(where.shape)[where] for x in self.parameters)
        return SkewedStudentTNoise(df, log_skew)

    def _stretched(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """``W / g`` above zero and ``W g`` below, and by what ``W`` was multiplied."""
        above, below = self._scales
        w = z + (above - below) * self._symmetric.distance
        stretch = torch.where(w < 0, above, below)
        return w * stretch, stretch


def total_weight_of(row_weights: Tensor | None, z: Tensor) -> float | Tensor:
    """Of the rows of residuals ``[K, B, t]``, broadcastable to ``[K, t]``."""
    if row_weights is None:
        return z.shape[1]
    return row_weights.sum(-1, keepdim=True)  # [1] or [K, 1]


def _minus_hazard(log_density: Tensor, log_tail: Tensor) -> Tensor:
    """Derivative of a log tail."""
    return torch.exp(log_density - log_tail).neg_()
