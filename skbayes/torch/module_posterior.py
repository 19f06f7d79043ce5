"""A posterior over the weights of a module, as an `nn.Module` that saves and moves like any."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from skbayes.choice import resolve
from skbayes.inference import (
    POSTERIORS,
    PosteriorFamily,
    VariationalPosterior,
    posterior_at,
    start_of_family,
)
from skbayes.model import (
    PRIORS,
    BayesianModel,
    DistributionPrior,
    Likelihood,
    LocationScalePrior,
    NormalPrior,
    Prior,
    PriorFamily,
    weight_prior,
)
from skbayes.model.networks.module import ModuleNetwork
from skbayes.torch.draws import PosteriorDraws
from skbayes.torch.pretrained import Moped


class ModulePosterior(nn.Module):
    """Network, prior and posterior of a module; its free parameters are one `nn.Parameter`.

    What is saved, moved and copied with it are the free parameters, the prior's location and scale,
    and the buffers and fixed parameters of the module.

    Parameters
    ----------
    module : torch.nn.Module
        Copied: neither changed nor referred to.
    likelihood : Likelihood
    prior, prior_sigma, posterior, bayesian
        As of `BayesianModule`.
    """

    prior_loc: Tensor | None
    prior_scale: Tensor | None
    stored_draws: Tensor | None

    def __init__(
        self,
        module: nn.Module,
        likelihood: Likelihood,
        *,
        prior: str | PriorFamily | Moped | Distribution,
        prior_sigma: float | Sequence[float] | str | None,
        posterior: str | PosteriorFamily,
        bayesian: str | Sequence[str],
    ) -> None:
        super().__init__()
        if not isinstance(module, nn.Module):
            raise ValueError(f"module must be a torch.nn.Module. Got {module!r} instead.")
        self.likelihood = likelihood
        self._network = ModuleNetwork(module, likelihood.n_outputs, bayesian=bayesian)
        own = self._network.own_weights
        self._family: PosteriorFamily = _known("posterior", posterior, POSTERIORS, PosteriorFamily)
        self._prior_choice = prior
        self._prior_sigma = prior_sigma
        # What is built once for each device and precision.
        self._cache: dict[tuple[Any, ...], Any] = {}
        first_prior = self._first_prior(own)
        loc = scale = None
        if isinstance(first_prior, LocationScalePrior):
            loc, scale = first_prior.loc.clone(), first_prior.scale.clone()
        self.register_buffer("prior_loc", loc)
        self.register_buffer("prior_scale", scale)
        self.module_state = nn.Module()
        for name, value in self._network.state.items():
            self.module_state.register_buffer(_mangled(name), value.clone())
        self.register_buffer("stored_draws", None)
        self.posterior_state = nn.Parameter(self._start_at(own).state())

    @property
    def posterior(self) -> VariationalPosterior:
        """The posterior over the flat vector that training has reached."""
        return posterior_at(self._start(), self.posterior_state.detach())

    def named_means(self) -> dict[str, Tensor]:
        """Posterior mean of every parameter that is learned, by its name in the module."""
        return self._by_name(self.posterior.mean)

    def named_scales(self) -> dict[str, Tensor]:
        """Posterior standard deviation of every parameter that is learned; zero for a point."""
        return self._by_name(self.posterior.scale, is_difference=True)

    def mean_module(self) -> nn.Module:
        """A plain copy of the module with the means of the weights."""
        network = self._placed_network()
        module = network.plain_module().to(self.posterior_state)
        module.load_state_dict({**module.state_dict(), **network.state, **self.named_means()})
        return module.train(self.training)

    def model(self) -> BayesianModel:
        """Network, likelihood and prior as the trainer and the samplers see them."""
        return BayesianModel(self._placed_network(), self.likelihood, self._prior())

    def replace_posterior(self, posterior: VariationalPosterior) -> None:
        """Take over a posterior of the same family."""
        with torch.no_grad():
            self.posterior_state.copy_(posterior.state())

    def keep_module_state(self) -> None:
        """Keep what calls in training mode have changed in the buffers of the module."""
        for name, value in self._network.state.items():
            getattr(self.module_state, _mangled(name)).copy_(value)

    def extra_repr(self) -> str:
        network = self._network
        return (
            f"{network.n_weights - network.n_points} weights in doubt, {network.n_points} points, "
            f"posterior={self._family!r}, prior={self._prior_choice!r}"
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> ModulePosterior:
        other = self.__class__.__new__(self.__class__)
        memo[id(self)] = other
        other.__dict__.update(
            {
                name: {} if name == "_cache" else copy.deepcopy(value, memo)
                for name, value in self.__dict__.items()
            }
        )
        return other

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_cache": {}}

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any) -> None:
        draws = state_dict.get(f"{prefix}stored_draws")
        if draws is not None and self.stored_draws is None:  # of a sampled posterior
            self.stored_draws = torch.empty_like(draws, device=self.posterior_state.device)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def _first_prior(self, weights: Tensor) -> Prior:
        """The prior that the parameters describe."""
        choice, sigma, network = self._prior_choice, self._prior_sigma, self._network
        doubtful = weights[: network.n_weights - network.n_points]
        if isinstance(choice, (Moped, Distribution)):
            if sigma is not None:
                raise ValueError(
                    "prior_sigma is for a prior by name, and must be None for "
                    f"prior={choice!r}. Got prior_sigma={sigma!r} instead."
                )
            if isinstance(choice, Moped):
                return NormalPrior(*choice.about(doubtful))
            return DistributionPrior(choice, torch.zeros_like(doubtful))
        family: PriorFamily = _known("prior", choice, PRIORS, PriorFamily)
        if isinstance(sigma, str):
            if sigma != "auto" or not family.learns_scales:
                raise ValueError(
                    "prior_sigma must be a positive number, one for each layer, or, for the normal "
                    f"prior, 'auto'. Got prior_sigma={sigma!r} and prior={choice!r} instead."
                )
            return weight_prior(network, family, None, doubtful)
        sigmas = torch.as_tensor(1.0 if sigma is None else sigma, dtype=torch.float64)
        if not bool((sigmas > 0).all()):
            raise ValueError(f"prior_sigma must be positive. Got {sigma!r} instead.")
        return weight_prior(network, family, sigmas.numpy(), doubtful)

    def _prior(self) -> Prior:
        """The prior where the posterior is now, from what is saved with the module."""
        state = self.posterior_state
        loc, scale = self.prior_loc, self.prior_scale
        # Loading a state writes into the buffers.
        versions = None if loc is None or scale is None else (loc._version, scale._version)
        key = ("prior", state.device, state.dtype, versions)
        if key not in self._cache:
            if loc is None or scale is None:
                self._cache[key] = self._first_prior(self._network.own_weights.to(state))
            elif isinstance(self._prior_choice, Moped):
                self._cache[key] = NormalPrior(loc, scale)
            else:
                family: PriorFamily = _known("prior", self._prior_choice, PRIORS, PriorFamily)
                self._cache[key] = family.at(loc, scale)
        prior: Prior = self._cache[key]
        return prior

    def _whole_prior(self) -> Prior:
        """The prior over the whole vector, points and likelihood included."""
        of_weights = self._prior()
        known = self._cache.get(("whole prior",))
        if known is None or known[0] is not of_weights:
            whole = BayesianModel(self._network, self.likelihood, of_weights).prior
            self._cache[("whole prior",)] = known = (of_weights, whole)
        prior: Prior = known[1]
        return prior

    def _start_at(self, weights: Tensor) -> VariationalPosterior:
        model = BayesianModel(self._network, self.likelihood, self._first_prior(weights))
        return start_of_family(self._family, model, 1, torch.Generator().manual_seed(0))

    def _start(self) -> VariationalPosterior:
        """A posterior of the family, on the device and of the precision of the module."""
        state = self.posterior_state
        key = ("start", state.device, state.dtype)
        if key not in self._cache:
            self._cache[key] = self._start_at(self._network.own_weights.to(state))
        start: VariationalPosterior = self._cache[key]
        return start

    def _placed_network(self) -> ModuleNetwork:
        self._network.state = {
            name: getattr(self.module_state, _mangled(name)) for name in self._network.state
        }
        return self._network

    def _posterior_draws(
        self, n_draws: int, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Draws ``[S, P]`` and the divergence."""
        if self.stored_draws is not None:
            n_kept = len(self.stored_draws)
            order = torch.randperm(n_kept, generator=generator)
            index = order[torch.arange(min(n_draws, n_kept))]
            return self.stored_draws[index.to(self.stored_draws.device)], torch.tensor(torch.nan)
        prior = self._whole_prior()
        vectors, divergence = PosteriorDraws.apply(
            self.posterior_state, self._start(), prior, n_draws, generator
        )
        if not self._has_closed_form(prior):
            divergence = divergence - prior.log_prob(vectors).mean()
        return vectors, divergence

    def _has_closed_form(self, prior: Prior) -> bool:
        start = self._start()
        key = ("closed form", self.posterior_state.device, self.posterior_state.dtype)
        if key not in self._cache:
            state = start.state()
            parameterisation = start.parameterise(state, torch.zeros_like(state), 1)
            draws = state.new_empty(1, 1, prior.loc.shape[-1])
            parameterisation.draw(torch.Generator().manual_seed(0), draws)
            self._cache[key] = parameterisation.cross_entropy(prior) is not None
        return bool(self._cache[key])

    def _means(self) -> Tensor:
        """Means of the flat vector, ``[1, P]``, that autograd can follow."""
        if self.stored_draws is not None:
            return self.stored_draws.mean(0, keepdim=True)
        return posterior_at(self._start(), self.posterior_state).mean

    def _by_name(self, vector: Tensor, *, is_difference: bool = False) -> dict[str, Tensor]:
        """Parameters by name from ``vector [1, P]``."""
        weights = vector[:, : self._network.n_weights]
        named = self._network.by_name(weights, is_difference=is_difference)
        return {name: value[0] for name, value in named.items()}


def _known(name: str, choice: Any, table: dict[str, Any], kind: type) -> Any:
    """The choice that a value stands for."""
    if isinstance(choice, kind) or (isinstance(choice, str) and choice in table):
        return resolve(choice, table)
    raise ValueError(
        f"{name} must be one of {sorted(table)} or an instance of a class of skbayes.{name}s. "
        f"Got {choice!r} instead."
    )


def _mangled(name: str) -> str:
    """Names of buffers may have no dots."""
    return name.replace(".", "/")
