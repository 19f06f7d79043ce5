"""What every prior offers: a log density, its gradient and, where it exists, a cross-entropy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from skbayes.choice import Choice
from skbayes.lazy_torch import Tensor
from skbayes.model.networks import Network


class LogProbGradient(NamedTuple):
    """Log density of vectors and its gradient."""

    log_prob: Tensor  # [...], nats
    gradient: Tensor  # [..., P]


class CrossEntropy(NamedTuple):
    """``E_q[-log p(w)]`` and its gradients with respect to the marginals of ``q``."""

    value: Tensor  # [M], nats
    mean: Tensor  # [M, P]
    log_scale: Tensor  # [M, P]


class Prior(ABC):
    """A distribution over the flat vector, or over a stretch of it.

    Attributes
    ----------
    loc : Tensor of shape (P,) or (M, P)
        Its centre.
    reads_moments_alone : bool
        Whether `cross_entropy` holds for marginals of any form that have these moments.
    can_be_recorded : bool
        Whether its computations are the same operations every time, and wait for no value, so that
        a GPU may repeat them from a recording.
    """

    loc: Tensor
    reads_moments_alone: bool = False
    can_be_recorded: bool = True

    @abstractmethod
    def log_prob(self, vectors: Tensor) -> Tensor:
        """Log density ``[...]`` of ``vectors [..., P]``, in nats.

        A prior that differs between ``M`` models takes ``vectors [..., M, P]``.
        """

    @abstractmethod
    def log_prob_gradient(self, vectors: Tensor) -> LogProbGradient:
        """Log density and its gradient ``[..., P]`` with respect to ``vectors [..., P]``."""

    def cross_entropy(self, mean: Tensor, scale: Tensor) -> CrossEntropy | None:
        """``E_q[-log p(w)]`` for a ``q`` with normal marginals, or None without a closed form.

        With the entropy of ``q`` taken off it is ``KL(q || p)``. Correlations under ``q`` do not
        enter: the log densities that have a closed form here are sums over entries, or
        functions of the entries' second moments.

        Parameters
        ----------
        mean, scale : Tensor of shape (M, P)
            Marginal means and standard deviations. A scale of zero is a point: the value is
            then ``-log p(mean)``.
        """
        return None


class LocationScalePrior(Prior):
    """Independent entries, each with a density of one family about `loc` at `scale`.

    Parameters
    ----------
    loc, scale : Tensor of shape (P,) or (M, P)
        Centres and scales. With a model axis, each of ``M`` models has a prior of its own.
    """

    def __init__(self, loc: Tensor, scale: Tensor) -> None:
        self.loc = loc
        self.scale = scale


class PriorFamily(Choice):
    """A family of priors with its parameters: a value of the estimators' `prior`."""

    @abstractmethod
    def at(self, loc: Tensor, scale: Tensor) -> LocationScalePrior:
        """The prior of this family about `loc` at `scale`, each ``[P]`` or ``[M, P]``."""

    @property
    def learns_scales(self) -> bool:
        """Whether there is `with_learned_scales`."""
        return False

    def with_learned_scales(
        self, network: Network, fan_in: Tensor, n_noise_outputs: int = 0
    ) -> Prior:
        """The prior of this family whose scales are learned, over the weights of `network`.

        Parameters
        ----------
        network : Network
        fan_in : Tensor of shape (P,)
            1 for a bias.
        n_noise_outputs : int, default=0
            Outputs that say how large the noise is, the last ones: with scales of their own.
        """
        raise NotImplementedError
