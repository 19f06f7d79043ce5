"""Mixture of logit-normal components on an interval."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.distribution import PredictiveDistribution
from skbayes.predictive.integrated_score import integrated_crps
from skbayes.predictive.normal import NormalMixture

# Moments are integrated by the trapezoidal rule, over so many standard deviations on either side.
# The nearest pole of the logistic function, pi over the scale away, makes its error
# exp(-2 pi * pi / (scale * step)), and the normal density makes it exp(-2 pi^2 / step^2).
_REACH = 8.5
_STEP = 0.5
# Log odds so large that what is left of the interval counts for nothing in a score.
_FARTHEST = 45.0


class LogitNormalMixture(PredictiveDistribution):
    """Equal mixture of logit-normals on an interval, one component per posterior draw.

    Parameters
    ----------
    loc : Tensor of shape (D, n, t)
        Mean of the log odds ``log((y - lower) / (upper - y))`` of each component.
    scale : Tensor, broadcastable to (D, n, t)
        Their standard deviation.
    lower, upper : Tensor of shape (t,)
        Ends of the interval of each target.

    Notes
    -----
    A logit-normal has no moments in closed form (Aitchison & Shen 1980): they are integrated, and
    so is the continuous ranked probability score, to about 1e-10 of the interval.

    Examples
    --------
    >>> import torch
    >>> one = torch.ones(1, 1, 1)
    >>> mixture = LogitNormalMixture(one, one, torch.zeros(1), torch.ones(1))
    >>> mixture.mean().round(4), mixture.quantile(0.5).round(4)
    (array([0.6967]), array([0.7311]))
    """

    def __init__(self, loc: Tensor, scale: Tensor, lower: Tensor, upper: Tensor) -> None:
        self._odds = NormalMixture(loc, scale)
        self._lower = lower.to(torch.float64)
        self._upper = upper.to(torch.float64)

    @property
    def _shape(self) -> torch.Size:
        return self._odds._shape

    def _rows(self, index: Tensor) -> LogitNormalMixture:
        loc, scale = self._odds._rows(index)._parts
        return LogitNormalMixture(loc, scale, self._lower, self._upper)

    @property
    def _width(self) -> Tensor:
        return self._upper - self._lower

    @property
    def _component_means(self) -> Tensor:
        return self._lower + self._width * self._share_moments[0]

    def _component_var(self) -> Tensor:
        return self._width.square() * self._share_moments[1]

    @cached_property
    def _share_moments(self) -> tuple[Tensor, Tensor]:
        """Mean and variance of the share of the interval below the target, each ``[D, n, t]``."""
        loc, scale = self._odds._parts
        step = _STEP / max(1.0, float(scale.max()))
        n_steps = math.ceil(_REACH / step)
        nodes = step * torch.arange(-n_steps, n_steps + 1, dtype=torch.float64)
        weights = torch.softmax(-0.5 * nodes.square(), 0)
        # About the median, so that a small variance keeps its digits.
        centre = torch.sigmoid(loc)
        mean, square = torch.zeros_like(loc), torch.zeros_like(loc)
        for node, weight in zip(nodes, weights, strict=True):
            deviation = torch.sigmoid(loc + scale * node) - centre
            mean += weight * deviation
            square += weight * deviation.square()
        return centre + mean, (square - mean.square()).clamp(min=0.0)

    def _log_odds(self, y: Tensor) -> Tensor:
        """Infinite at the ends of the interval and beyond."""
        inside = y.clamp(self._lower, self._upper)
        return (inside - self._lower).log() - (self._upper - inside).log()

    def _to_interval(self, log_odds: Tensor) -> Tensor:
        return self._lower + self._width * torch.sigmoid(log_odds)

    def _component_log_prob(self, y: Tensor) -> Tensor:
        is_inside = (self._lower < y) & (y < self._upper)
        inside = torch.where(is_inside, y, 0.5 * (self._lower + self._upper))
        log_slope = self._width.log() - (inside - self._lower).log() - (self._upper - inside).log()
        log_prob = self._odds._component_log_prob(self._log_odds(inside)) + log_slope
        return torch.where(is_inside, log_prob, -math.inf)

    def _component_cdf(self, y: Tensor, *, upper_tail: bool | Tensor) -> Tensor:
        return self._odds._component_cdf(self._log_odds(y), upper_tail=upper_tail)

    def _quantile(self, q: Tensor) -> Tensor:
        return self._to_interval(self._odds._quantile(q))

    def _component_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        log_odds = torch.from_numpy(self._odds._component_sample(index, rng))
        sample: NDArray[np.float64] = self._to_interval(log_odds).numpy()
        return sample

    def _crps(self, y: Tensor) -> Tensor:
        far = torch.full_like(y, _FARTHEST)

        def slope(log_odds: Tensor) -> Tensor:
            return torch.sigmoid(log_odds) * torch.sigmoid(-log_odds)

        at = self._log_odds(y).clamp(-far, far)
        score = integrated_crps(self._odds, at, (-far, far), slope)
        # The score of an impossible observation: as far away as it is, and the rest.
        return self._width * score + (y - y.clamp(self._lower, self._upper)).abs()
