"""How far the momentum of microcanonical dynamics should travel before it is forgotten."""

from __future__ import annotations

from skbayes.lazy_torch import Tensor, torch

_FIRST_WINDOW = 100
# In units of the posterior's width. Robnik et al. (2023, section 4) find a factor near 1 best for
# normal distributions; the curved valleys of a network's posterior reward persistence, and
# 4 gave the best predictions for the same number of gradients, at little loss where 1 is best.
_LENGTH_FACTOR = 4.0


class DecoherenceLength:
    """Length ``L`` proportional to the root of the total variance within chains.

    The variance is that of the preconditioned entries within windows of the warm-up that double
    in length, so that the early descent is forgotten (Robnik & Seljak 2024, section 3), and
    the mean over the chains, which sees more than one chain does.

    Parameters
    ----------
    scale : Tensor of shape (C, P)
        Preconditioner.
    """

    def __init__(self, scale: Tensor) -> None:
        self._scale = scale.clamp_min(torch.finfo(scale.dtype).tiny)  # points do not move
        self._window = _FIRST_WINDOW
        self._restart()

    def _restart(self) -> None:
        self._sum = torch.zeros_like(self._scale)
        self._sum_of_squares = torch.zeros_like(self._scale)
        self._n_seen = 0

    def update(self, vectors: Tensor) -> Tensor | None:
        """See the chains once more; the new length ``[]`` at the end of a window, else None."""
        # About the first vectors of the window: squares of small differences keep their digits.
        if self._n_seen == 0:
            self._origin = vectors.clone()
        deviation = (vectors - self._origin) / self._scale
        self._sum += deviation
        self._sum_of_squares.addcmul_(deviation, deviation)
        self._n_seen += 1
        if self._n_seen < self._window:
            return None
        mean = self._sum / self._n_seen
        variance = (self._sum_of_squares / self._n_seen - mean.square()).sum(-1).mean()
        self._window *= 2
        self._restart()
        return _LENGTH_FACTOR * variance.clamp_min(1e-12).sqrt()
