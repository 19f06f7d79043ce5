"""How much the means of noisy rows count on the way to where noise and means agree."""

from __future__ import annotations

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.peers import Peers


def balance_means(
    gradient: Tensor, log_noise: Tensor, row_weights: Tensor | None, peers: Peers | None = None
) -> None:
    r"""Let noisy rows pull at their means more than a density says, in place.

    A density pulls at the mean of a row by ``1 / s^2``. Where the network gives the scale ``s``,
    rows that are not fitted yet get a large one, and then pull at their means no more: they are
    given up. With ``beta = 0.5`` the pull is ``1 / s`` (Seitzer et al. 2022, eq. 5). It
    is scaled so that all rows together count as much as before beside the prior.

    Parameters
    ----------
    gradient : Tensor of shape (K, B, o)
        Of the log-likelihood, weighted, with respect to the outputs: first those of the means,
        which are changed.
    log_noise : Tensor of shape (K, B, t)
        Logarithm of the scales ``s``.
    row_weights : Tensor of shape (B,) or (K, B), or None
    peers : Peers, default=None
        Processes with further rows of the batch.

    References
    ----------
    M. Seitzer, A. Tavakoli, D. Antic, G. Martius. "On the pitfalls of heteroscedastic uncertainty
    estimation with probabilistic neural networks", ICLR 2022.
    """
    precision_root = torch.exp(-log_noise)
    weighted = precision_root
    if row_weights is not None:
        weighted = precision_root * row_weights.unsqueeze(-1)
    sums = torch.stack([torch.linalg.vecdot(weighted, precision_root, dim=-2), weighted.sum(-2)])
    if peers is not None:
        peers.all_reduce(sums)
    # Rows that all weigh nothing have no gradient either.
    by_density, balanced = sums.clamp_min_(torch.finfo(sums.dtype).tiny)
    factor = (by_density / balanced).unsqueeze(-2)
    gradient[..., : log_noise.shape[-1]].mul_(factor / precision_root)
