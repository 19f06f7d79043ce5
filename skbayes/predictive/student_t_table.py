"""Student-t tails by interpolation, where many numbers share each number of degrees of freedom."""

from __future__ import annotations

import numpy as np
from scipy import special

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.special import student_t_log_peak

# Nodes are equally spaced in asinh(z), which follows a tail over many orders of magnitude.
_SPACING = 1 / 64
_N_NODES = 64 * 12  # to z = 8e4; beyond, a tail is a power of z
_SMALLEST_LOG_TAIL = -700.0


class StudentTTable:
    """Logarithms of the upper tails of standard Student-t variables, by quintic interpolation.

    To 1e-11 of a tail of 1e-9 or more, where SciPy's function has all digits and takes five
    times as long.

    Parameters
    ----------
    df : Tensor of shape (D,)
        Degrees of freedom.
    """

    def __init__(self, df: Tensor) -> None:
        u = torch.arange(_N_NODES + 1, dtype=torch.float64) * _SPACING
        z = torch.sinh(u).expand(len(df), -1)
        tails = torch.from_numpy(np.asarray(special.stdtr(df[:, None].numpy(), -z.numpy())))
        nu = df[:, None]
        log_density = student_t_log_peak(nu) - 0.5 * (nu + 1) * torch.log1p(z.square() / nu)
        log_tails = tails.log()
        slopes = -(log_density - log_tails).exp() * torch.cosh(u)
        # d^2 log Q / du^2, from dp/dz = -(nu + 1) z p / (nu + z^2).
        bend = torch.tanh(u) - (nu + 1) * z * torch.cosh(u) / (nu + z.square())
        curvatures = slopes * (bend - slopes)
        # Where the tail is below any double nobody looks; it only has to stay a number.
        is_lost = ~(log_tails > _SMALLEST_LOG_TAIL)
        log_tails = torch.where(is_lost, _SMALLEST_LOG_TAIL, log_tails)
        slopes, curvatures = (torch.where(is_lost, 0.0, x) for x in (slopes, curvatures))
        self._coefficients = [
            coefficient.flatten()
            for coefficient in _quintics(log_tails, _SPACING * slopes, _SPACING**2 * curvatures)
        ]
        self._row = (torch.arange(len(df)) * _N_NODES).unsqueeze(1)

    def __call__(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """``P(Z > |z|)`` and the density at ``z [D, E]``."""
        place = torch.asinh(z.abs()).mul_(1 / _SPACING)
        beyond = (place - _N_NODES).clamp_(min=0.0)
        node = place.long().clamp_(max=_N_NODES - 1)
        t = place.sub_(node).sub_(beyond)
        node += self._row
        *rest, last = (coefficient.take(node) for coefficient in self._coefficients)
        value, slope = last, torch.zeros_like(t)
        for coefficient in reversed(rest):
            slope = torch.addcmul(value, slope, t)
            value = torch.addcmul(coefficient, value, t)
        tail = value.addcmul_(slope, beyond).exp_()
        return tail, slope.mul_(tail).mul_(-1 / _SPACING).mul_((1 + z.square()).rsqrt_())


def _quintics(values: Tensor, slopes: Tensor, curvatures: Tensor) -> list[Tensor]:
    """Coefficients of the quintic of each interval, whose length is 1."""
    a, b = values[:, :-1], values[:, 1:]
    a1, b1 = slopes[:, :-1], slopes[:, 1:]
    a2, b2 = 0.5 * curvatures[:, :-1], 0.5 * curvatures[:, 1:]
    # What the last three have to add to value, slope and half curvature at the right end.
    rise, turn, bend = b - a - a1 - a2, b1 - a1 - 2 * a2, b2 - a2
    return [
        a,
        a1,
        a2,
        10 * rise - 4 * turn + bend,
        -15 * rise + 7 * turn - 2 * bend,
        6 * rise - 3 * turn + bend,
    ]
