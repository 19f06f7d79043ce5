"""Hamiltonian Monte Carlo for a batch of chains."""

from __future__ import annotations

from dataclasses import dataclass

from skbayes.docstrings import with_texts
from skbayes.inference.sampling.base import SAMPLER_PARAMETERS, Sampler, Transition, choose
from skbayes.inference.sampling.log_posterior import LogPosterior
from skbayes.lazy_torch import Tensor, torch

# Acceptance rate that the step size is tuned to (Betancourt et al. 2014: 0.6 to 0.9).
_TARGET_ACCEPTANCE = 0.8
# An energy error beyond this many nats is a divergence (as in Stan); it is rejected all the same.
_DIVERGENT_ERROR = 1000.0
_MAX_LEAPFROG_STEPS = 32


class HamiltonianMonteCarlo:
    r"""Hamiltonian Monte Carlo with leapfrog trajectories (Neal 2011, section 5.3.2).

    The Metropolis test makes the posterior exactly invariant whatever the step size. The number
    of leapfrog steps of a transition is drawn uniformly from 1 to `max_leapfrog_steps`, the same
    for all chains, so that no trajectory length fits a period of the posterior.

    Parameters
    ----------
    log_posterior : LogPosterior
    vectors : Tensor of shape (C, P)
        The chains; moved in place, and read by `log_posterior`.
    scale : Tensor of shape (C, P)
        Preconditioner: the inverse square root of the mass of each entry.
    generator : torch.Generator
        Source of momenta, trajectory lengths and acceptances.
    max_leapfrog_steps : int
        Largest number of gradients of a transition.
    """

    def __init__(
        self,
        log_posterior: LogPosterior,
        vectors: Tensor,
        scale: Tensor,
        generator: torch.Generator,
        *,
        max_leapfrog_steps: int,
    ) -> None:
        self._log_posterior = log_posterior
        self._vectors = vectors
        self._scale = scale
        self._generator = generator
        self._max_leapfrog_steps = max_leapfrog_steps
        self._log_prob, self._gradient = log_posterior()

    def transition(self, step_size: Tensor) -> Transition:
        """Move every chain along one trajectory with steps of ``step_size [C, 1]``."""
        before = self._vectors.clone()
        noise = torch.empty(self._vectors.shape).normal_(generator=self._generator)
        momentum = noise.to(self._vectors)
        n_steps = int(torch.randint(1, self._max_leapfrog_steps + 1, (), generator=self._generator))
        kinetic = 0.5 * momentum.square().sum(-1)
        stride = step_size * self._scale
        log_prob, gradient = self._log_prob, self._gradient
        momentum += 0.5 * stride * gradient
        for step in range(1, n_steps + 1):
            self._vectors.addcmul_(momentum, stride)
            log_prob, gradient = self._log_posterior()
            momentum.addcmul_(gradient, stride, value=1.0 if step < n_steps else 0.5)
        kinetic_after = 0.5 * momentum.square().sum(-1)

        energy_error = kinetic_after - kinetic - (log_prob - self._log_prob)
        energy_error = energy_error.nan_to_num(torch.inf, torch.inf, -torch.inf)
        acceptance = _acceptance(energy_error)
        uniform = torch.rand(len(acceptance), generator=self._generator).to(acceptance)
        is_rejected = uniform >= acceptance
        self._vectors.copy_(choose(is_rejected, before, self._vectors))
        self._log_prob = choose(is_rejected, self._log_prob, log_prob)
        self._gradient = choose(is_rejected, self._gradient, gradient)
        return Transition(energy_error, energy_error > _DIVERGENT_ERROR)

    def tune(self, transition: Transition) -> Tensor:
        """Nothing but the step size is tuned, by the probability of acceptance."""
        return _acceptance(transition.energy_error) - _TARGET_ACCEPTANCE


def _acceptance(energy_error: Tensor) -> Tensor:
    """Probability of acceptance, ``[C]``."""
    return torch.exp(-energy_error).clamp_max(1.0)


@with_texts(sampler_parameters=SAMPLER_PARAMETERS)
@dataclass(repr=False, eq=False)
class HMC(Sampler):
    """Hamiltonian Monte Carlo, the same as ``inference="hmc"``.

    Exact up to Monte Carlo error: a reference for small problems [1]_. Every gradient sees all
    rows, since a Metropolis test needs the whole likelihood.

    Parameters
    ----------
    n_warmup : int, default=300
        Trajectories of each chain that tune the step size and are discarded; 1 to 32 gradients
        each.

    thin : int, default=2
        Trajectories per stored draw.

    {sampler_parameters}

    References
    ----------
    .. [1] R. M. Neal. "MCMC using Hamiltonian dynamics", Handbook of Markov Chain Monte Carlo,
       2011.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.samplers import HMC
    >>> BayesianMLPRegressor((4,), inference=HMC(n_samples=200))
    BayesianMLPRegressor(hidden_layer_sizes=(4,), inference=HMC(n_samples=200))
    """

    name = "hmc"
    is_exact = True

    n_warmup: int = 300
    thin: int = 2

    def rows_per_gradient(self, n_rows: int) -> int:
        return n_rows

    def kernel(
        self,
        log_posterior: LogPosterior,
        vectors: Tensor,
        scale: Tensor,
        generator: torch.Generator,
    ) -> HamiltonianMonteCarlo:
        return HamiltonianMonteCarlo(
            log_posterior, vectors, scale, generator, max_leapfrog_steps=_MAX_LEAPFROG_STEPS
        )
