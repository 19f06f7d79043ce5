"""Scores of intervals and quantiles of a predictive distribution."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skbayes.metrics.scores import mean_over_rows
from skbayes.metrics.texts import documented
from skbayes.predictive import PredictiveDistribution


@documented
def interval_score(
    dist: PredictiveDistribution,
    y: ArrayLike,
    *,
    coverage: float = 0.9,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Mean score of the central interval; lower is better.

    The width of the interval, and ``2 / (1 - coverage)`` times the distance by which an
    observation misses it (Winkler 1972; Gneiting & Raftery 2007, eq. 43). It is proper:
    nothing scores better on average than the true quantiles.

    Parameters
    ----------
    {real_distribution}
    {real_observations}
    {coverage}
    {sample_weight}

    Returns
    -------
    {in_units_of_the_target}

    References
    ----------
    T. Gneiting, A. E. Raftery. "Strictly proper scoring rules, prediction, and estimation",
    JASA 102 (2007).

    R. L. Winkler. "A decision-theoretic approach to interval estimation", JASA 67 (1972).

    Examples
    --------
    >>> import torch
    >>> from skbayes.predictive import NormalMixture
    >>> dist = NormalMixture(torch.zeros(1, 1, 1), torch.ones(1, 1, 1))
    >>> round(interval_score(dist, [0.0]), 3), round(interval_score(dist, [2.0]), 3)
    (3.29, 10.393)
    """
    lower, upper = np.moveaxis(dist.interval(coverage), -1, 0)
    observed = _observed(y, lower)
    miss = np.maximum(lower - observed, 0) + np.maximum(observed - upper, 0)
    return mean_over_rows(upper - lower + 2 / (1 - coverage) * miss, sample_weight)


@documented
def pinball(
    dist: PredictiveDistribution,
    y: ArrayLike,
    *,
    quantiles: ArrayLike = (0.05, 0.5, 0.95),
    sample_weight: ArrayLike | None = None,
) -> float:
    """Mean pinball loss of some quantiles; lower is better.

    ``(y - x) q`` where the observation lies above the ``q`` quantile ``x``, ``(x - y) (1 - q)``
    where it lies below (Koenker & Bassett 1978). The mean over all ``q`` in (0, 1) is half
    the continuous ranked probability score.

    Parameters
    ----------
    {real_distribution}
    {real_observations}
    quantiles : float or array-like of shape (n_quantiles,), default=(0.05, 0.5, 0.95)
        Probabilities, each in (0, 1). The loss is the mean over them.
    {sample_weight}

    Returns
    -------
    {in_units_of_the_target}

    See Also
    --------
    sklearn.metrics.mean_pinball_loss : The loss of one quantile that is given as values.

    References
    ----------
    R. Koenker, G. Bassett. "Regression quantiles", Econometrica 46 (1978).

    Examples
    --------
    >>> import torch
    >>> from skbayes.predictive import NormalMixture
    >>> dist = NormalMixture(torch.zeros(1, 1, 1), torch.ones(1, 1, 1))
    >>> pinball(dist, [2.0], quantiles=0.5)
    1.0
    """
    probabilities = np.atleast_1d(np.asarray(quantiles, dtype=np.float64))
    values = dist.quantile(probabilities)
    excess = _observed(y, values[..., 0])[..., None] - values
    return mean_over_rows(
        np.maximum(probabilities * excess, (probabilities - 1) * excess), sample_weight
    )


@documented
def interval_coverage(
    dist: PredictiveDistribution,
    y: ArrayLike,
    *,
    coverage: float = 0.9,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Share of observations inside the central interval; best close to `coverage`.

    Parameters
    ----------
    {real_distribution}
    {real_observations}
    {coverage}
    {sample_weight}

    Returns
    -------
    float
        In [0, 1].

    See Also
    --------
    interval_score : What a search should minimise: coverage alone is best for intervals that
        are too wide.

    Examples
    --------
    >>> import torch
    >>> from skbayes.predictive import NormalMixture
    >>> dist = NormalMixture(torch.zeros(1, 4, 1), torch.ones(1, 1, 1))
    >>> interval_coverage(dist, [0.0, 1.0, -1.0, 5.0], coverage=0.9)
    0.75
    """
    lower, upper = np.moveaxis(dist.interval(coverage), -1, 0)
    observed = _observed(y, lower)
    return mean_over_rows((lower <= observed) & (observed <= upper), sample_weight)


@documented
def mean_interval_width(
    dist: PredictiveDistribution,
    *,
    coverage: float = 0.9,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Mean width of the central interval; at equal coverage, lower is better.

    Parameters
    ----------
    {real_distribution}
    {coverage}
    {sample_weight}

    Returns
    -------
    {in_units_of_the_target}

    See Also
    --------
    interval_score : What a search should minimise: width alone is best for intervals of no
        width.

    Examples
    --------
    >>> import torch
    >>> from skbayes.predictive import NormalMixture
    >>> dist = NormalMixture(torch.zeros(1, 4, 1), torch.ones(1, 1, 1))
    >>> round(mean_interval_width(dist, coverage=0.9), 3)
    3.29
    """
    interval = dist.interval(coverage)
    return mean_over_rows(interval[..., 1] - interval[..., 0], sample_weight)


def _observed(y: ArrayLike, like: NDArray[np.float64]) -> NDArray[np.float64]:
    """Observations in the shape of what is predicted."""
    return np.asarray(y, dtype=np.float64).reshape(like.shape)
