"""Priors side by side."""

from __future__ import annotations

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.priors.base import CrossEntropy, LogProbGradient, Prior
from skbayes.model.priors.normal import NormalPrior


def concatenated(*parts: Prior) -> Prior:
    """Independent priors over successive stretches of the vector, as one.

    Normal ones come to a normal one, which takes half of the operations of two.

    Parameters
    ----------
    parts : Prior
        One prior a stretch, in order.
    """
    if len(parts) == 1:
        return parts[0]
    normals = [part for part in parts if isinstance(part, NormalPrior)]
    if len(normals) < len(parts):
        return ConcatenatedPrior(*parts)
    return NormalPrior(
        _joined([part.loc for part in normals]), _joined([part.scale for part in normals])
    )


def _joined(stretches: list[Tensor]) -> Tensor:
    """Stretches one after the other, some of which may differ between models."""
    models = torch.broadcast_shapes(*(stretch.shape[:-1] for stretch in stretches))
    return torch.cat([stretch.expand(*models, -1) for stretch in stretches], -1)


class ConcatenatedPrior(Prior):
    """Independent priors over successive stretches of the vector.

    Parameters
    ----------
    parts : Prior
        One prior a stretch, in order.
    """

    def __init__(self, *parts: Prior) -> None:
        self._parts = parts
        self._sizes = [part.loc.shape[-1] for part in parts]
        self.reads_moments_alone = all(part.reads_moments_alone for part in parts)
        self.can_be_recorded = all(part.can_be_recorded for part in parts)
        self.loc = _joined([part.loc for part in parts])

    def log_prob(self, vectors: Tensor) -> Tensor:
        stretches = vectors.split(self._sizes, -1)
        log_probs = [part.log_prob(x) for part, x in zip(self._parts, stretches, strict=True)]
        return torch.stack(log_probs).sum(0)

    def log_prob_gradient(self, vectors: Tensor) -> LogProbGradient:
        stretches = vectors.split(self._sizes, -1)
        log_probs, gradients = zip(
            *[part.log_prob_gradient(x) for part, x in zip(self._parts, stretches, strict=True)],
            strict=True,
        )
        return LogProbGradient(sum(log_probs[1:], start=log_probs[0]), torch.cat(gradients, -1))

    def cross_entropy(self, mean: Tensor, scale: Tensor) -> CrossEntropy | None:
        """The sum over the parts; None unless every part has a closed form."""
        found: list[CrossEntropy] = []
        stretches = zip(mean.split(self._sizes, -1), scale.split(self._sizes, -1), strict=True)
        for part, marginals in zip(self._parts, stretches, strict=True):
            part_entropy = part.cross_entropy(*marginals)
            if part_entropy is None:
                return None
            found.append(part_entropy)
        values, means, log_scales = zip(*found, strict=True)
        return CrossEntropy(
            sum(values[1:], start=values[0]), torch.cat(means, -1), torch.cat(log_scales, -1)
        )
