"""What the samplers share: the transition of a set of chains."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor


class Transition(NamedTuple):
    """What happened to each of ``C`` chains in one transition."""

    energy_error: Tensor  # [C], nats; infinite where it was not finite
    is_reverted: Tensor  # [C] bool: the chain stayed where it was
    step_size_signal: Tensor  # [C]: positive where a longer step is in order, of the order of 1


class Kernel(Protocol):
    """Moves ``C`` chains, in place, by one transition of a Markov chain."""

    def transition(self, step_size: Tensor) -> Transition:
        """Move every chain; ``step_size [C, 1]`` is in units of the preconditioner."""

    def tune(self) -> None:
        """Tune what else there is, once after each transition of the warm-up."""


def choose(condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    """``yes`` for the chains where `condition` ``[C]`` holds, else ``no``; both ``[C, ...]``."""
    return torch.where(condition if yes.ndim == 1 else condition.unsqueeze(-1), yes, no)
