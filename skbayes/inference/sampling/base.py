"""What the samplers share: their parameters, and the transition of a set of chains."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple, Protocol

from skbayes.choice import Choice, Interval, StrOptions
from skbayes.inference.divergence_weight import CANDIDATES
from skbayes.inference.sampling.log_posterior import LogPosterior
from skbayes.inference.variational import Variational
from skbayes.lazy_torch import Tensor, torch

# Bayes' rule comes first. At 0.03 digits are predicted better than at 0.1; and where a cold
# posterior loses it loses more, so that held-out rows are the surer to say so.
_AUTO_KL_WEIGHTS = (1.0, 0.03)

SAMPLER_PARAMETERS = """
n_chains : int, default=8
    Number of chains, run as one batch.

n_samples : int, default=100
    Draws that each chain stores, of which the estimator keeps `n_posterior_samples` in all.

kl_weight : float or "auto", default=1.0
    1 is Bayes' rule. Chains sample the likelihood to the power ``1 / kl_weight`` times the prior:
    a smaller value trusts the data more than the model warrants ("cold posterior"). "auto" is 1,
    or 0.03 where short chains on four fifths of the rows predict the others better so, by three
    standard errors of the mean log density. With fewer than 500 rows, or where the starting
    fit predicts best at the full weight, it is 1.

start : Variational, default=None
    The fit that chains start from. None for a ``Variational`` whose weight of the divergence is
    `kl_weight` times 1, 0.3 or 0.1, whichever predicts a fifth of the rows best from the others
    (compared at the weight 1 where `kl_weight` is "auto").
"""


class Transition(NamedTuple):
    """What happened to each of ``C`` chains in one transition."""

    energy_error: Tensor  # [C], nats; infinite where it was not finite
    is_reverted: Tensor  # [C] bool: the chain stayed where it was


class Kernel(Protocol):
    """Moves ``C`` chains, in place, by one transition of a Markov chain."""

    def transition(self, step_size: Tensor) -> Transition:
        """Move every chain; ``step_size [C, 1]`` is in units of the preconditioner."""

    def tune(self, transition: Transition) -> Tensor:
        """Learn from a transition of the warm-up, right after it.

        Returns
        -------
        Tensor of shape (C,)
            Positive where a longer step is in order, of the order of 1.
        """


def choose(condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    """``yes`` for the chains where `condition` ``[C]`` holds, else ``no``; both ``[C, ...]``."""
    return torch.where(condition if yes.ndim == 1 else condition.unsqueeze(-1), yes, no)


@dataclass(repr=False, eq=False)
class Sampler(Choice):
    """A way to draw from the posterior itself, with chains: a value of `inference`.

    Attributes
    ----------
    is_exact : bool
        Whether its only error is Monte Carlo error, which rounding should not add to.
    harmless_reverted : float
        Share of transitions that may be reverted or diverge without a word to the user.
    """

    is_exact: ClassVar[bool] = False
    harmless_reverted: ClassVar[float] = 0.01

    n_chains: int = 8
    n_warmup: int = 1500
    n_samples: int = 100
    thin: int = 50
    kl_weight: float | str = 1.0
    start: Variational | None = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_chains": [Interval(Integral, 1, None, closed="left")],
        "n_warmup": [Interval(Integral, 1, None, closed="left")],
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "thin": [Interval(Integral, 1, None, closed="left")],
        # There is no posterior without a prior.
        "kl_weight": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "start": [Variational, None],
    }

    @abstractmethod
    def rows_per_gradient(self, n_rows: int) -> int:
        """How many of `n_rows` rows a gradient sees."""

    @abstractmethod
    def kernel(
        self,
        log_posterior: LogPosterior,
        vectors: Tensor,
        scale: Tensor,
        generator: torch.Generator,
    ) -> Kernel:
        """What moves the chains ``vectors [C, P]``, preconditioned by ``scale [C, P]``."""

    def starting_fit(self) -> Variational:
        """The variational fit that chains start from."""
        if self.start is not None:
            return self.start
        return Variational(kl_weight=max(self.kl_weights()))

    def kl_weights(self) -> tuple[float, ...]:
        """Weights to choose from: the given one alone, unless it is "auto"."""
        return _AUTO_KL_WEIGHTS if self.kl_weight == "auto" else (float(self.kl_weight),)

    def start_weights(self) -> tuple[float, ...]:
        """Weights of the divergence that the starting fit may have, of chains at full weight."""
        if self.start is not None:
            return self.start.kl_weights()
        return tuple(max(self.kl_weights()) * weight for weight in CANDIDATES)
