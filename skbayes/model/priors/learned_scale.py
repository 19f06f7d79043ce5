"""Normal prior whose scales are learned, one for each group of weights."""

from __future__ import annotations

import math

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.networks import WeightGroups
from skbayes.model.priors.base import CrossEntropy, LogProbGradient, Prior

# The precision of a group has the prior Gamma(1/2, rate 0.05): the weights of a group are
# then jointly Cauchy with the scale sqrt(0.05 / (1/2)) = 0.32 over the root of the fan-in.
_SHAPE = 0.5
_RATE = 0.05


class LearnedScalePrior(Prior):
    r"""``w_i ~ N(0, sigma_g^2 / fan_in_i)``, with ``sigma_g`` learned for each group ``g``.

    The precisions ``1 / sigma_g^2`` have a gamma prior. Their posterior given that of the
    weights is again a gamma in closed form, so the bound is taken at its optimum and keeps only
    the weights (automatic relevance determination: MacKay 1994; Neal 1996, section 1.2;
    the update is Bishop 2006, eq. 10.177 to 10.179). A group that the data do not need shrinks
    towards zero and then costs nothing, where a fixed prior would leave
    its weights wide and noisy.

    Parameters
    ----------
    fan_in : Tensor of shape (P,)
        1 for a bias.
    groups : WeightGroups
    shape, rate : float
        Of the gamma prior of the precisions.

    Notes
    -----
    For a group of ``n`` weights with ``S = sum_i fan_in_i E[w_i^2]`` the optimal posterior of the
    precision is ``Gamma(shape + n / 2, rate + S / 2)``, and the divergence of weights and
    precision together, at that optimum, depends on the weights through
    ``(shape + n / 2) log(rate + S / 2)`` and their entropy: minus the log density of
    the weights' marginal prior, a multivariate t, at their root mean squares.
    """

    reads_moments_alone = True

    def __init__(
        self, fan_in: Tensor, groups: WeightGroups, *, shape: float = _SHAPE, rate: float = _RATE
    ) -> None:
        self.loc = torch.zeros_like(fan_in)
        self._fan_in = fan_in
        self._half_fan_in = 0.5 * fan_in
        self._groups = groups.of_entry.to(fan_in.device)
        self._blocks = groups.blocks
        counts = torch.bincount(self._groups).to(fan_in)
        self._shape = shape + 0.5 * counts
        self._minus_twice_shape = -2.0 * self._shape
        self._rate = rate
        # Log normaliser of the weights' marginal density, a multivariate t for each group.
        self._log_normaliser = float(
            (torch.lgamma(self._shape) - math.lgamma(shape)).sum()
            + shape * len(counts) * math.log(rate)
            - 0.5 * len(fan_in) * math.log(2 * math.pi)
            + 0.5 * fan_in.log().sum()
        )

    def log_prob(self, vectors: Tensor) -> Tensor:
        log_rates = self._posterior_rates(self._half(vectors.square())).log()
        return self._log_normaliser - (log_rates * self._shape).sum(-1)

    def log_prob_gradient(self, vectors: Tensor) -> LogProbGradient:
        # Both the squares and the gradient are this times the weights, and this.
        scaled = vectors * self._half_fan_in
        rates = self._posterior_rates(scaled * vectors)
        log_prob = self._log_normaliser - torch.matmul(rates.log(), self._shape)
        slope = self._minus_twice_shape / rates
        return LogProbGradient(log_prob, slope.index_select(-1, self._groups).mul_(scaled))

    def cross_entropy(self, mean: Tensor, scale: Tensor) -> CrossEntropy:
        """Of weights and precisions, less the entropy of the precisions at their best."""
        variance = scale.square()
        rates = self._posterior_rates(self._half(torch.addcmul(variance, mean, mean)))
        value = torch.matmul(rates.log(), self._shape) - self._log_normaliser
        precision = self._expected_precision(rates)
        return CrossEntropy(value, mean * precision, variance * precision)

    def group_sigmas(self, mean: Tensor, scale: Tensor) -> dict[str, Tensor]:
        """Learned ``sigma_g`` given a posterior of the weights, ``[M, n_groups]`` for each block.

        The root of the reciprocal of the expected precision ``E[1 / sigma_g^2]``: the sigma of
        the fixed normal prior that pulls at the weights as the learned one does.

        Parameters
        ----------
        mean, scale : Tensor of shape (M, P)
            Marginal means and standard deviations of the weights.
        """
        rates = self._posterior_rates(self._half(torch.addcmul(scale.square(), mean, mean)))
        sigmas = (rates / self._shape).sqrt()
        return dict(zip(self._blocks, sigmas.split(list(self._blocks.values()), -1), strict=True))

    def _expected_precision(self, rates: Tensor) -> Tensor:
        """Precision ``fan_in_i E[1 / sigma_g^2]`` of each entry, ``[..., P]``."""
        return (self._shape / rates).index_select(-1, self._groups).mul_(self._fan_in)

    def _half(self, squares: Tensor) -> Tensor:
        """Half of the squares of weights, in their memory, in units of their prior variance."""
        return squares.mul_(self._half_fan_in)

    def _posterior_rates(self, half_squares: Tensor) -> Tensor:
        """Rate of the gamma posterior of each group's precision, ``[..., G]``."""
        rates = half_squares.new_full((*half_squares.shape[:-1], len(self._shape)), self._rate)
        return rates.index_add_(-1, self._groups, half_squares)
