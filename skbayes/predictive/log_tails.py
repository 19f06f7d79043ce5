"""Logarithms of the upper tails of standard densities, however far out, with gradients.

The logarithm of a tail that is computed first has no digits where the tail underflows, and its
gradient none long before. PyTorch has no distribution function of Student's t; SciPy's has no
gradient by the degrees of freedom.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from skbayes.lazy_torch import Tensor, torch

# The integral runs to where its integrand has fallen by exp(-_DEPTH), by a Gauss-Legendre rule in
# the root of the variable: close to 0 the integrand has structure as narrow as z.
_DEPTH = 38.0
_N_NODES = 32


@functools.cache
def _half_line_rule() -> tuple[Tensor, Tensor]:
    """Nodes in ``(0, 1)`` and weights of the rule."""
    nodes, weights = np.polynomial.legendre.leggauss(_N_NODES)
    of_root = 0.5 * (1 + nodes)
    return torch.from_numpy(of_root**2), torch.from_numpy(weights * of_root)


def normal_log_tail(z: Tensor) -> Tensor:
    """``log P(Z > z)`` of a standard normal variable."""
    return torch.special.log_ndtr(-z)


def laplace_log_tail(z: Tensor) -> Tensor:
    """``log P(Z > z)`` of a standard Laplace variable."""
    log_half = -z.abs() - math.log(2)
    return torch.where(z >= 0, log_half, _log_complement(log_half))


def student_t_log_tail(z: Tensor, df: Tensor, log_density: Tensor) -> Tensor:
    r"""``log P(Z > z)`` of a standard Student-t variable, to 1e-10.

    With ``q = z r + r^2 / 2`` and ``t`` such that the density has fallen by a known power of
    ``exp(-q)``, the tail is the density times
    ``(1 + z^2 / df) int exp(-q) (z + r) / sqrt(z^2 + df (1 - exp(-2 q / df))) dr``
    from 0 on: an integrand without a tail of its own, at any number of degrees of freedom. As
    they grow it becomes that of the normal tail, ``exp(-q)``.

    Parameters
    ----------
    z : Tensor
    df : Tensor, broadcastable to `z`
        Degrees of freedom, at least 1.
    log_density : Tensor, of the shape of `z`
        Log density at `z`.
    """
    nodes, weights = _half_line_rule()
    distance = torch.where(z >= 0, z, -z)  # with the gradient of 1 at 0
    square = distance.square()
    # exp(-q) has fallen far enough at the root of q = _DEPTH; without cancellation.
    reach = 2 * _DEPTH / (distance + (square + 2 * _DEPTH).sqrt())
    r = reach.unsqueeze(-1) * nodes.to(z)
    near, nu = distance.unsqueeze(-1), df.unsqueeze(-1)
    q = r * (near + 0.5 * r)
    root = (near.square() - nu * torch.expm1(-2 * q / nu)).sqrt()
    integral = (torch.exp(-q) * (near + r) / root * weights.to(z)).sum(-1) * reach
    log_tail = log_density + torch.log1p(square / df) + integral.log()
    return torch.where(z >= 0, log_tail, _log_complement(log_tail))


def _log_complement(log_probability: Tensor) -> Tensor:
    """``log(1 - p)`` for ``p`` of up to one half; rounding may have it a little above."""
    return torch.log1p(-log_probability.exp().clamp(max=0.5))
