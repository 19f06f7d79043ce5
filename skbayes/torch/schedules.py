"""Weights of the divergence over the course of a training loop."""

from __future__ import annotations


def kl_warmup(step: int, n_steps: int) -> float:
    """Weight that rises linearly from 0 to 1 over `n_steps`, and then stays.

    Parameters
    ----------
    step : int
        Steps taken so far.
    n_steps : int
        Steps over which it rises.

    Returns
    -------
    float

    Examples
    --------
    >>> [kl_warmup(step, 100) for step in (0, 50, 200)]
    [0.0, 0.5, 1.0]
    """
    return min(1.0, step / n_steps) if n_steps > 0 else 1.0


def minibatch_kl_weight(batch: int, n_batches: int) -> float:
    """Share of the divergence that a minibatch of an epoch has, times the number of batches.

    The first batches of an epoch weigh the prior most, and the last ones follow the data:
    ``2^(M - i) / (2^M - 1)`` for the batch ``i`` of ``M``, which sum to 1 (Blundell et al. 2015,
    section 3.4). `BayesianModule.elbo` spreads the divergence evenly over the rows; hence the
    factor ``M``, so that this is a `kl_weight` whose mean over an epoch is 1.

    Parameters
    ----------
    batch : int
        Number of the batch in the epoch, from 0.
    n_batches : int
        Batches of an epoch.

    Returns
    -------
    float

    Examples
    --------
    >>> round(sum(minibatch_kl_weight(batch, 10) for batch in range(10)) / 10, 12)
    1.0
    """
    # 2^(M - i) / (2^M - 1) for i from 1, without overflow.
    return float(n_batches) * 0.5 ** (batch + 1) / (1.0 - 0.5**n_batches)
