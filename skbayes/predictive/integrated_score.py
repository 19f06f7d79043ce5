"""The continuous ranked probability score as an integral over the distribution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.location_scale import LocationScaleMixture
from skbayes.predictive.quadrature import N_NODES, Panels, Range, adaptive_sum

# Error of a panel of the quadrature, relative to the smallest scale.
_TOLERANCE = 1e-12
# A component narrower than this part of the range is a step, whatever its width.
_NARROWEST = 1e-10
# Squares of smaller tails count for nothing, however heavy they are.
_NEGLIGIBLE = 1e-9


class Piece(NamedTuple):
    """A stretch between two points of each of ``E`` distributions, as ``x``."""

    begin: Tensor  # [E]
    end: Tensor  # [E], not before
    is_left: Tensor | bool  # [E]: whether the observation lies beyond its end


def integrated_crps(
    mixture: LocationScaleMixture,
    at: Tensor,
    limits: tuple[Tensor, Tensor],
    slope: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """``int F^2 du`` up to an observation, and ``int (1 - F)^2 du`` from there on.

    For a target ``u(x)``, a function of ``x`` with the distribution of `mixture`, of whose
    distances none has a closed form (Gneiting & Raftery 2007, eq. 20).

    Parameters
    ----------
    mixture : LocationScaleMixture
    at : Tensor of shape (n, t)
        Observations, as ``x``.
    limits : pair of Tensor, broadcastable to (n, t)
        Where to begin and to end at the latest, as ``x``.
    slope : callable, default=None
        ``du / dx``; None for 1. Smooth, and nowhere narrower than one unit.

    Returns
    -------
    Tensor of shape (n, t)
    """
    elements = mixture._select(torch.arange(at.numel()))
    lower, upper = (x.expand_as(at).flatten() for x in limits)
    place = at.flatten()
    first, last = reach(elements)
    begin = torch.minimum(first.clamp(lower, upper), place)
    end = torch.maximum(last.clamp(lower, upper), place)

    def integrand(panels: Panels, is_left: Tensor, _: Tensor) -> Tensor:
        squares = elements._select(panels.element)._tails_along(panels, is_left).square()
        return squares if slope is None else squares * slope(panels.points)

    pieces = [Piece(begin, place, True), Piece(place, end, False)]
    return integral(integrand, elements, pieces).view_as(at)


def reach(elements: LocationScaleMixture) -> tuple[Tensor, Tensor]:
    """Between which points the probabilities of mixtures ``[D, E, 1]`` count, each ``[E]``."""
    first, last = (
        elements._component_quantiles(q).expand(elements._shape).squeeze(-1)
        for q in (_NEGLIGIBLE, 1 - _NEGLIGIBLE)
    )
    return first.amin(0), last.amax(0)


def integral(
    integrand: Callable[[Panels, Tensor, Tensor], Tensor],
    elements: LocationScaleMixture,
    pieces: Sequence[Piece],
) -> Tensor:
    """Integral of a function of each of ``E`` distributions over some pieces, ``[E]``.

    Parameters
    ----------
    integrand : callable
        ``integrand(panels, is_left, piece)``, with `is_left` of the pieces and their numbers, each
        ``[P, 1]``, returns values ``[P, N_NODES]``.
    elements : LocationScaleMixture
        Where the function may change, ``[D, E, 1]``.
    pieces : sequence of Piece
    """
    shape, n_pieces = elements._shape, len(pieces)
    loc, scale = (x.expand(shape).squeeze(-1) for x in (elements._loc, elements._widths))
    begin = torch.cat([piece.begin for piece in pieces])
    length = torch.cat([piece.end for piece in pieces]) - begin
    sides = [torch.as_tensor(piece.is_left).expand(shape[1]) for piece in pieces]
    is_left = torch.cat(sides).unsqueeze(-1)

    def of_pieces(panels: Panels) -> Tensor:
        number = (panels.element // shape[1]).unsqueeze(-1)
        of_elements = panels._replace(element=panels.element % shape[1])
        return integrand(of_elements, is_left[panels.element], number)

    start = torch.zeros_like(begin)
    where = Range(begin, length / N_NODES, start, start.long())
    widths = torch.maximum(scale.repeat(1, n_pieces), _NARROWEST * length)
    tolerance = _TOLERANCE * scale.amin(0).repeat(n_pieces)
    centres = loc.repeat(1, n_pieces)
    sums = adaptive_sum(of_pieces, where, centres, widths, tolerance, integers=False)
    return sums.view(n_pieces, shape[1]).sum(0)
