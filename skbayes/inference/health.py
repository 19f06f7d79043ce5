"""Members and chains that ended far below the others, which nothing is predicted with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skbayes.inference.posteriors import Posterior
from skbayes.lazy_torch import Tensor, torch
from skbayes.model import BayesianModel, Data

# Nats per row. Independent fits of a table end within a few hundredths of one another; one that
# has lost its way is off by more than this for every row, and stands for no mode of the posterior
# that has a share in it.
_FAR_BELOW = 0.5
# Nats for all rows: few rows leave room for modes that differ by much for each of them.
_FAR_BELOW_IN_ALL = 50.0
_N_ROWS = 2000
_N_DRAWS = 5


def is_sound(scores: NDArray[np.float64], n_rows: float) -> NDArray[np.bool_]:
    """Which members or chains, ``(M,)``, are not far below the best.

    Parameters
    ----------
    scores : ndarray of shape (M,)
        The bound or log-likelihood of each, in nats per row.
    n_rows : float
        That were fitted.

    Examples
    --------
    >>> is_sound(np.array([-1.2, -1.3, -17.9]), 300)
    array([ True,  True, False])
    """
    far = max(_FAR_BELOW, _FAR_BELOW_IN_ALL / n_rows)
    sound: NDArray[np.bool_] = scores >= np.nanmax(scores) - far
    return sound


def fit_of_chains(
    posterior: Posterior, model: BayesianModel, data: Data, generator: torch.Generator
) -> NDArray[np.float64]:
    """Mean log-likelihood of the draws of each chain, ``(C,)``, in nats per row.

    Parameters
    ----------
    posterior : Posterior
    model : BayesianModel
    data : Data
        Some thousands of its rows are looked at.
    generator : torch.Generator
    """
    n_rows = data.n_rows_in_all
    if n_rows > _N_ROWS:
        data = data.batch_in_all(torch.randperm(n_rows, generator=generator)[:_N_ROWS])
    elif data.peers is not None:
        data = data.batch_in_all(torch.arange(n_rows))
    draws: Tensor = posterior.sample(_N_DRAWS, generator)  # [C, n, P]
    log_likelihood = model.log_likelihood(draws.flatten(0, 1), data.dense())
    per_row = log_likelihood.view(draws.shape[:2]).mean(1).double() / data.total_weight.min()
    fit: NDArray[np.float64] = per_row.cpu().numpy()
    return fit
