"""When training warms up, has converged, slows down and stops."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

#: Steps between two looks at the bound: reading a tensor at every step would cost as much as the
#: step.
STEPS_PER_CHECK = 50

# Share of all steps, at the end, in which the learning rate falls to zero.
_DECAY_SHARE = 1 / 3


@dataclass
class Schedule:
    """Learning rate and KL factor of each step.

    The KL factor rises linearly from 0 to 1. The learning rate is constant until the bound
    has stopped rising, or until the last third of `max_iter` begins, and then falls
    to zero along half a cosine (Loshchilov & Hutter 2017, eq. 5), so that the last
    steps average the noise out.

    Parameters
    ----------
    max_iter : int
        Most steps to take.
    learning_rate : float
        Before the decay.
    kl_warmup : float
        Share of `max_iter` over which the KL factor rises.
    tol : float
        Gain of the bound per row over `n_iter_no_change` steps, in nats, under which
        training has converged.
    n_iter_no_change : int
        Steps in each of the two windows whose means are compared, at least. The windows grow
        to a third of the steps since the warm-up, so that the noise of minibatches is not
        taken for convergence: the gain plus its standard error must be below `tol`.

    Attributes
    ----------
    converged : bool
        Whether the bound stopped rising before the decay had to begin.
    n_warmup_steps : int
        Steps over which the KL factor rises.
    n_steps : int
        Steps that are now expected in all.
    """

    max_iter: int
    learning_rate: float
    kl_warmup: float
    tol: float
    n_iter_no_change: int
    converged: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.n_warmup_steps = math.ceil(self.kl_warmup * self.max_iter)
        self._decay_start = math.ceil((1 - _DECAY_SHARE) * self.max_iter)
        self.n_steps = self.max_iter

    def kl_factor(self, step: int) -> float:
        """Factor on the KL divergence at `step`, counted from 0."""
        return 1.0 if step >= self.n_warmup_steps else step / self.n_warmup_steps

    def learning_rate_at(self, step: int) -> float:
        """Learning rate at `step`, counted from 0; zero when all steps are taken."""
        if step < self._decay_start:
            return self.learning_rate
        if step >= self.n_steps:
            return 0.0
        progress = (step - self._decay_start) / (self.n_steps - self._decay_start)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))

    def update(self, bounds: NDArray[np.float64]) -> None:
        """Begin the decay if the bound has stopped rising.

        Parameters
        ----------
        bounds : ndarray of shape (n_steps_so_far, n_models)
            Bound per row of each step, in nats.
        """
        step = len(bounds)
        if self.converged or step >= self._decay_start:
            return
        window = max(self.n_iter_no_change, (step - self.n_warmup_steps) // 3)
        if step < self.n_warmup_steps + 2 * window:
            return
        before, after = bounds[-2 * window : -window], bounds[-window:]
        gain = after.mean(0) - before.mean(0)
        standard_error = np.sqrt((before.var(0) + after.var(0)) / window)
        # Both in nats per `n_iter_no_change` steps, however long the windows have grown.
        rate_bound = (gain + standard_error) * (self.n_iter_no_change / window)
        if np.all(rate_bound < self.tol):
            self.converged = True
            self._decay_start = step
            self.n_steps = math.ceil(step / (1 - _DECAY_SHARE))
