"""Mixtures whose observations are recorded within bounds."""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.distribution import PredictiveDistribution
from skbayes.predictive.integrated_score import integrated_crps
from skbayes.predictive.location_scale import LocationScaleMixture


class _Moments(NamedTuple):
    """Of each component, ``[D, n, t]``."""

    mean: Tensor
    var: Tensor


class ClippedMixture(PredictiveDistribution):
    """A mixture of which what lies beyond a bound is observed as the bound: a censored target.

    Between the bounds it has a density, at each of them a probability: `log_prob` is the logarithm
    of the one or the other. Quantiles are those of the mixture, clipped. An observation beyond
    a bound is scored (`log_prob`, `crps`, `pit`) as one at the bound.

    Parameters
    ----------
    uncensored : LocationScaleMixture
        Distribution of what would be observed without bounds.
    lower, upper : Tensor of shape (t,)
        Bounds of each target; infinite where there is none.

    Notes
    -----
    Moments of the components are in closed form. The continuous ranked probability score is
    integrated, to about 1e-8 of the scale of the narrowest component; to 1e-6 for Laplace
    components, whose density has a corner, and to 3e-5 for skewed Student-t components, whose
    curvature jumps.

    Examples
    --------
    >>> import torch
    >>> from skbayes.predictive import NormalMixture
    >>> one = torch.ones(1, 1, 1)
    >>> bounds = torch.tensor([0.0]), torch.tensor([torch.inf])
    >>> mixture = ClippedMixture(NormalMixture(0 * one, one), *bounds)
    >>> mixture.pdf(0.0), mixture.mean().round(4), mixture.interval(0.8).round(4)
    (array([0.5]), array([0.3989]), array([[0.    , 1.2816]]))
    >>> mixture.uncensored.mean()
    array([0.])
    """

    def __init__(self, uncensored: LocationScaleMixture, lower: Tensor, upper: Tensor) -> None:
        self._inner = uncensored
        self._lower = lower.to(torch.float64)
        self._upper = upper.to(torch.float64)

    @property
    def uncensored(self) -> LocationScaleMixture:
        """Distribution of what would be observed without bounds."""
        return self._inner

    @property
    def _shape(self) -> torch.Size:
        return self._inner._shape

    def _rows(self, index: Tensor) -> ClippedMixture:
        return ClippedMixture(self._inner._rows(index), self._lower, self._upper)

    @property
    def _component_means(self) -> Tensor:
        return self._moments.mean

    def _component_var(self) -> Tensor:
        return self._moments.var

    @cached_property
    def _moments(self) -> _Moments:
        """Moments of the components, by those of ``Z`` between the bounds."""
        inner = self._inner._with_moments()
        a, b = inner._standardise(self._lower), inner._standardise(self._upper)
        below, above = inner._standard_tail(a, False), inner._standard_tail(b, True)
        inside, first, second = inner._standard_between(a, b)
        is_open = a.isinf() | b.isinf()
        a, b = (torch.where(x.isinf(), 0.0, x) for x in (a, b))  # whose probability is zero
        mean = a * below + b * above + first
        var = (a - mean).square() * below + (b - mean).square() * above
        var = var + second - 2 * mean * first + mean.square() * inside
        has_var = torch.as_tensor(self._inner._standard_var(), dtype=torch.float64).isfinite()
        var = torch.where(has_var | ~is_open, var.clamp(min=0.0), math.inf)
        mean = (inner._loc + inner._scale * mean).clamp(self._lower, self._upper)
        return _Moments(mean, inner._scale.square() * var)

    def _component_cdf(self, y: Tensor, *, upper_tail: bool | Tensor) -> Tensor:
        tail = self._inner._component_cdf(y, upper_tail=upper_tail)
        beyond_lower = torch.as_tensor(upper_tail, dtype=torch.float64)
        tail = torch.where(y < self._lower, beyond_lower, tail)
        return torch.where(y >= self._upper, 1 - beyond_lower, tail)

    def _component_log_prob(self, y: Tensor) -> Tensor:
        log_prob = self._inner._component_log_prob(y).flatten(1)
        for is_there, bound, upper in (
            (y <= self._lower, self._lower, False),
            (y >= self._upper, self._upper, True),
        ):
            # These alone: the logarithm of a tail costs many times that of a density.
            element = is_there.flatten().nonzero().squeeze(-1)
            if len(element):
                at = bound.expand_as(y).flatten()[element].unsqueeze(-1)
                part = self._inner._select(element)
                log_tail = part._component_log_tail(at, upper_tail=upper)
                log_prob[:, element] = log_tail.expand(part._shape).squeeze(-1)
        return log_prob.view(self._shape)

    def _recorded(self, y: Tensor) -> Tensor:
        return y.clamp(self._lower, self._upper)

    def _point_mass(self, y: Tensor) -> Tensor:
        below = self._inner._component_cdf(self._lower, upper_tail=False).mean(0)
        above = self._inner._component_cdf(self._upper, upper_tail=True).mean(0)
        return torch.where(y <= self._lower, below, torch.where(y >= self._upper, above, 0.0))

    def _quantile(self, q: Tensor) -> Tensor:
        return self._inner._quantile(q).clamp(self._lower, self._upper)

    def _component_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        sample = self._inner._component_sample(index, rng)
        clipped: NDArray[np.float64] = np.clip(sample, self._lower.numpy(), self._upper.numpy())
        return clipped

    def _crps(self, y: Tensor) -> Tensor:
        return integrated_crps(self._inner, y, (self._lower, self._upper))
