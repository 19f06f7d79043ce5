"""Sums and integrals of functions with structure of many widths, as of a mixture."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from skbayes.lazy_torch import Tensor, torch

N_NODES = 16
# A panel is halved while it holds structure narrower than this fraction of it ...
_RESOLVED_FRACTION = 1 / 12
# ... where structure reaches this many widths from its centre ...
_REACH = 9.0
# ... and while its last coefficients in orthogonal polynomials, of degree 14 and 15, are large.
# If coefficients fall geometrically, their square bounds the error of a rule that is exact to
# degree 31.
_N_CHECKED = 2
_MIN_REAL_LEVEL = -40
_BLOCK_SIZE = 2**20


class GaussRule(NamedTuple):
    """Gauss rule on a panel of length 1 about 0, with the last orthonormal polynomials."""

    nodes: Tensor  # [N_NODES]
    weights: Tensor  # [N_NODES], sum 1
    check: Tensor  # [N_NODES, _N_CHECKED], weights times the polynomials


@cache
def gauss_rule(n_terms: float) -> GaussRule:
    """Rule for the mean over `n_terms` equally spaced points, or over an interval.

    Gauss rule of Gram's (discrete Legendre) polynomials, which with infinitely many points
    are Legendre's, from their three-term recursion (DLMF 18.22.2) as eigenvalues of the Jacobi
    matrix (Golub & Welsch 1969). For `N_NODES` points it is the mean itself.
    """
    n = np.arange(1, N_NODES, dtype=np.float64)
    off_diagonal = n * np.sqrt((1 - (n / n_terms) ** 2) / (4 * (4 * n**2 - 1)))
    nodes, vectors = np.linalg.eigh(np.diag(off_diagonal, 1) + np.diag(off_diagonal, -1))
    return GaussRule(
        torch.from_numpy(nodes),
        torch.from_numpy(vectors[0] ** 2),
        torch.from_numpy((vectors[0] * vectors[-_N_CHECKED:]).T.copy()),
    )


@cache
def integration_matrix() -> Tensor:
    """``[N_NODES, N_NODES]``: values at the nodes to integrals from -1/2 to each node."""
    legendre = np.polynomial.legendre
    nodes, weights = legendre.leggauss(N_NODES)
    orders = np.arange(N_NODES)
    coefficients = (orders[:, None] + 0.5) * legendre.legvander(nodes, N_NODES - 1).T * weights
    integrals = legendre.legval(nodes, legendre.legint(np.eye(N_NODES), lbnd=-1)).T
    return torch.from_numpy(0.5 * integrals @ coefficients)


class Range(NamedTuple):
    """Where to sum or integrate, for each of ``E`` elements.

    The range of an element begins at ``origin + unit * start`` and is
    ``unit * N_NODES * 2**level`` long.
    """

    origin: Tensor  # [E]
    unit: Tensor  # [E]
    start: Tensor  # [E], a multiple of a power of 2: halving a panel is then exact
    level: Tensor  # [E], int64


class Panels(NamedTuple):
    """Stretches of the ranges of some elements."""

    element: Tensor  # [P], int64
    begin: Tensor  # [P]
    length: Tensor  # [P]
    points: Tensor  # [P, N_NODES]

    def blocks(self, n_panels: int) -> list[Panels]:
        """At most `n_panels` at a time."""
        return [Panels(*part) for part in zip(*(x.split(n_panels) for x in self), strict=True)]


def adaptive_sum(
    integrand: Callable[[Panels], Tensor],
    where: Range,
    centres: Tensor,
    widths: Tensor,
    tolerance: Tensor,
    *,
    integers: bool,
) -> Tensor:
    """Integral, or sum over the integers, of one function for each of ``E`` elements.

    Panels are halved until they are resolved; all elements share each evaluation.

    Parameters
    ----------
    integrand : callable
        Values ``[P, N_NODES]`` at the points of panels. For a sum too it is evaluated between
        the integers and must be smooth there.
    where : Range
        For a sum over the integers ``k, k + 1, ...`` the unit is 1 and the start ``k - 1/2``.
    centres, widths : Tensor of shape (D, E)
        Where the function may change, and how abruptly.
    tolerance : Tensor of shape (E,)
        Absolute error of a panel.
    integers : bool
        Whether to sum.

    Returns
    -------
    Tensor of shape (E,)
    """
    total = torch.zeros_like(where.unit)
    element = torch.empty(0, dtype=torch.int64)
    start = torch.empty(0, dtype=torch.float64)
    last_level = 0 if integers else _MIN_REAL_LEVEL
    block_size = max(1, _BLOCK_SIZE // (N_NODES * len(centres)))
    level = int(where.level.max())
    while level >= int(where.level.min()) or len(element):
        fresh = (where.level == level).nonzero().squeeze(-1)
        element = torch.cat([element, fresh])
        start = torch.cat([start, where.start[fresh]])
        n_units = N_NODES * 2.0**level
        rule = gauss_rule(n_units if integers else math.inf)
        origin, unit = where.origin[element], where.unit[element]
        points = origin[:, None] + unit[:, None] * (start[:, None] + n_units * (0.5 + rule.nodes))
        panels = Panels(element, origin + unit * start, unit * n_units, points)
        is_last = level == last_level
        split = torch.zeros_like(element, dtype=torch.bool)
        for index, block in enumerate(panels.blocks(block_size)):
            rows = slice(index * block_size, index * block_size + len(block.element))
            narrow = _has_narrow_structure(block, centres, widths) & (not is_last)
            whole = ~narrow
            block = Panels(*(x[whole] for x in block))
            values = integrand(block)
            coefficients = block.length * (values @ rule.check).abs().amax(-1)
            rough = coefficients.square() > tolerance[block.element] * block.length
            rough &= not is_last
            sums = block.length * (values @ rule.weights)
            total.index_add_(0, block.element, torch.where(rough, 0.0, sums))
            split[rows] = narrow.masked_scatter(whole, rough)
        element = element[split].repeat(2)
        start = torch.cat([start[split], start[split] + 0.5 * n_units])
        level -= 1
    return total


def _has_narrow_structure(panels: Panels, centres: Tensor, widths: Tensor) -> Tensor:
    centres, widths = centres[:, panels.element], widths[:, panels.element]
    reach = _REACH * widths
    begin, end = panels.begin, panels.begin + panels.length
    inside = (centres + reach > begin) & (centres - reach < end)
    return (inside & (widths < _RESOLVED_FRACTION * panels.length)).any(0)
