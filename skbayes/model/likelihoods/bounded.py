"""A smooth bound for outputs that are logarithms."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.constant import Constant


class Bounded(NamedTuple):
    """Bounded values and the derivative that brought them there, of the shape of the input."""

    values: Tensor
    slope: Tensor


class SoftBound:
    r"""Identity on ``[-linear, linear]``, approaching ``+-(linear + margin)`` beyond.

    ``f(x) = c + 2 m / pi arctan(pi (x - c) / (2 m))`` with ``c = clip(x, -linear, linear)`` and
    ``m = margin``. It is twice continuously differentiable, and exactly the identity where the
    data are: an output that is the logarithm of a scale or a rate keeps its meaning, and far
    away from the data, where a network's output is anything, its exponential stays finite. The
    slope falls off no faster than a square: training that has been thrown beyond the bound
    finds its way back, which it would not with a tanh.

    Parameters
    ----------
    linear : float
        Half-width of the range that is left as it is.
    margin : float
        Distance from there to the bound.

    Examples
    --------
    >>> import torch
    >>> SoftBound(4.0, 2.0)(torch.tensor([-3.0, 0.5, 1e9])).values
    tensor([-3.0000,  0.5000,  6.0000])
    """

    def __init__(self, linear: float, margin: float) -> None:
        self._linear = linear
        self._margin = margin

    def __call__(self, x: Tensor) -> Bounded:
        """Bounded `x`, and the derivative."""
        if x.device.type == "cpu" and self._is_within(x):
            # The usual case: a look at the values costs less than an arc tangent of each.
            return Bounded(x, x.new_ones(()).expand(x.shape))
        inside = x.clamp(-self._linear, self._linear)
        relative = (x - inside) * (0.5 * math.pi / self._margin)
        beyond = torch.atan(relative).mul_(2 * self._margin / math.pi)
        return Bounded(inside + beyond, relative.square().add_(1.0).reciprocal_())

    def _is_within(self, x: Tensor) -> bool:
        """Whether all values are in the range that is left as it is; not if one is NaN."""
        return not x.numel() or bool(torch.linalg.vector_norm(x, math.inf) <= self._linear)

    def of_array(self, x: FloatArray) -> FloatArray:
        """Bounded values of an array; `x` itself where all are within."""
        inside = np.clip(x, -self._linear, self._linear)
        if np.array_equal(inside, x):
            return x
        bounded: FloatArray = np.arctan((x - inside) * (0.5 * math.pi / self._margin))
        bounded *= 2 * self._margin / math.pi
        bounded += inside
        return bounded

    def about(self, centre: Constant, size: Constant, x: Tensor) -> Bounded:
        """`x` bounded about `centre`, in units of `size`."""
        middle, unit = centre.like(x), size.like(x)
        bounded = self((x - middle) / unit)
        return Bounded(torch.addcmul(middle, unit, bounded.values), bounded.slope)


# For outputs that are the logarithm of a location, in units of its spread (1 with a logarithmic
# link): far beyond any data, and the exponential stays a modest double.
LOG_LOCATION_BOUND = SoftBound(linear=15.0, margin=5.0)
