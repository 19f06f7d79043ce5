"""A `torch.nn.Module` with a distribution over its weights."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.utils._pytree import tree_map

from skbayes.inference import MeanFieldNormal, PosteriorFamily, posterior_at
from skbayes.model import NestedRows, PriorFamily, predictive_mixture
from skbayes.model.networks.module import ModuleNetwork
from skbayes.model.networks.module_call import joined
from skbayes.predictive import PredictiveMixture
from skbayes.torch.layer_noise import LAYERS, NOISE, LayerNoise, Moments
from skbayes.torch.likelihood import encoded_targets, make_likelihood
from skbayes.torch.module_posterior import ModulePosterior
from skbayes.torch.pretrained import Moped

# Entries of drawn vectors that are in memory at a time where no gradient is needed.
_CACHE_SIZE = 2**18
_KL = ("closed_form", "stick_the_landing")
Inputs = Any


class ELBOTerms(NamedTuple):
    """The evidence lower bound and what it is made of, in nats per row of the data set."""

    elbo: Tensor  # expected_log_likelihood - kl_weight * kl_divergence
    expected_log_likelihood: Tensor
    kl_divergence: Tensor  # not weighted


class BayesianModule(ModulePosterior):
    """A module whose weights are a posterior distribution.

    It is trained like any other: its `parameters` are the free parameters of the posterior, for an
    optimiser and a loop of one's own. `skbayes.torch.fit` and `skbayes.torch.sample` do without.

    Parameters
    ----------
    module : torch.nn.Module
        Copied: neither changed nor referred to. The posterior starts narrow about its weights.
    likelihood : str, instance of a class of `skbayes.likelihoods` or None, default=None
        What the outputs mean, for `elbo` and `predict`. For regressions a name as for
        `skbayes.BayesianMLPRegressor`, without "auto"; noise that is learned becomes part of the
        posterior. For classes "softmax", one output for each class, or "bernoulli", one for
        each label: logits in nats. None where the loop has a likelihood of its own.
    n_targets : int, default=1
        Number of targets of a regression.
    classes : int or array-like, default=None
        Number or names of the classes or labels.
    prior : str, instance of a class of `skbayes.priors`, `Moped` or \
`torch.distributions.Distribution`, default="normal"
        Prior of the weights in doubt. A distribution is that of each weight as it is.
    prior_sigma : float, sequence of float or "auto", default=None
        Scale of a prior by name: ``prior_sigma / sqrt(fan_in)`` for weights and `prior_sigma` for
        biases; a sequence has one for each part of the module with weights in doubt, in order.
        None is 1; "auto" learns scales, of the normal prior only.
    posterior : str or instance of a class of `skbayes.posteriors`, default="mean_field"
        Family of the posterior.
    bayesian : {"all", "last_layer"} or sequence of str, default="all"
        Which parameters have a distribution; the others are trained as points. "all" leaves out
        those of normalisation layers. Names are those of ``module.named_parameters()``, with
        wildcards. Parameters that need no gradient stay as they are.
    gradient : {"weights", "flipout", "local_reparameterization"}, default="weights"
        What is drawn in training mode: weights, in antithetic pairs, one draw for all rows; or
        noise for each row at the outputs of linear layers and convolutions ([1]_, [2]_), while
        other layers take draws of their weights. The latter two need
        ``posterior="mean_field"``. Outside of training it is weights always: a draw is a function.

    Attributes
    ----------
    posterior_state : torch.nn.Parameter of shape (1, ...)
        Free parameters of the posterior.
    is_frozen : bool
        Whether calls take the means of the weights.

    References
    ----------
    .. [1] Y. Wen, P. Vicol, J. Ba, D. Tran, R. Grosse. "Flipout: efficient pseudo-independent
       weight perturbations on mini-batches", ICLR 2018.
    .. [2] D. P. Kingma, T. Salimans, M. Welling. "Variational dropout and the local
       reparameterization trick", NeurIPS 2015.

    Examples
    --------
    >>> import torch
    >>> from skbayes.torch import BayesianModule
    >>> x = torch.linspace(-1, 1, 50).unsqueeze(1)
    >>> y = torch.sin(3 * x)
    >>> layers = [torch.nn.Linear(1, 20), torch.nn.Tanh(), torch.nn.Linear(20, 1)]
    >>> bayesian = BayesianModule(torch.nn.Sequential(*layers), likelihood="normal")
    >>> optimizer = torch.optim.Adam(bayesian.parameters(), lr=0.01)
    >>> for _ in range(100):
    ...     optimizer.zero_grad()
    ...     loss = -bayesian.elbo(x, y, dataset_size=50)
    ...     loss.backward()
    ...     optimizer.step()
    >>> bayesian.predict(x).interval(0.9).shape
    (50, 2)
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        likelihood: Any = None,
        n_targets: int = 1,
        classes: int | ArrayLike | None = None,
        prior: str | PriorFamily | Moped | Distribution = "normal",
        prior_sigma: float | Sequence[float] | str | None = None,
        posterior: str | PosteriorFamily = "mean_field",
        bayesian: str | Sequence[str] = "all",
        gradient: str = "weights",
    ) -> None:
        super().__init__(
            module,
            make_likelihood(likelihood, n_targets, classes),
            prior=prior,
            prior_sigma=prior_sigma,
            posterior=posterior,
            bayesian=bayesian,
        )
        self._argument_names = list(inspect.signature(module.forward).parameters)
        self.is_frozen = False
        self.gradient = gradient
        self._check_gradient()

    def forward(self, *args: Any, n_draws: int | None = None, **kwargs: Any) -> Any:
        """What the module returns, for weights drawn from the posterior.

        Parameters
        ----------
        *args, **kwargs
            As of the module, with the rows along the first axis.
        n_draws : int, default=None
            Draws of the weights: every tensor that is returned has a leading axis of so many. None
            for a single draw without the axis.

        Returns
        -------
        Tensor, or whatever the module returns
        """
        inputs = self._as_inputs(args, kwargs)
        if n_draws is not None and not torch.is_grad_enabled():
            return self._few_at_a_time(int(n_draws), inputs)
        outputs = self._outputs(self._draw(1 if n_draws is None else int(n_draws)), inputs)
        if n_draws is not None:
            return outputs
        return tree_map(lambda x: x[0] if isinstance(x, Tensor) else x, outputs)

    def elbo(
        self,
        x: Inputs,
        y: Tensor,
        *,
        dataset_size: int,
        n_draws: int = 2,
        likelihood: Callable[[Tensor, Tensor], Tensor] | None = None,
        kl_weight: float = 1.0,
        kl: str = "closed_form",
    ) -> Tensor:
        """Evidence lower bound, in nats per row of the data set: its negative is the loss.

        Parameters
        ----------
        x : Tensor, tuple of Tensor or dict of str to Tensor
            Rows of a batch: the argument of the module, or its arguments.
        y : Tensor of shape (n_rows,) or (n_rows, n_targets)
            Targets; numbers of classes from 0. With outputs of shape ``(n_rows, ..., n_outputs)``
            of shape ``(n_rows, ...)`` or ``(n_rows, ..., n_targets)``.
        dataset_size : int
            Rows of the whole data set: the batch stands for them.
        n_draws : int, default=2
            Draws of the weights, in antithetic pairs.
        likelihood : callable, default=None
            ``likelihood(outputs, y)``: log density in nats of each row, ``(n_draws, n_rows)``, of
            ``outputs (n_draws, n_rows, ...)``. None for that of the module.
        kl_weight : float, default=1.0
            Weight of the divergence: 1 is Bayes' rule.
        kl : {"closed_form", "stick_the_landing"}, default="closed_form"
            The divergence in closed form where there is one, or estimated on the draws with a
            gradient whose variance vanishes at an exact posterior (Roeder et al. 2017, eq. 8),
            which needs ``posterior="mean_field"``.

        Returns
        -------
        Tensor of shape ()

        Raises
        ------
        ValueError
            If shapes do not fit, or there is no likelihood.
        """
        terms = self.elbo_terms(
            x,
            y,
            dataset_size=dataset_size,
            n_draws=n_draws,
            likelihood=likelihood,
            kl_weight=kl_weight,
            kl=kl,
        )
        return terms.elbo

    def elbo_terms(
        self,
        x: Inputs,
        y: Tensor,
        *,
        dataset_size: int,
        n_draws: int = 2,
        likelihood: Callable[[Tensor, Tensor], Tensor] | None = None,
        kl_weight: float = 1.0,
        kl: str = "closed_form",
    ) -> ELBOTerms:
        """The bound and its two parts.

        Parameters
        ----------
        x, y, dataset_size, n_draws, likelihood, kl_weight, kl
            As of `elbo`.

        Returns
        -------
        ELBOTerms
            `elbo`, `expected_log_likelihood` and `kl_divergence`, nats per row of the data set.
        """
        if kl not in _KL:
            raise ValueError(f"kl must be one of {list(_KL)}. Got {kl!r} instead.")
        inputs = self._as_inputs(x if isinstance(x, tuple) else (x,), {})
        if self.is_frozen:
            vectors, divergence = self._draw(n_draws), self.kl_divergence()
        else:
            vectors, divergence = self._posterior_draws(_at_least_one(n_draws))
            if kl == "stick_the_landing":
                divergence = self._stick_the_landing(vectors)
        log_prob = self._log_prob(vectors, inputs, y, likelihood)
        n_rows = log_prob.shape[1]
        expected = log_prob.sum(1).mean() / n_rows
        per_row = divergence / dataset_size
        return ELBOTerms(expected - kl_weight * per_row, expected, per_row)

    def kl_divergence(self, n_draws: int = 2) -> Tensor:
        """Divergence of the posterior from the prior, summed over all weights in doubt, in nats.

        Parameters
        ----------
        n_draws : int, default=2
            Draws to estimate it on, where the prior has no closed form.

        Returns
        -------
        Tensor of shape ()
        """
        return self._posterior_draws(n_draws)[1]

    def freeze(self) -> BayesianModule:
        """Call the module with the means of its weights from now on; returns itself."""
        self.is_frozen = True
        return self

    def unfreeze(self) -> BayesianModule:
        """Draw weights again; returns itself."""
        self.is_frozen = False
        return self

    @torch.no_grad()
    def predict(
        self, x: Inputs, n_draws: int = 100, generator: torch.Generator | None = None
    ) -> PredictiveMixture:
        """Predictive distribution of each row, as the estimators give it.

        Parameters
        ----------
        x : Tensor, tuple of Tensor or dict of str to Tensor
        n_draws : int, default=100
            Draws of the weights that are mixed; of a sampled posterior at most those that are kept.
        generator : torch.Generator, default=None
            On the CPU. None for PyTorch's global one.

        Returns
        -------
        PredictiveDistribution or ClassDistribution
        """
        inputs = self._as_inputs(x if isinstance(x, tuple) else (x,), {})
        vectors = self._posterior_draws(n_draws, generator)[0]
        network = self._placed_network()
        network.probe(inputs, vectors[:1, : network.n_weights])
        return predictive_mixture(network, self.likelihood, vectors, inputs)

    def _as_inputs(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The arguments of the module as one value."""
        if len(args) == 1 and not kwargs:
            (only,) = args
            if isinstance(only, Tensor):
                return only
            return NestedRows(dict(only) if isinstance(only, dict) else (only,))
        if not kwargs:
            return NestedRows(args)
        names = self._argument_names[: len(args)]
        return NestedRows({**dict(zip(names, args, strict=True)), **kwargs})

    def _draw(self, n_draws: int) -> Tensor:
        """Flat vectors ``[S, P]`` of a call: means of what is frozen."""
        n_draws = _at_least_one(n_draws)
        if self.is_frozen:
            return self._means().expand(n_draws, -1)
        return self._posterior_draws(n_draws)[0]

    def _few_at_a_time(self, n_draws: int, inputs: Any) -> Any:
        """As `forward`, of as many draws at a time as stay in the cache."""
        n_at_a_time = max(2, _CACHE_SIZE // self._network.n_weights // 2 * 2)
        if n_draws <= n_at_a_time or self.stored_draws is not None:
            return self._outputs(self._draw(n_draws), inputs)
        parts = [
            self._outputs(self._draw(min(n_at_a_time, n_draws - start)), inputs)
            for start in range(0, n_draws, n_at_a_time)
        ]
        return joined(parts, torch.cat)

    def _stick_the_landing(self, vectors: Tensor) -> Tensor:
        posterior = posterior_at(self._start(), self.posterior_state.detach())
        if not isinstance(posterior, MeanFieldNormal):
            raise ValueError(
                "kl='stick_the_landing' needs posterior='mean_field' without points. Got "
                f"posterior={self._family!r}."
            )
        normal = torch.distributions.Normal(posterior.mean, posterior.scale)
        log_posterior = normal.log_prob(vectors).sum(-1)
        return (log_posterior - self._whole_prior().log_prob(vectors)).mean()

    def _outputs(self, vectors: Tensor, inputs: Any) -> Any:
        """Whatever the module returns for each of ``vectors [S, P]``."""
        network = self._placed_network()
        weights = vectors[:, : network.n_weights]
        if self.training and self.gradient != "weights" and not self.is_frozen:
            outputs = self._noisy_outputs(network, weights, inputs)
        else:
            outputs = network.call(weights, inputs, is_training=self.training)
        if self.training:
            self.keep_module_state()
        return outputs

    def _noisy_outputs(self, network: ModuleNetwork, weights: Tensor, inputs: Any) -> Any:
        posterior = posterior_at(self._start(), self.posterior_state)
        assert isinstance(posterior, MeanFieldNormal)
        means = self._by_name(posterior.mean)
        scales = self._by_name(posterior.scale, is_difference=True)
        key = ("layers with noise",)
        if key not in self._cache:
            self._cache[key] = network.parameters_of(LAYERS)
        results = []
        for k in range(len(weights)):
            drawn = self._by_name(weights[k : k + 1])
            while True:
                names = self._cache[key]
                own = {**drawn, **{name: means[name] for name in names}}
                moments = {id(own[n]): Moments(own[n], scales[n]) for n in names}
                mode = LayerNoise(moments, NOISE[self.gradient])
                result = network.call_once(own, inputs, within=mode)
                unseen = {name for name in names if id(own[name]) not in mode.seen}
                if not unseen:
                    break
                # Something else than the layer has read it: it takes draws from now on.
                self._cache[key] = [name for name in names if name not in unseen]
            results.append(result)
        return joined(results, torch.stack)

    def _check_gradient(self) -> None:
        if self.gradient not in ("weights", *NOISE):
            raise ValueError(
                f"gradient must be one of {['weights', *NOISE]}. Got {self.gradient!r} instead."
            )
        if self.gradient != "weights" and not isinstance(self._start(), MeanFieldNormal):
            raise ValueError(
                f"gradient={self.gradient!r} needs posterior='mean_field' and no points. Got "
                f"posterior={self._family!r} with {self._network.n_points} points."
            )

    def _log_prob(
        self,
        vectors: Tensor,
        inputs: Any,
        y: Tensor,
        likelihood: Callable[[Tensor, Tensor], Tensor] | None,
    ) -> Tensor:
        """Log density of each row under each draw, ``[S, B]``."""
        outputs = self._outputs(vectors, inputs)
        if likelihood is not None:
            log_prob = likelihood(outputs, y)
            if log_prob.ndim != 2 or len(log_prob) != len(vectors):
                raise ValueError(
                    "likelihood must return log densities of shape (n_draws, n_rows) = "
                    f"({len(vectors)}, n_rows). It returned {tuple(log_prob.shape)}."
                )
            return log_prob
        n_targets, n_outputs = self.likelihood.n_targets, self.likelihood.n_outputs
        parameters = vectors[:, self._network.n_weights :]
        if n_outputs and isinstance(outputs, Tensor):
            if n_outputs == 1 and outputs.shape[1:] == y.shape:
                outputs = outputs.unsqueeze(-1)
            y = encoded_targets(self.likelihood, y, outputs)
            if y.shape == outputs.shape[1:-1] and n_targets == 1:
                y = y.unsqueeze(-1)
            expected = (*outputs.shape[1:-1], n_targets)
            if outputs.shape[-1] != n_outputs or y.shape != expected:
                raise ValueError(
                    f"The module must return {n_outputs} outputs and y have {n_targets} targets "
                    f"a row. Got outputs of shape {tuple(outputs.shape[1:])} and y of shape "
                    f"{tuple(y.shape)}."
                )
            n_draws, n_rows = outputs.shape[:2]
            flat = outputs.reshape(n_draws, -1, n_outputs)
            log_prob = self.likelihood.log_prob(flat, y.reshape(-1, n_targets), parameters)
            return log_prob.view(n_draws, n_rows, -1).sum(-1)
        return self.likelihood.log_prob(outputs, y, parameters)  # says what is missing


def _at_least_one(n_draws: int) -> int:
    if n_draws < 1:
        raise ValueError(f"n_draws must be at least 1. Got {n_draws!r} instead.")
    return n_draws
