"""Priors from a trained network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Moped:
    """Normal prior about the weights that the module comes with (MOPED).

    The method is that of [1]_. The weights are copied, so that the prior does not move with the
    posterior, and are saved with the module.

    Parameters
    ----------
    fraction : float, default=0.1
        Standard deviation of the prior of a weight, as a share of the weight's size.
    least : float, default=1e-3
        Smallest standard deviation, for weights near zero.

    References
    ----------
    .. [1] R. Krishnan, M. Subedar, O. Tickoo. "Specifying weight priors in Bayesian deep neural
       networks with empirical Bayes", AAAI 2020, eq. 6.

    Examples
    --------
    >>> import torch
    >>> from skbayes.torch import BayesianModule, Moped
    >>> pretrained = torch.nn.Linear(3, 1)
    >>> network = BayesianModule(pretrained, prior=Moped(fraction=0.05))
    >>> bool((network.prior_loc[:3] == pretrained.weight[0]).all())
    True
    """

    fraction: float = 0.1
    least: float = 1e-3

    def __post_init__(self) -> None:
        for name in ("fraction", "least"):
            if not getattr(self, name) > 0:
                raise ValueError(
                    f"{name} must be a positive number. Got {getattr(self, name)!r} instead."
                )

    def about(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Means and standard deviations of the prior about ``weights [P]``."""
        loc = weights.detach().clone()
        return loc, torch.clamp(self.fraction * loc.abs(), min=self.least)
