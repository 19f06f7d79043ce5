"""Negative binomial likelihood for counts."""

from __future__ import annotations

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import LogLikelihoodGradient, in_double
from skbayes.model.likelihoods.log_link import DispersedLikelihood
from skbayes.model.likelihoods.regression import PlainFamily
from skbayes.model.likelihoods.support import check_counts
from skbayes.predictive import NegativeBinomialMixture, PredictiveDistribution


class NegativeBinomialLikelihood(DispersedLikelihood):
    r"""Counts with mean ``m = exp(loc + f(x))`` and variance ``m + (c m)^2``.

    A Poisson count whose rate is a gamma variable with a relative standard deviation ``c``,
    learned per target. The size of the distribution is ``1 / c^2``.

    Parameters
    ----------
    n_targets : int, default=1
        Number of target columns.
    units : TargetUnits, default=None
        Of the network's outputs; None for targets with a mean of 1.

    Examples
    --------
    >>> import torch
    >>> rho = torch.full((1, 1), 0.999).log()  # c = 1: geometric
    >>> targets = torch.tensor([[0.0], [1.0]])
    >>> NegativeBinomialLikelihood().log_prob(torch.zeros(1, 2, 1), targets, rho)
    tensor([[-0.6931, -1.3863]])
    """

    @classmethod
    def check_targets(cls, targets: FloatArray) -> None:
        check_counts(targets, "negative_binomial")

    def named_parameters(self, parameters: Tensor) -> dict[str, Tensor]:
        return {"size": self._shape(parameters)}

    def log_prob(self, outputs: Tensor, targets: Tensor, parameters: Tensor) -> Tensor:
        # In double precision: for large counts the terms are large and nearly cancel.
        size = self._shape(in_double(parameters)).unsqueeze(1)
        log_mean = self._log_mean(in_double(outputs)).values + self._log_unit.like(size)
        return _log_prob(in_double(targets), size, log_mean - size.log()).sum(-1).to(outputs)

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        size = self._shape(in_double(parameters)).unsqueeze(1)
        counts = in_double(targets)
        bounded = self._log_mean(in_double(outputs))
        log_odds = bounded.values + (self._log_unit.like(size) - size.log())
        log_prob = _log_prob(counts, size, log_odds)
        # y - mean and the variance over the mean, both over the size.
        residual = counts / size - log_odds.exp()
        inflation = 1 + log_odds.exp()
        output_gradient = size * residual / inflation * bounded.slope
        digamma = torch.special.digamma
        size_gradient = (
            digamma(counts + size) - digamma(size) - _softplus(log_odds) - residual / inflation
        )
        if row_weights is not None:
            weights = row_weights.unsqueeze(-1)
            log_prob *= weights
            output_gradient *= weights
            size_gradient *= weights
        parameter_gradient = size_gradient.sum(1) * self._shape_slope(in_double(parameters))
        return LogLikelihoodGradient(
            log_prob.sum((1, 2)).to(outputs),
            output_gradient.to(outputs),
            parameter_gradient.to(outputs),
        )

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveDistribution:
        mean = (self._loc + self._log_mean(outputs.double()).values).exp()
        return NegativeBinomialMixture(mean, self._shape(parameters.double()).unsqueeze(1))


def _log_prob(counts: Tensor, size: Tensor, log_odds: Tensor) -> Tensor:
    """Log probability of `counts`, with ``log_odds = log(mean / size)``."""
    log_binomial = torch.lgamma(counts + size) - torch.lgamma(size) - torch.lgamma(counts + 1)
    return log_binomial - size * _softplus(log_odds) - counts * _softplus(-log_odds)


def _softplus(x: Tensor) -> Tensor:
    """``log(1 + exp(x))``, to the last digit."""
    return torch.nn.functional.softplus(x, threshold=50.0)


class NegativeBinomial(PlainFamily):
    """Negative binomial counts: ``likelihood="negative_binomial"``.

    They have more variance than their mean; how much is learned.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import NegativeBinomial
    >>> BayesianMLPRegressor(likelihood=NegativeBinomial())
    BayesianMLPRegressor(likelihood=NegativeBinomial())
    """

    name = "negative_binomial"
    likelihood = NegativeBinomialLikelihood
