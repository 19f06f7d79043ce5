"""Mixture of Student-t components."""

from __future__ import annotations

import math
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.levels import Levels
from skbayes.predictive.log_tails import student_t_log_tail
from skbayes.predictive.quadrature import (
    N_NODES,
    Panels,
    Range,
    adaptive_sum,
)
from skbayes.predictive.special import student_t_log_peak
from skbayes.predictive.student_t_table import StudentTTable
from skbayes.predictive.symmetric import SymmetricMixture

# Beyond this probability, squared and integrated, the spread of a tail is its mean excess.
_NEGLIGIBLE = 1e-12
_NARROWEST = 1e-10
# Quantiles further out are found with SciPy's cdf: the table has fewer digits there.
_SMALLEST_TABLE_TAIL = 1e-9
# For fewer rows the table costs more than it saves.
_FEWEST_TABLE_ROWS = 256
# Closer to two degrees of freedom a product of a pole and a zero has few digits left.
_NEAR_POLE = 1e-6
# Error of a panel of the quadrature, relative to the smallest scale.
_TOLERANCE = 1e-12
# Of more degrees of freedom than this nothing is remembered.
_MOST_REMEMBERED = 4096


class StudentTMixture(SymmetricMixture):
    """Equal mixture of Student-t distributions, one component per posterior draw.

    Parameters
    ----------
    loc : Tensor of shape (D, n, t)
        Mean of each component.
    scale : Tensor, broadcastable to (D, n, t)
        Scale of each component.
    df : Tensor, broadcastable to (D, n, t)
        Degrees of freedom, above 1: the mean then exists. Where a component has no more
        than 2 its variance is infinite, and so are `var`, `std` and `aleatoric_std`.

    Notes
    -----
    For the continuous ranked probability score ``E|Y - y|`` is in closed form (Jordan, Krüger
    & Lerch 2019); ``E|Y - Y'|`` has none and is integrated, to about 1e-10 of the scale.

    Examples
    --------
    >>> import torch
    >>> one = torch.ones(1, 1, 1)
    >>> mixture = StudentTMixture(0 * one, one, 3 * one)
    >>> mixture.var(), mixture.quantile(0.95).round(4)
    (array([3.]), array([2.3534]))
    """

    def __init__(self, loc: Tensor, scale: Tensor, df: Tensor) -> None:
        super().__init__(loc, scale)
        self._df = df.to(torch.float64)

    @property
    def _parts(self) -> tuple[Tensor, ...]:
        return self._loc, self._scale, self._df

    @cached_property
    def _table(self) -> StudentTTable | None:
        """Tails for all rows, where every draw has one number of degrees of freedom."""
        if self._df.shape[1:] != (1, 1) or self.n_samples < _FEWEST_TABLE_ROWS:
            return None
        return StudentTTable(self._df.flatten())

    def _standard_var(self) -> Tensor:
        return torch.where(self._df > 2, self._df / (self._df - 2).clamp(min=1e-300), math.inf)

    @cached_property
    def _standard_log_peak(self) -> Tensor:
        """Log density at 0."""
        if self._df.numel() > _MOST_REMEMBERED:
            return student_t_log_peak(self._df)
        return _log_peaks(self._df.numpy().tobytes()).view(self._df.shape)

    def _standard_log_prob(self, z: Tensor) -> Tensor:
        df = self._df
        return self._standard_log_peak - 0.5 * (df + 1) * torch.log1p(z.square() / df)

    def _standard_log_tail(self, z: Tensor) -> Tensor:
        return student_t_log_tail(z, self._df, self._standard_log_prob(z))

    def _standard_kernels(self, z: Tensor) -> tuple[Tensor, Tensor]:
        df = self._df
        # (1 + z^2 / df) times the density
        kernel = torch.exp(self._standard_log_peak - 0.5 * (df - 1) * torch.log1p(z.square() / df))
        return df / (df - 1) * kernel, kernel

    def _standard_second_factor(self) -> Tensor:
        return self._df / (self._df - 2)

    def _with_moments(self) -> StudentTMixture:
        # The moment is continuous at 2, where the factor has a pole.
        is_close = (self._df - 2).abs() < _NEAR_POLE
        return StudentTMixture(
            self._loc, self._scale, torch.where(is_close, 2 + _NEAR_POLE, self._df)
        )

    def _standard_cdf(self, z: Tensor) -> Tensor:
        return torch.from_numpy(special.stdtr(self._df.numpy(), z.numpy()))

    def _standard_quantile(self, q: float) -> Tensor:
        df = self._df.numpy()
        if df.size > _MOST_REMEMBERED:
            return torch.from_numpy(special.stdtrit(df, q))
        return _quantiles(df.tobytes(), q).view(df.shape)

    def _precise_at(self, levels: Levels) -> StudentTMixture:
        if self._table is None or np.all(levels.tail >= _SMALLEST_TABLE_TAIL):
            return self
        exact = StudentTMixture(*self._parts)
        exact._table = None
        return exact

    def _standard_tail_and_density(self, z: Tensor) -> tuple[Tensor, Tensor]:
        if self._table is None:
            return super()._standard_tail_and_density(z)
        tail, density = self._table(z.squeeze(-1))
        return tail.unsqueeze(-1), density.unsqueeze(-1)

    def _select(self, element: Tensor) -> StudentTMixture:
        selected = super()._select(element)
        selected._table = self._table  # built once for all rows
        if self._df.shape[1:] == (1, 1):
            selected._standard_log_peak = self._standard_log_peak
        return selected

    def _standard_distance(self, z: Tensor) -> Tensor:
        return z.abs() + 2 * self._standard_excess(z.abs())

    def _standard_excess(self, z: Tensor) -> Tensor:
        """``E[(Z - z)+]`` for ``z >= 0``."""
        df = self._df
        density = self._standard_log_prob(z).exp()
        return (df + z.square()) / (df - 1) * density - z * self._standard_cdf(-z)

    def _tails_along(self, panels: Panels, is_left: Tensor) -> Tensor:
        return self._tails_by_density(panels, is_left)

    def _standard_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        return rng.standard_t(self._df.expand_as(self._loc)[index].numpy())

    def _mean_pair_distance(self) -> Tensor:
        # E|Y - Y'| = 2 int F (1 - F).
        shape = self._loc.shape
        loc, scale, df = (
            x.expand(shape).reshape(shape[0], -1) for x in (self._loc, self._scale, self._df)
        )
        origin = loc.mean(0)
        # A component much narrower than the mixture is a step, whatever its width.
        scale = torch.maximum(scale, _NARROWEST * (loc - origin).abs().amax(0))
        unit = scale.amin(0) / N_NODES
        reach = df.sqrt() * (_NEGLIGIBLE ** (-1 / (2 * df - 1))) * scale
        half_width = ((loc - origin).abs() + reach).amax(0)
        level = torch.log2(half_width / unit / N_NODES).ceil().long() + 1
        half_width = unit * N_NODES * 2.0 ** (level - 1)

        def part(element: Tensor) -> StudentTMixture:
            return StudentTMixture(
                loc[:, element, None], scale[:, element, None], df[:, element, None]
            )

        def integrand(panels: Panels) -> Tensor:
            is_left = (panels.begin < origin[panels.element]).unsqueeze(-1)
            tail = part(panels.element)._tails_along(panels, is_left)
            return tail * (1 - tail)

        where = Range(origin, unit, -0.5 * N_NODES * 2.0**level, level)
        tolerance = _TOLERANCE * scale.amin(0)
        middle = adaptive_sum(integrand, where, loc, scale, tolerance, integers=False)
        whole = part(torch.arange(len(origin)))
        z = whole._standardise((origin + half_width)[:, None])
        tails = whole._scale * whole._standard_excess(z)
        z = -whole._standardise((origin - half_width)[:, None])
        tails = tails + whole._scale * whole._standard_excess(z)
        return 2 * (middle + tails.mean(0).squeeze(-1)).view(shape[1:])


# The draws of a model bring the same degrees of freedom to every prediction; of one row, what
# follows from them alone would take a third of the time.
@lru_cache(maxsize=16)
def _log_peaks(df: bytes) -> Tensor:
    return student_t_log_peak(torch.from_numpy(np.frombuffer(df).copy()))


@lru_cache(maxsize=64)
def _quantiles(df: bytes, q: float) -> Tensor:
    return torch.from_numpy(special.stdtrit(np.frombuffer(df), q))
