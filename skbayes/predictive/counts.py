"""Mixtures over whole numbers."""

from __future__ import annotations

import math
from abc import abstractmethod

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.distribution import ScoredByDistances
from skbayes.predictive.levels import Levels
from skbayes.predictive.quadrature import N_NODES, Panels, Range, adaptive_sum

# Probability beyond the ends of a sum over the counts.
_NEGLIGIBLE = 1e-13
# Counts up to which a sum is taken term by term; beyond, by quadrature for sums.
_MAX_TERMS = 2**10
# Error of a panel of the quadrature, relative to the smallest standard deviation.
_TOLERANCE = 1e-14
# Upper tails from which sums of terms have digits enough to find a quantile.
_SMALLEST_SUMMED_TAIL = 1e-9
# Rows and targets whose quantiles are found together.
_ELEMENTS_PER_BLOCK = 2**9
# Terms that follow from one another before one is computed anew.
_TERMS_PER_START = 32


class CountMixture(ScoredByDistances):
    """Equal mixture of distributions of counts 0, 1, 2, ...

    `log_prob` is a log probability, minus infinity for what is no count. Quantiles are whole
    numbers: the smallest with at least the probability asked for, so that an interval holds at
    least its coverage.

    Parameters
    ----------
    mean : Tensor of shape (D, n, t)
        Mean of each component.
    parameters : Tensor, broadcastable to (D, n, t)
        Further parameters of each component.

    Notes
    -----
    The continuous ranked probability score is exact: ``E|Y - y|`` in closed form and
    ``E|Y - Y'| = 2 sum_k F(k) (1 - F(k))`` term by term, or where there are more than a
    thousand terms by Gauss quadrature for sums, to about 1e-10 of the smallest component's
    standard deviation.
    """

    def __init__(self, mean: Tensor, *parameters: Tensor) -> None:
        self._mean = mean.to(torch.float64)
        self._parameters = tuple(x.to(torch.float64) for x in parameters)

    @abstractmethod
    def _count_log_prob(self, k: Tensor) -> Tensor:
        """Log probability of the counts `k` under each component."""

    @abstractmethod
    def _tails(self, k: Tensor) -> tuple[Tensor, Tensor]:
        """``P(Y <= k)`` and ``P(Y > k)`` for ``k > -1``, smooth between the integers."""

    @abstractmethod
    def _ratio(self, k: Tensor) -> Tensor:
        """``P(Y = k + 1) / P(Y = k)`` under each component."""

    @abstractmethod
    def _kernel(self, k: Tensor) -> Tensor:
        """Stein kernel: ``E[(k - Y)+] = (k - mean) P(Y <= k) + kernel(k) P(Y = k)``."""

    @property
    def _parts(self) -> tuple[Tensor, ...]:
        return self._mean, *self._parameters

    @property
    def _component_means(self) -> Tensor:
        return self._mean

    def _component_log_prob(self, y: Tensor) -> Tensor:
        is_count = (y >= 0) & (y == y.floor()) & y.isfinite()
        log_prob = self._count_log_prob(torch.where(is_count, y, 0.0))
        return torch.where(is_count, log_prob, -math.inf)

    def _component_cdf(self, y: Tensor, *, upper_tail: bool | Tensor) -> Tensor:
        lower, upper = self._tails(y.floor().clamp(min=0.0))
        is_upper = torch.as_tensor(upper_tail)
        return torch.where(y < 0, is_upper.double(), torch.where(is_upper, upper, lower))

    def _point_mass(self, y: Tensor) -> Tensor:
        return self._pdf(y)

    def _component_distance(self, y: Tensor) -> Tensor:
        k = y.floor().clamp(min=0.0)
        lower, upper = self._tails(k)
        kernel = self._kernel(k) * self._count_log_prob(k).exp()
        distance = (y - self._mean) * (lower - upper) + 2 * kernel
        return torch.where(y < 0, self._mean - y, distance)

    def _quantile_bounds(self, q: Tensor) -> tuple[Tensor, Tensor]:
        """Cantelli's inequality: less than `q` up to the lower, at least `q` up to the upper.

        For probabilities ``[L]``, each ``[L, n, t]``.
        """
        odds = (q / (1 - q)).view(-1, 1, 1)
        mean = self._mean.mean(0)
        std = (self._aleatoric_var() + self._epistemic_var()).sqrt()
        lower = (mean - std * odds.rsqrt()).floor() - 1
        upper = (mean + std * odds.sqrt()).ceil() + 1
        return lower.clamp(min=-1.0), upper

    def _quantile(self, q: Tensor) -> Tensor:
        """Smallest ``k`` with ``P(Y <= k) >= q``, for every level of every row and target."""
        n_per_level = self.n_samples * self.n_outputs
        level = q.repeat_interleave(n_per_level)
        quantiles = torch.empty_like(level)
        lower, upper = (bound.flatten() for bound in self._quantile_bounds(q))
        # Sums of terms that follow from one another cost less than incomplete functions; their
        # rounding errors count where the upper tail is tiny.
        is_short = (upper - lower <= _MAX_TERMS) & (1 - level > _SMALLEST_SUMMED_TAIL)
        for chosen, find in ((is_short, self._summed_quantile), (~is_short, self._newton_quantile)):
            for part in chosen.nonzero().squeeze(-1).split(_ELEMENTS_PER_BLOCK):
                quantiles[part] = find(part % n_per_level, level[part], lower[part], upper[part])
        return quantiles.view(len(q), *self._shape[1:])

    def _summed_quantile(self, element: Tensor, q: Tensor, lower: Tensor, upper: Tensor) -> Tensor:
        """By adding up probabilities, from counts with less than `q` below them."""
        quantiles = torch.empty_like(lower)
        mixture, k = self._select(element), lower + 1
        pending = torch.arange(len(element))
        total = mixture._component_cdf(lower.unsqueeze(-1), upper_tail=False).mean(0).squeeze(-1)
        term = 0
        while len(pending):
            if term % _TERMS_PER_START == 0:
                probability = mixture._count_log_prob(k.unsqueeze(-1)).exp()
            else:
                probability = probability * mixture._ratio(k.unsqueeze(-1) - 1)
            total = total + probability.mean(0).squeeze(-1)
            is_found = total >= q
            if bool(is_found.any()):
                quantiles[pending[is_found]] = k[is_found]
                rest = (~is_found).nonzero().squeeze(1)
                mixture, probability = mixture._select(rest), probability[:, rest]
                pending, k, total, q = (v[rest] for v in (pending, k, total, q))
            k = k + 1
            term += 1
        return quantiles

    def _newton_quantile(self, element: Tensor, q: Tensor, lower: Tensor, upper: Tensor) -> Tensor:
        """By Newton steps in whole numbers; elements that are done leave."""
        quantiles, pending = torch.empty_like(lower), torch.arange(len(element))
        mixture, levels = self._select(element), Levels.of(q.numpy())
        k = mixture._mean.mean(0).squeeze(-1).round().clamp(min=lower + 1, max=upper)
        step = upper - lower
        while len(pending):
            tail = mixture._component_cdf(k.unsqueeze(-1), upper_tail=levels.upper_column).mean(0)
            excess = torch.from_numpy(levels.excess(tail.numpy()[:, 0]))
            is_enough = excess >= 0
            upper = torch.where(is_enough, torch.minimum(upper, k), upper)
            lower = torch.where(is_enough, lower, torch.maximum(lower, k))
            middle = (0.5 * (lower + upper)).floor()
            # Beyond 2^53 neighbouring doubles differ by more than one.
            is_open = (middle > lower) & (middle < upper)
            quantiles[pending] = upper
            newton = (-excess / mixture._pdf(k.unsqueeze(-1)).squeeze(-1)).ceil()
            newton = torch.where(is_enough, newton.clamp(max=-1.0), newton.clamp(min=1.0))
            inside = (k + newton > lower) & (k + newton < upper)
            # Steps must shrink; a step of one may follow any longer one, to close the bracket.
            shrinks = (newton.abs() <= 0.5 * step.abs()) | (newton.abs() < step.abs().clamp(max=2))
            step = torch.where(inside & shrinks, newton, middle - k)
            k = k + step
            if not bool(is_open.all()):
                rest = is_open.nonzero().squeeze(1)
                mixture, levels = mixture._select(rest), levels.select(rest.numpy())
                pending, lower, upper, k, step = (v[rest] for v in (pending, lower, upper, k, step))
        return quantiles

    def _mean_pair_distance(self) -> Tensor:
        ends = torch.tensor([_NEGLIGIBLE, 1 - _NEGLIGIBLE], dtype=torch.float64)
        first, last = self._quantile(ends).flatten(1)
        n_terms = last - first + 1
        result = torch.empty_like(first)
        is_short = n_terms <= _MAX_TERMS
        for chosen, spread in ((is_short, self._summed), (~is_short, self._by_quadrature)):
            element = chosen.nonzero().squeeze(-1)
            if len(element):
                result[element] = spread(element, first[element], n_terms[element])
        return 2 * result.view(self._mean.shape[1:])

    def _summed(self, element: Tensor, first: Tensor, n_terms: Tensor) -> Tensor:
        """``sum_k F(k) (1 - F(k))``, term by term."""
        mixture = self._select(element)
        total = torch.zeros_like(first)
        below, _ = mixture._tails(first.unsqueeze(-1))
        lower = below.mean(0)
        for term in range(int(n_terms.max())):
            k = (first + term).unsqueeze(-1)
            if term % _TERMS_PER_START == 0:
                probability = mixture._count_log_prob(k).exp()
            else:
                probability = probability * mixture._ratio(k - 1)
            if term:
                lower = lower + probability.mean(0)
            total += (lower * (1 - lower).clamp(min=0.0)).squeeze(-1)
        return total

    def _by_quadrature(self, element: Tensor, first: Tensor, n_terms: Tensor) -> Tensor:
        """``sum_k F(k) (1 - F(k))`` over many terms."""
        chosen = self._select(element)
        widths = chosen._component_var().sqrt().squeeze(-1)

        def integrand(panels: Panels) -> Tensor:
            lower, upper = chosen._select(panels.element)._tails(panels.points)
            return lower.mean(0) * upper.mean(0)

        level = torch.log2(n_terms / N_NODES).ceil().long().clamp(min=0)
        where = Range(torch.zeros_like(first), torch.ones_like(first), first - 0.5, level)
        tolerance = _TOLERANCE * widths.amin(0)
        return adaptive_sum(
            integrand, where, chosen._mean.squeeze(-1), widths, tolerance, integers=True
        )
