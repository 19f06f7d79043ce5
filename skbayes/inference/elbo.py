"""The evidence lower bound and its gradient."""

from __future__ import annotations

from skbayes.inference.posteriors import VariationalPosterior
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import BayesianModel, CrossEntropy, Data, LogLikelihoodEvaluator, Recording


class ELBO:
    r"""``sum_i E_q[log p(y_i | w)] - kl_weight * KL(q || p)`` for ``M`` posteriors at once.

    The expectation is estimated with ``S`` reparameterised draws in antithetic pairs
    (Blundell et al. 2015, section 3.2), the data term of a minibatch is scaled to the whole
    data set, and the KL divergence is summed over the vector. It is exact where the prior has
    a closed form, and otherwise its cross-entropy is estimated on the same draws. All rows and
    all models share a step's noise: common random numbers, which also make a weighted row and
    repeated rows equivalent.

    Parameters
    ----------
    model : BayesianModel
    start : VariationalPosterior
        Its family is that of ``q``, its parameters are where to start.
    n_draws : int
        Draws ``S`` per call.
    kl_weight : float, default=1.0
        Weight of the KL divergence; 1 gives the evidence lower bound.
    balances_means : bool, default=False
        Whether the gradient lets noisy rows count for more in their means than the bound does, so
        that they are not given up (`skbayes.model.likelihoods.balanced_means`).

    Attributes
    ----------
    state : Tensor of shape (M, ...)
        Free parameters of the posteriors. The caller updates them in place between calls.
    gradient : Tensor of shape (M, ...)
        Gradient of the *negative* bound at the last call, for a minimiser.
    """

    def __init__(
        self,
        model: BayesianModel,
        start: VariationalPosterior,
        *,
        n_draws: int,
        kl_weight: float = 1.0,
        balances_means: bool = False,
    ) -> None:
        self.state = start.state()
        self.gradient = torch.zeros_like(self.state)
        self._parameterisation = start.parameterise(self.state, self.gradient, n_draws)
        self._prior = model.prior
        self._kl_weight = kl_weight
        n_models, n_entries = start.mean.shape
        self._shape = (n_models, n_draws, n_entries)
        self._vectors = start.mean.new_empty(self._shape)
        self._evaluator = LogLikelihoodEvaluator(
            model, self._vectors.view(-1, n_entries), balances_means=balances_means
        )
        self._vector_gradient = self._evaluator.gradient.view(self._shape)
        self._recording = Recording(model)
        # Of the last evaluation:
        self._cross_entropy: CrossEntropy | None = None
        self._entropy: Tensor | float = 0.0

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
        noise = self._parameterisation.noise(generator)

        def evaluate(rows: Data, noise: tuple[Tensor, ...]) -> tuple[Tensor]:
            return (self._evaluate(rows, noise, generator),)

        (log_likelihood,) = self._recording(evaluate, batch, noise)
        data_factor = data_scale / self._shape[1]
        kl_factor = kl_factor * self._kl_weight
        closed_form = self._cross_entropy
        if closed_form is None:
            cross_entropy = self._add_prior_gradient(kl_factor / data_scale)
        else:
            cross_entropy = closed_form.value
        kl = cross_entropy - self._entropy
        self._parameterisation.backward(self._vector_gradient, -data_factor, closed_form, kl_factor)
        return log_likelihood.mul_(data_factor).sub_(kl, alpha=self._kl_weight)

    def posterior(self) -> VariationalPosterior:
        """The posterior that `state` now stands for."""
        return self._parameterisation.posterior()

    def _evaluate(
        self, rows: Data, noise: tuple[Tensor, ...], generator: torch.Generator
    ) -> Tensor:
        """Log-likelihood of the draws of each model, ``[M]``, and all that does not depend on how
        much the divergence counts at this step.
        """
        n_models, n_draws, _ = self._shape
        parameterisation = self._parameterisation
        parameterisation.transform(iter(noise), self._vectors)
        log_likelihood = self._evaluator(rows.repeated(n_draws), generator)
        self._cross_entropy = parameterisation.cross_entropy(self._prior)
        self._entropy = parameterisation.entropy()
        return log_likelihood.view(n_models, n_draws).sum(-1)

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
