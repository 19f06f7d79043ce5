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

# The integral runs to where its integrand has fallen by exp(-depth), by a Gauss-Legendre rule in
# the root of the variable: close to 0 the integrand has structure as narrow as z. Of doubles, to
# 1e-10; of single precision as exact as that is.
_DEPTH_AND_NODES = {True: (38.0, 32), False: (17.0, 16)}


@functools.cache
def _half_line_rule(dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor, float]:
    """Nodes in ``(0, 1)`` and weights of the rule, and how deep it goes."""
    depth, n_nodes = _DEPTH_AND_NODES[dtype == torch.float64]
    nodes, weights = np.polynomial.legendre.leggauss(n_nodes)
    of_root = 0.5 * (1 + nodes)
    of_variable, weights = of_root**2, weights * of_root
    like = torch.empty(0, dtype=dtype, device=device)
    return like.new_tensor(of_variable), like.new_tensor(weights), depth


def normal_log_tail(z: Tensor) -> Tensor:
    """``log P(Z > z)`` of a standard normal variable."""
    return torch.special.log_ndtr(-z)


def laplace_log_tail(z: Tensor) -> Tensor:
    """``log P(Z > z)`` of a standard Laplace variable."""
    log_half = -z.abs() - math.log(2)
    return torch.where(z >= 0, log_half, log_complement(log_half))


def student_t_log_tail(z: Tensor, df: Tensor, log_density: Tensor) -> Tensor:
    """``log P(Z > z)`` of a standard Student-t variable, to 1e-10 in double precision.

    Parameters
    ----------
    z : Tensor
    df : Tensor, broadcastable to `z`
        Degrees of freedom, at least 1.
    log_density : Tensor, of the shape of `z`
        Log density at `z`.
    """
    distance = torch.where(z >= 0, z, -z)  # with the gradient of 1 at 0
    log_tail = log_density + log_mills_ratio(distance, df)[0]
    return torch.where(z >= 0, log_tail, log_complement(log_tail))


def log_mills_ratio(z: Tensor, df: Tensor) -> tuple[Tensor, Tensor]:
    r"""Logarithm of the ratio of the upper tail to the density, and its derivative by `df`.

    With ``q = z r + r^2 / 2`` and ``t`` such that the density has fallen by a known power of
    ``exp(-q)``, the ratio is
    ``(1 + z^2 / df) int exp(-q) (z + r) / sqrt(z^2 + df (1 - exp(-2 q / df))) dr``
    from 0 on: an integrand without a tail of its own, at any number of degrees of freedom. As
    they grow it becomes that of the normal tail, ``exp(-q)``. Automatic differentiation can follow
    the ratio; the derivative is taken under the integral.

    Parameters
    ----------
    z : Tensor
        At least 0.
    df : Tensor, broadcastable to `z`
        Degrees of freedom, at least 1.
    """
    nodes, weights, depth = _half_line_rule(z.dtype, z.device)
    square = z.square()
    # exp(-q) has fallen far enough at the root of q = depth; without cancellation.
    reach = 2 * depth / (z + (square + 2 * depth).sqrt())
    r = reach.unsqueeze(-1) * nodes
    near, nu = z.unsqueeze(-1), df.unsqueeze(-1)
    q = r * (near + 0.5 * r)
    exponent = q * (-2 / nu)
    fall = torch.expm1(exponent)
    inverse_root = (near.square() - nu * fall).rsqrt()
    integrand = torch.exp(-q) * (near + r) * inverse_root
    integral = integrand @ weights
    log_ratio = torch.log1p(square / df) + (integral * reach).log()
    with torch.no_grad():
        of_radicand = (fall + 1).mul_(exponent).sub_(fall)
        moved = of_radicand.mul_(inverse_root.square()).mul_(integrand) @ weights
        of_df = -square / (df * (df + square)) - 0.5 * moved / integral
    return log_ratio, of_df


def log_complement(log_probability: Tensor) -> Tensor:
    """``log(1 - p)`` for ``p`` of up to one half; rounding may have it a little above."""
    return torch.log1p(-log_probability.exp().clamp(max=0.5))
