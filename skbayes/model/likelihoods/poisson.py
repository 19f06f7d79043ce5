"""Poisson likelihood for counts."""

from __future__ import annotations

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import LogLikelihoodGradient, in_double
from skbayes.model.likelihoods.log_link import LogLinkLikelihood
from skbayes.model.likelihoods.regression import PlainFamily
from skbayes.model.likelihoods.support import check_counts
from skbayes.predictive import PoissonMixture, PredictiveDistribution


class PoissonLikelihood(LogLinkLikelihood):
    r"""``y ~ Poisson(exp(loc + f(x)))`` for counts whose variance is their mean.

    Counts are not scaled: their size is their precision.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns.
    units : TargetUnits, default=None
        Of the network's outputs; None for targets with a mean of 1.

    Examples
    --------
    >>> import torch
    >>> targets = torch.tensor([[0.0], [2.0]])
    >>> PoissonLikelihood().log_prob(torch.zeros(1, 2, 1), targets, torch.zeros(1, 0))
    tensor([[-1.0000, -1.6931]])
    """

    @classmethod
    def check_targets(cls, targets: FloatArray) -> None:
        check_counts(targets, "poisson")

    def log_prob(self, outputs: Tensor, targets: Tensor, parameters: Tensor) -> Tensor:
        return self._terms(self._log_mean(outputs).values, targets)[0].sum(-1)

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        bounded = self._log_mean(outputs)
        log_prob, residual = self._terms(bounded.values, targets)
        output_gradient = residual * bounded.slope
        if row_weights is not None:
            weights = row_weights.unsqueeze(-1)
            log_prob *= weights
            output_gradient *= weights
        return LogLikelihoodGradient(
            log_prob.sum((1, 2)), output_gradient, torch.zeros_like(parameters)
        )

    def _terms(self, log_rate: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
        """Log probability, and count less rate, of each target.

        ``log p(y) = y log(rate / y) - y (rate / y - 1) + log p(y at the rate y)``: near its
        maximum the first terms are small, and large counts lose no digits. Where ``y = 0``, 1
        takes its place.
        """
        # What does not depend on the draw is large, and nearly cancels: in double precision.
        precise = in_double(counts)
        at_least_one = precise.clamp(min=1.0)
        log_count = at_least_one.log()
        log_peak = precise * log_count - at_least_one - torch.lgamma(precise + 1)
        log_ratio = log_rate + (self._log_unit.like(precise) - log_count).to(counts)
        excess = at_least_one.to(counts) * torch.expm1(log_ratio)
        log_prob = counts * log_ratio - excess + log_peak.to(counts)
        return log_prob, (precise - at_least_one).to(counts) - excess

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution:
        return PoissonMixture((self._loc + self._log_mean(outputs.double()).values).exp())


class Poisson(PlainFamily):
    """Poisson counts: ``likelihood="poisson"``.

    Their variance is their mean.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import Poisson
    >>> BayesianMLPRegressor(likelihood=Poisson())
    BayesianMLPRegressor(likelihood=Poisson())
    """

    name = "poisson"
    likelihood = PoissonLikelihood
