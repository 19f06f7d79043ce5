"""Mixtures of which one value has a probability of its own."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.distribution import PredictiveDistribution
from skbayes.predictive.integrated_score import Piece, integral, reach
from skbayes.predictive.levels import Levels
from skbayes.predictive.location_scale import LocationScaleMixture
from skbayes.predictive.quadrature import Panels
from skbayes.predictive.roots import bracket, find_root

# Components times elements of a block: its numbers then fit the cache.
_BLOCK_SIZE = 2**16


class HurdleMixture(PredictiveDistribution):
    """An equal mixture whose components have one value with a probability, and a density elsewhere.

    `log_prob` is the logarithm of the one or the other.

    Parameters
    ----------
    elsewhere : LocationScaleMixture
        What each component says of targets that have another value.
    log_odds : Tensor of shape (D, n, t)
        Log odds of the value.
    at : Tensor of shape (t,)
        The value, for each target; NaN where there is none.

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
    >>> mixture = HurdleMixture(NormalMixture(2 * one, one), 0 * one, torch.zeros(1))
    >>> mixture.pdf(0.0), mixture.mean(), mixture.interval(0.5).round(4)
    (array([0.5]), array([1.]), array([[0., 2.]]))
    """

    def __init__(self, elsewhere: LocationScaleMixture, log_odds: Tensor, at: Tensor) -> None:
        self._elsewhere = elsewhere
        self._at_value = at.to(torch.float64)
        has_value = ~self._at_value.isnan()
        self._log_odds = torch.where(has_value, log_odds.to(torch.float64), -math.inf)
        # Any number does where the probability is 0.
        self._place = torch.where(has_value, self._at_value, 0.0)

    @cached_property
    def _probability(self) -> Tensor:
        """Of the value, under each component, ``[D, n, t]``."""
        return torch.sigmoid(self._log_odds)

    @cached_property
    def _rest(self) -> Tensor:
        return torch.sigmoid(-self._log_odds)

    @property
    def _shape(self) -> torch.Size:
        return self._log_odds.shape

    def _rows(self, index: Tensor) -> HurdleMixture:
        rows = self._elsewhere._rows(index)
        return HurdleMixture(rows, self._log_odds[:, index], self._at_value)

    @property
    def _component_means(self) -> Tensor:
        return self._probability * self._place + self._rest * self._elsewhere._component_means

    def _component_var(self) -> Tensor:
        away = (self._elsewhere._component_means - self._place).square()
        rest = self._rest
        var = self._elsewhere._component_var() + self._probability * away
        return torch.where(rest > 0, rest * var, 0.0)  # which may be infinite

    def _component_cdf(self, y: Tensor, *, upper_tail: bool | Tensor) -> Tensor:
        is_beyond = (y < self._place) == torch.as_tensor(upper_tail)
        tail = self._elsewhere._component_cdf(y, upper_tail=upper_tail)
        return self._rest * tail + torch.where(is_beyond, self._probability, 0.0)

    def _component_log_prob(self, y: Tensor) -> Tensor:
        log_rest = -torch.nn.functional.softplus(self._log_odds)
        density = log_rest + self._elsewhere._component_log_prob(y)
        return torch.where(y == self._at_value, log_rest + self._log_odds, density)

    def _point_mass(self, y: Tensor) -> Tensor:
        return torch.where(y == self._at_value, self._probability.mean(0), 0.0)

    def _component_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        sample = self._elsewhere._component_sample(index, rng)
        is_there = rng.uniform(size=sample.shape) < self._probability[index].numpy()
        drawn: NDArray[np.float64] = np.where(is_there, self._place.numpy(), sample)
        return drawn

    def _elements(self, element: Tensor) -> tuple[LocationScaleMixture, Tensor, Tensor]:
        """Of the rows and targets numbered `element`: what is elsewhere, ``[D, E, 1]``, what
        its components count for, ``[D, E, 1]``, and where the value is, ``[E]``.
        """
        rest = self._rest.flatten(1)[:, element, None]
        place = self._place.expand(self._shape[1:]).flatten()[element]
        return self._elsewhere._select(element), rest, place

    def _quantile(self, q: Tensor) -> Tensor:
        n_elements = self.n_samples * self.n_outputs
        blocks = torch.arange(n_elements).split(max(1, _BLOCK_SIZE // self.n_components))
        found = [torch.stack(self._quantiles_of(block, q.tolist())) for block in blocks]
        return torch.cat(found, 1).view(len(q), self.n_samples, self.n_outputs)

    def _quantiles_of(self, element: Tensor, levels: list[float]) -> list[Tensor]:
        """Quantiles at each level, ``[E]``: the value itself where the cdf jumps across the level,
        or else those of what is elsewhere, at the level that leaves out the value.
        """
        elsewhere, rest, place = self._elements(element)
        # Each by its own tail: the other has no digits left of a small one.
        below, above = (
            (rest * elsewhere._component_cdf(place[:, None], upper_tail=upper)).mean(0).squeeze(-1)
            for upper in (False, True)
        )
        found = []
        for q in levels:
            is_above = above > 1 - q
            moves = (below > q) | is_above
            index = moves.nonzero().squeeze(-1)
            roots = _beside(
                place[index], is_above[index], q, elsewhere._select(index), rest[:, index]
            )
            found.append(place.masked_scatter(moves, roots))
        return found

    def _crps(self, y: Tensor) -> Tensor:
        elements, rest, place = self._elements(torch.arange(y.numel()))
        mass = self._probability.mean(0).flatten()
        observed = y.flatten()
        place = torch.where(mass > 0, place, observed)
        first, second = torch.minimum(place, observed), torch.maximum(place, observed)
        begin, end = reach(elements)

        def integrand(panels: Panels, is_left: Tensor, piece: Tensor) -> Tensor:
            part = elements._select(panels.element)
            tail = part._component_cdf(panels.points, upper_tail=~is_left)
            tail = (rest[:, panels.element] * tail).mean(0)
            # Between the observation and the value the tail has the value in it.
            return (tail + torch.where(piece == 1, mass[panels.element, None], 0.0)).square()

        pieces = [
            Piece(torch.minimum(begin, first), first, True),
            Piece(first, second, place < observed),
            Piece(second, torch.maximum(end, second), False),
        ]
        return integral(integrand, elements, pieces).view_as(y)


def _beside(
    place: Tensor, is_above: Tensor, q: float, elsewhere: LocationScaleMixture, rest: Tensor
) -> Tensor:
    """Quantiles ``[E]`` on the one or the other side of values with probabilities of their own.

    Parameters
    ----------
    place : Tensor of shape (E,)
        The values.
    is_above : Tensor of shape (E,)
        On which side.
    q : float
        The level, of the whole.
    elsewhere : LocationScaleMixture
        What is not there, ``[D, E, 1]``.
    rest : Tensor of shape (D, E, 1)
        Probabilities of that.
    """
    total = rest.mean(0)
    tail = torch.where(is_above, (1 - q) / total.squeeze(-1), q / total.squeeze(-1))
    is_upper = is_above == (tail <= 0.5)
    levels = Levels(torch.where(tail > 0.5, 1 - tail, tail).numpy(), is_upper.numpy())
    # A level that leaves out the value is nearer to it than `q` is.
    components = elsewhere._component_quantiles(q).expand(elsewhere._shape).squeeze(-1)
    lower = torch.where(is_above, place, torch.minimum(components.amin(0), place))
    upper = torch.where(is_above, torch.maximum(components.amax(0), place), place)
    start = components.mean(0).clamp(lower, upper)
    excess = elsewhere._excess(levels)._replace(weights=rest / total)
    root = find_root(excess, *bracket(lower.numpy(), upper.numpy()), start.numpy())
    return torch.from_numpy(root)
