"""Mixture of Student-t components with a scale on each side of their modes."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import special

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.integrated_score import integrated_crps
from skbayes.predictive.levels import Levels
from skbayes.predictive.location_scale import LocationScaleMixture, MomentsBetween
from skbayes.predictive.quadrature import Panels
from skbayes.predictive.student_t import StudentTMixture


class SkewedStudentTMixture(LocationScaleMixture):
    r"""Equal mixture of two-piece Student-t distributions, one component per posterior draw.

    A component is the half of a Student-t distribution of scale ``scale * g`` above its mode, and
    the half of one of scale ``scale / g`` below, with probabilities in proportion to these, so that
    the density is continuous (Fernández & Steel 1998).

    Parameters
    ----------
    loc : Tensor of shape (D, n, t)
        Mean of each component.
    scale : Tensor, broadcastable to (D, n, t)
        Scale of each component: the root of the product of those of its halves.
    df : Tensor, broadcastable to (D, n, t)
        Degrees of freedom, above 2.
    log_skew : Tensor, broadcastable to (D, n, t)
        ``log g``: 0 is symmetric.

    Notes
    -----
    The continuous ranked probability score is integrated, to five digits: the curvature of the
    density jumps at the modes.

    References
    ----------
    C. Fernández, M. F. J. Steel. "On Bayesian modeling of fat tails and skewness", Journal of the
    American Statistical Association 93 (1998).

    Examples
    --------
    >>> import math
    >>> import torch
    >>> one = torch.ones(1, 1, 1)
    >>> mixture = SkewedStudentTMixture(0 * one, one, 5 * one, math.log(2) * one)
    >>> mixture.mean(), mixture.interval(0.9).round(3)
    (array([0.]), array([[-2.074,  3.354]]))
    """

    def __init__(self, loc: Tensor, scale: Tensor, df: Tensor, log_skew: Tensor) -> None:
        self._log_skew = log_skew.to(torch.float64)
        self._mean = loc.to(torch.float64)
        # Of the two halves together where they are equally wide.
        self._symmetric = StudentTMixture(loc, scale, df)
        # What is standardised is the distance from the mode.
        mode = self._mean - self._symmetric._scale * self._standard_mean
        super().__init__(mode, scale)
        self._symmetric._loc = self._loc

    @property
    def _parts(self) -> tuple[Tensor, ...]:
        return self._mean, self._scale, self._symmetric._df, self._log_skew

    @property
    def _component_means(self) -> Tensor:
        return self._mean

    @cached_property
    def _standard_mean(self) -> Tensor:
        """Of a component, from its mode on, in units of its scale."""
        distance, _ = self._symmetric._standard_kernels(torch.zeros(()))
        return 4 * torch.sinh(self._log_skew) * distance

    @cached_property
    def _halves(self) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Scales above and below the mode, and twice the probabilities there."""
        both = self._log_skew, -self._log_skew
        scale_above, scale_below = (x.exp() for x in both)
        above, below = (2 * torch.sigmoid(2 * x) for x in both)
        return (scale_above, scale_below), (above, below)

    @cached_property
    def _peak(self) -> Tensor:
        """Density at the mode, over that of a symmetric component."""
        return 1 / torch.cosh(self._log_skew)

    @property
    def _widths(self) -> Tensor:
        return self._scale * torch.exp(-self._log_skew.abs())

    def _standard_var(self) -> Tensor:
        # E[W^2] = E[T^2] (g^3 + g^-3) / (g + 1 / g)
        square = self._symmetric._standard_var() * (2 * torch.cosh(2 * self._log_skew) - 1)
        return square - self._standard_mean.square()

    def _side(self, is_above: Tensor) -> tuple[Tensor, Tensor]:
        """Scale of a half, and twice its probability."""
        (upper, lower), (above, below) = self._halves
        return torch.where(is_above, upper, lower), torch.where(is_above, above, below)

    def _standard_log_prob(self, z: Tensor) -> Tensor:
        scale, _ = self._side(z >= 0)
        return self._symmetric._standard_log_prob(z / scale) + self._peak.log()

    def _standard_tail_and_density(self, z: Tensor) -> tuple[Tensor, Tensor]:
        scale, share = self._side(z >= 0)
        tail, density = self._symmetric._standard_tail_and_density(z / scale)
        return share * tail, density * self._peak

    def _standard_tail(self, z: Tensor, upper_tail: bool | Tensor) -> Tensor:
        """``P(W > z)`` where `upper_tail`, else ``P(W <= z)``."""
        is_above = z >= 0
        scale, share = self._side(is_above)
        beyond = share * self._symmetric._standard_cdf(-z.abs() / scale)
        return torch.where(is_above == torch.as_tensor(upper_tail), beyond, 1 - beyond)

    def _component_log_tail(self, y: Tensor, *, upper_tail: bool) -> Tensor:
        z = self._standardise(y)
        is_above = z >= 0
        scale, share = self._side(is_above)
        beyond = share.log() + self._symmetric._standard_log_tail(z.abs() / scale)
        return torch.where(is_above == upper_tail, beyond, torch.log1p(-beyond.exp()))

    def _standard_quantile(self, q: float) -> Tensor:
        is_above = q > torch.sigmoid(-2 * self._log_skew)
        scale, share = self._side(is_above)
        beyond = (torch.where(is_above, 1 - q, q) / share).clamp(max=0.5)
        z = torch.from_numpy(special.stdtrit(self._symmetric._df.numpy(), beyond.numpy()))
        return torch.where(is_above, -scale, scale) * z

    def _standard_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        distance = np.abs(self._symmetric._standard_sample(index, rng))
        scales, (above, _) = self._halves
        upper, lower, share = (x.expand(self._shape)[index].numpy() for x in (*scales, above))
        is_above = rng.uniform(size=distance.shape) < 0.5 * share
        sample: NDArray[np.float64] = distance * np.where(is_above, upper, -lower)
        return sample

    def _standard_between(self, a: Tensor, b: Tensor) -> MomentsBetween:
        # Of the halves, each by that part of the symmetric distribution.
        halves = []
        for is_above, side in (
            (True, (a.clamp(min=0.0), b.clamp(min=0.0))),
            (False, (a.clamp(max=0.0), b.clamp(max=0.0))),
        ):
            scale, share = self._side(torch.tensor(is_above))
            inside, first, second = self._symmetric._standard_between(*(x / scale for x in side))
            halves.append((share * inside, share * scale * first, share * scale.square() * second))
        return MomentsBetween(*(x + y for x, y in zip(*halves, strict=True)))

    def _with_moments(self) -> SkewedStudentTMixture:
        symmetric = self._symmetric._with_moments()
        return SkewedStudentTMixture(self._mean, self._scale, symmetric._df, self._log_skew)

    def _tails_along(self, panels: Panels, is_left: Tensor) -> Tensor:
        return self._tails_by_density(panels, is_left)

    def _select(self, element: Tensor) -> SkewedStudentTMixture:
        selected = super()._select(element)
        selected._symmetric._table = self._symmetric._table  # built once for all rows
        return selected

    def _precise_at(self, levels: Levels) -> SkewedStudentTMixture:
        symmetric = self._symmetric._precise_at(levels)
        if symmetric is self._symmetric:
            return self
        exact = SkewedStudentTMixture(*self._parts)
        exact._symmetric = symmetric
        return exact

    def _crps(self, y: Tensor) -> Tensor:
        everywhere = torch.tensor(math.inf, dtype=torch.float64)
        return integrated_crps(self, y, (-everywhere, everywhere))
