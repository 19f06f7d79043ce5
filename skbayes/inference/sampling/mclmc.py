"""Microcanonical Langevin Monte Carlo for a batch of chains."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple

from skbayes.choice import Interval
from skbayes.docstrings import with_texts
from skbayes.inference.sampling.base import SAMPLER_PARAMETERS, Sampler, Transition, choose
from skbayes.inference.sampling.decoherence import DecoherenceLength
from skbayes.inference.sampling.log_posterior import LogPosterior
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import Data, Recording

# A step whose energy error is this many times the intended standard deviation is not a rare
# fluctuation: the integrator has broken down there.
_REVERT_AT = 20.0
# Mean of the logarithm of a chi-square variable with one degree of freedom: -gamma - log 2.
_MEAN_LOG_CHI_SQUARE = -1.2703628454614782
# The energy error of a leapfrog step grows with the sixth power of the step size in variance.
_ENERGY_VARIANCE_ORDER = 6.0
# A chain that had to turn around takes shorter steps for a while, lest it be caught where the
# posterior is narrower than its step size.
_CAUTION_AFTER_REVERT = 0.5
_CAUTION_RECOVERY = 1.02
# exp(20): nothing is left of the direction.
_LONG_PATH = 20.0
# exp(40): momenta that turn so far point where the gradient does, and single precision holds it.
_LARGEST_ANGLE = 40.0
_SIGNAL_RANGE = (-1.0, 0.5)


class _Pull(NamedTuple):
    """What turns the momenta: gradients in units of the preconditioner."""

    direction: Tensor  # [C, P], of length 1
    strength: Tensor  # [C, 1]


class MicrocanonicalLangevin:
    r"""Unadjusted microcanonical Langevin dynamics (MCLMC; Robnik & Seljak 2024).

    The momentum ``u`` is a unit vector that the gradient turns towards higher density; the
    flow leaves the posterior invariant at constant energy (Robnik et al. 2023, eq. 5). One
    transition is a leapfrog step with one gradient, followed by a partial refreshment of the
    momentum. No Metropolis test is made: the step size, tuned to a small error of the energy,
    bounds the bias instead. Transitions with a non-finite or very large energy error are reverted:
    the chain stays, turns around,
    and goes on with shorter steps for a while.

    Parameters
    ----------
    log_posterior : LogPosterior
    vectors : Tensor of shape (C, P)
        The chains; moved in place, and read by `log_posterior`.
    scale : Tensor of shape (C, P)
        Preconditioner: lengths in which the posterior has about the same width in every entry.
    generator : torch.Generator
        Source of the momenta.
    energy_variance : float
        Variance of the energy error per entry and step that the step size is tuned to.

    References
    ----------
    J. Robnik, G. B. De Luca, E. Silverstein, U. Seljak. "Microcanonical Hamiltonian Monte
    Carlo", Journal of Machine Learning Research 24, 2023.

    J. Robnik, U. Seljak. "Fluctuation without dissipation: microcanonical Langevin Monte
    Carlo", Symposium on Advances in Approximate Bayesian Inference, 2024.
    """

    def __init__(
        self,
        log_posterior: LogPosterior,
        vectors: Tensor,
        scale: Tensor,
        generator: torch.Generator,
        *,
        energy_variance: float,
    ) -> None:
        self._log_posterior = log_posterior
        self._vectors = vectors
        self._scale = scale
        self._generator = generator
        n_entries = vectors.shape[1]
        self._n_minus_1 = max(n_entries - 1, 1)
        self._target_variance = energy_variance * n_entries
        self._revert_at = _REVERT_AT * math.sqrt(self._target_variance)
        self._length_tuning = DecoherenceLength(scale)
        # Until the first estimate, as for a normal posterior as wide as the preconditioner says.
        self._length = torch.tensor(math.sqrt(n_entries)).to(vectors)
        self._momentum = _unit(self._normals())
        self._caution = torch.ones_like(vectors[:, :1])
        self._none_reverted = torch.zeros_like(vectors[:, 0], dtype=torch.bool)
        self._recording = Recording(log_posterior.model)
        self._log_prob, self._pull = self._evaluate(log_posterior.rows)
        log_posterior.n_evaluations += 1

    def transition(self, step_size: Tensor) -> Transition:
        """Move every chain by one step of ``step_size [C, 1]``, in units of the preconditioner."""
        log_posterior = self._log_posterior
        if log_posterior.is_stochastic:
            log_posterior.next_batch()
        before = self._vectors.clone()
        step_size = step_size * self._caution
        log_prob, direction, strength, momentum, energy_error = self._recording(
            self._leap,
            log_posterior.rows,
            (before, self._momentum, self._log_prob, *self._pull, step_size),
        )
        pull = _Pull(direction, strength)
        log_posterior.n_evaluations += 2 if log_posterior.is_stochastic else 1
        is_reverted = self._none_reverted
        # One look at all chains; a NaN is not small either.
        if not bool(torch.linalg.vector_norm(energy_error, math.inf) < self._revert_at):
            is_reverted = ~(energy_error.abs() < self._revert_at)
            self._vectors.copy_(choose(is_reverted, before, self._vectors))
            log_prob = choose(is_reverted, self._log_prob, log_prob)
            pairs = zip(self._pull, pull, strict=True)
            pull = _Pull(*(choose(is_reverted, *pair) for pair in pairs))
            momentum = choose(is_reverted, -self._momentum, momentum)
            energy_error = choose(
                energy_error.isfinite(), energy_error, torch.full_like(energy_error, math.inf)
            )
            self._caution[is_reverted] *= _CAUTION_AFTER_REVERT
        self._caution = (self._caution * _CAUTION_RECOVERY).clamp_max_(1.0)
        self._log_prob, self._pull = log_prob, pull
        # Robnik & Seljak 2024, eq. 9: direction forgotten after a path of the length L.
        path = (2 * step_size / self._length).clamp_max_(_LONG_PATH)
        self._momentum = _unit(momentum.addcmul_(self._normals(), path.expm1_().sqrt_()))
        return Transition(energy_error, is_reverted)

    def tune(self, transition: Transition) -> Tensor:
        """Learn the decoherence length from where the chains are.

        Returns how far the step size is from its target, on the log scale, by this one energy
        error. The logarithm makes it robust: a single large error, such as at the kink of a relu,
        counts no more than a moderate one.
        """
        length = self._length_tuning.update(self._vectors)
        if length is not None:
            self._length = length
        log_ratio = torch.log(transition.energy_error.square() / self._target_variance + 1e-30)
        signal = (_MEAN_LOG_CHI_SQUARE - log_ratio) / _ENERGY_VARIANCE_ORDER
        return signal.clamp_(*_SIGNAL_RANGE)

    def _leap(self, rows: Data, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """A leapfrog step from where `given` says: a function of that, to be recorded.

        Returns log density, pull and momenta at its end, where it leaves the chains, and its
        energy error.
        """
        before, momentum, log_prob_before, direction, strength, step_size = given
        pull = _Pull(direction, strength)
        if self._log_posterior.is_stochastic:
            # Both ends of a step see the same rows, so that its energy error means something.
            self._vectors.copy_(before)
            log_prob_before, pull = self._evaluate(rows)
        half_step = step_size * (0.5 / self._n_minus_1)
        momentum, growth = _turn(momentum, pull, half_step)
        torch.addcmul(before, momentum * step_size, self._scale, out=self._vectors)
        log_prob, pull = self._evaluate(rows)
        momentum, growth_after = _turn(momentum, pull, half_step)
        # The kinetic energy is (P - 1) times the logarithm of the velocity.
        grown = torch.log(growth * growth_after).squeeze(-1)
        energy_error = torch.add(log_prob_before - log_prob, grown, alpha=self._n_minus_1)
        return log_prob, *pull, momentum, energy_error

    def _evaluate(self, rows: Data) -> tuple[Tensor, _Pull]:
        """Log density where the chains are, and what pulls at them there."""
        log_prob, gradient = self._log_posterior.evaluate(rows)
        direction = gradient * self._scale
        strength = torch.linalg.vector_norm(direction, dim=-1, keepdim=True).clamp_min_(1e-30)
        return log_prob, _Pull(direction.div_(strength), strength)

    def _normals(self) -> Tensor:
        """Noise of about the length 1."""
        n_chains, n_entries = self._vectors.shape
        noise = torch.empty(n_chains, n_entries)
        return noise.normal_(0.0, n_entries**-0.5, generator=self._generator).to(self._vectors)


def _turn(momentum: Tensor, pull: _Pull, time: Tensor) -> tuple[Tensor, Tensor]:
    """Turn momenta ``[C, P]`` for a time ``[C, 1]``, in units of ``P - 1``; also by what the
    velocity grows, ``[C, 1]``.

    Exact solution for a constant gradient (Robnik et al. 2023, appendix).
    """
    angle = (pull.strength * time).clamp_max_(_LARGEST_ANGLE)
    sinh, cosh = torch.sinh(angle), torch.cosh(angle)
    along = (momentum * pull.direction).sum(-1, keepdim=True)
    growth = torch.addcmul(cosh, along, sinh)
    shift = torch.addcmul(sinh, along, cosh.sub_(1.0))
    return torch.addcmul(momentum, pull.direction, shift).div_(growth), growth


def _unit(vectors: Tensor) -> Tensor:
    """The directions of vectors, in their memory."""
    return vectors.div_(torch.linalg.vector_norm(vectors, dim=-1, keepdim=True))


@with_texts(sampler_parameters=SAMPLER_PARAMETERS)
@dataclass(repr=False, eq=False)
class MCLMC(Sampler):
    """Microcanonical Langevin chains, the same as ``inference="mclmc"``.

    The method is that of [1]_ and [2]_. Chains start from a short variational fit: better
    predictions for ten times its cost.

    Parameters
    ----------
    n_warmup : int, default=1500
        Steps of each chain that tune the step size and are discarded; one gradient each.

    thin : int, default=50
        Steps per stored draw.

    batch_size : int, default=10000
        Rows per gradient; all of them where the table has no more. With fewer the draws are from
        a wider distribution than the posterior (``docs/sampling.md``).

    energy_variance : float, default=5e-4
        Variance of the energy error of a step that its length is tuned to, per weight, in squared
        nats; the default is that of [1]_. There is no Metropolis test: a larger value takes the
        chains further, and widens the distribution that they sample, the more the fewer of the
        weights the rows say something of. ``inference="auto"`` takes 2e-4 up to 100 rows, and from
        there on more, up to 5e-3 from 500.

    {sampler_parameters}

    References
    ----------
    .. [1] J. Robnik, G. B. De Luca, E. Silverstein, U. Seljak. "Microcanonical Hamiltonian Monte
       Carlo", Journal of Machine Learning Research 24, 2023.
    .. [2] J. Robnik, U. Seljak. "Fluctuation without dissipation: microcanonical Langevin Monte
       Carlo", Symposium on Advances in Approximate Bayesian Inference, 2024.

    Examples
    --------
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.samplers import MCLMC
    >>> BayesianMLPRegressor(inference=MCLMC(n_chains=16)).get_params()["inference__n_chains"]
    16
    """

    name = "mclmc"
    # A chain that turns around has lost a step, and takes shorter ones for a while.
    harmless_reverted = 0.05

    batch_size: int = 10_000
    energy_variance: float = 5e-4

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Sampler._parameter_constraints,
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "energy_variance": [Interval(Real, 0, None, closed="neither")],
    }

    def rows_per_gradient(self, n_rows: int) -> int:
        return min(int(self.batch_size), n_rows)

    def kernel(
        self,
        log_posterior: LogPosterior,
        vectors: Tensor,
        scale: Tensor,
        generator: torch.Generator,
    ) -> MicrocanonicalLangevin:
        return MicrocanonicalLangevin(
            log_posterior, vectors, scale, generator, energy_variance=float(self.energy_variance)
        )
