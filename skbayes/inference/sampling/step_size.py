"""Tuning the step size of every chain during warm-up."""

from __future__ import annotations

from skbayes.lazy_torch import Tensor, torch

# Gain of the recursion at step t: (t + 1)^-0.6, as stochastic approximation needs, but not below
# a floor, since the chains still move towards the bulk of the posterior.
_GAIN_EXPONENT = -0.6
_GAIN_FLOOR = 0.02


class StepSizeTuning:
    """Robbins-Monro recursion on the logarithm of the step sizes (Robbins & Monro 1951).

    Parameters
    ----------
    step_size : Tensor of shape (C, 1)
        To start from.
    n_steps : int
        Length of the warm-up; the step size that is kept is the geometric mean over its second
        half.

    Attributes
    ----------
    step_size : Tensor of shape (C, 1)
        To use now.
    """

    def __init__(self, step_size: Tensor, n_steps: int) -> None:
        self.step_size = step_size
        self._log = step_size.log()
        self._sum = torch.zeros_like(step_size)
        self._n_averaged = 0
        self._average_from = n_steps // 2
        self._n_updates = 0

    def update(self, signal: Tensor) -> None:
        """Lengthen the steps where ``signal [C]`` is positive, shorten them where negative."""
        self._n_updates += 1
        gain = max(_GAIN_FLOOR, self._n_updates**_GAIN_EXPONENT)
        self._log = self._log + gain * signal.unsqueeze(-1)
        self.step_size = self._log.exp()
        if self._n_updates > self._average_from:
            self._sum += self._log
            self._n_averaged += 1

    def finish(self) -> Tensor:
        """Step sizes ``[C, 1]`` to keep."""
        return (self._sum / max(self._n_averaged, 1)).exp() if self._n_averaged else self.step_size
