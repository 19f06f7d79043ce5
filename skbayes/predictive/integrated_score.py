"""The continuous ranked probability score as an integral over the distribution."""

from __future__ import annotations

from collections.abc import Callable

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.location_scale import LocationScaleMixture
from skbayes.predictive.quadrature import N_NODES, Panels, Range, adaptive_sum

# Error of a panel of the quadrature, relative to the smallest scale.
_TOLERANCE = 1e-12
# A component narrower than this part of the range is a step, whatever its width.
_NARROWEST = 1e-10
# Squares of smaller tails count for nothing, however heavy they are.
_NEGLIGIBLE = 1e-9


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
    n_elements = at.numel()
    elements = mixture._select(torch.arange(n_elements))
    shape = elements._shape
    loc, scale = (x.expand(shape).squeeze(-1) for x in (elements._loc, elements._scale))
    first, last = (
        elements._component_quantiles(q).expand(shape).squeeze(-1)
        for q in (_NEGLIGIBLE, 1 - _NEGLIGIBLE)
    )
    lower, upper = (x.expand_as(at).flatten() for x in limits)
    place = at.flatten()
    begin = torch.minimum(first.amin(0).clamp(lower, upper), place)
    end = torch.maximum(last.amax(0).clamp(lower, upper), place)
    begin, length = torch.cat([begin, place]), torch.cat([place - begin, end - place])

    def integrand(panels: Panels) -> Tensor:
        is_left = (panels.element < n_elements).unsqueeze(-1)
        part = elements._select(panels.element % n_elements)
        squares = part._tails_along(panels, is_left).square()
        return squares if slope is None else squares * slope(panels.points)

    start = torch.zeros_like(begin)
    where = Range(begin, length / N_NODES, start, start.long())
    widths = torch.maximum(scale.repeat(1, 2), _NARROWEST * length)
    tolerance = _TOLERANCE * scale.amin(0).repeat(2)
    sums = adaptive_sum(integrand, where, loc.repeat(1, 2), widths, tolerance, integers=False)
    return sums.view(2, *at.shape).sum(0)
