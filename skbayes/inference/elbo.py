"""The evidence lower bound and its gradient for a mean-field normal posterior."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skbayes.inference.posterior import antithetic_normals
from skbayes.model import BayesianModel, Data, LogLikelihoodEvaluator


class MeanFieldELBO:
    r"""``sum_i E_q[log p(y_i | w)] - kl_weight * KL(q || p)`` for ``M`` posteriors at once.

    The expectation is estimated with ``S`` reparameterised draws ``w = mean + scale * e``
    (Blundell et al. 2015, section 3.2) in antithetic pairs, the data term of a minibatch is
    scaled to the whole data set, and the KL divergence is summed over the vector. It is exact
    where the prior has a closed form, and otherwise estimated on the same draws.
    All rows and all models share a step's noise: common random numbers, which also make a
    weighted row and repeated rows equivalent.

    Parameters
    ----------
    model : BayesianModel
    state : Tensor of shape (M, 2, P)
        Means and log scales. The caller updates it in place between calls.
    n_draws : int
        Draws ``S`` per call.
    kl_weight : float, default=1.0
        Weight of the KL divergence; 1 gives the evidence lower bound.

    Attributes
    ----------
    gradient : Tensor of shape (M, 2, P)
        Gradient of the *negative* bound at the last call, for a minimiser.
    """

    def __init__(
        self, model: BayesianModel, state: Tensor, *, n_draws: int, kl_weight: float = 1.0
    ) -> None:
        n_models, _, n_entries = state.shape
        self.gradient = torch.zeros_like(state)
        self._mean, self._log_scale = state.unbind(1)
        self._mean_gradient, self._log_scale_gradient = self.gradient.unbind(1)
        self._prior = model.prior
        self._n_draws = n_draws
        self._kl_weight = kl_weight
        self._entropy_constant = 0.5 * n_entries * math.log(2 * math.pi * math.e)
        self._shape = (n_models, n_draws, n_entries)
        vectors = torch.empty(self._shape, dtype=state.dtype, device=state.device)
        self._vectors = vectors
        self._evaluator = LogLikelihoodEvaluator(model, vectors.view(-1, n_entries))
        self._vector_gradient = self._evaluator.gradient.view(self._shape)

    def __call__(
        self,
        batch: Data,
        generator: torch.Generator,
        *,
        data_scale: float = 1.0,
        kl_factor: float = 1.0,
    ) -> Tensor:
        """Evaluate the bound and write its negative gradient to `gradient`.

        Parameters
        ----------
        batch : Data
            Rows of this step.
        generator : torch.Generator
            Source of the noise.
        data_scale : float, default=1.0
            Rows of the data set per row of the batch.
        kl_factor : float, default=1.0
            Further factor on the KL divergence in the gradient alone (warm-up), so that the
            value that is returned means the same at every step.

        Returns
        -------
        Tensor of shape (M,)
            The bound of each model for the whole data set, in nats.
        """
        n_models, n_draws, n_entries = self._shape
        scale = self._log_scale.exp()
        noise = antithetic_normals((1, n_draws, n_entries), generator).to(scale)
        deviation = noise * scale.unsqueeze(1)
        torch.add(deviation, self._mean.unsqueeze(1), out=self._vectors)
        log_likelihood = self._evaluator(batch).view(n_models, n_draws).sum(-1)

        data_factor = data_scale / n_draws
        kl_factor = kl_factor * self._kl_weight
        closed_form = self._prior.cross_entropy(self._mean, scale)
        if closed_form is None:
            cross_entropy = self._add_prior_gradient(kl_factor / data_scale)
        else:
            cross_entropy = closed_form.value
        torch.sum(self._vector_gradient, 1, out=self._mean_gradient)
        torch.sum(deviation.mul_(self._vector_gradient), 1, out=self._log_scale_gradient)
        self.gradient.mul_(-data_factor)
        if closed_form is not None:
            self._mean_gradient.add_(closed_form.mean, alpha=kl_factor)
            self._log_scale_gradient.add_(closed_form.log_scale, alpha=kl_factor)
        self._log_scale_gradient.sub_(kl_factor)  # of the entropy
        kl = cross_entropy - self._log_scale.sum(-1) - self._entropy_constant
        return log_likelihood.mul_(data_factor).sub_(kl, alpha=self._kl_weight)

    def _add_prior_gradient(self, factor: float) -> Tensor:
        """Add `factor` times the prior's gradient to that of each draw.

        Returns
        -------
        Tensor of shape (M,)
            The cross-entropy, estimated from the draws.
        """
        # Draws first: a prior of shape [M, P] then differs between models.
        prior = self._prior.log_prob_gradient(self._vectors.transpose(0, 1))
        self._vector_gradient.add_(prior.gradient.transpose(0, 1), alpha=factor)
        return prior.log_prob.mean(0).neg_()
