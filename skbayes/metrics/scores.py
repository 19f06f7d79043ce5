"""Scores of a predictive distribution against observations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skbayes.metrics.texts import documented
from skbayes.predictive import ClassDistribution, PredictiveDistribution, PredictiveMixture


@documented
def neg_log_predictive_density(
    dist: PredictiveMixture, y: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Mean negative log density of the observations; lower is better.

    Of classes, the mean negative log probability (the log loss).

    Parameters
    ----------
    dist : PredictiveDistribution or ClassDistribution
        Predictive distribution of each row.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Observations: values or class labels.
    {sample_weight}

    Returns
    -------
    float
        Nats per row, for targets in their own units; the mean over several targets.

    Examples
    --------
    >>> import torch
    >>> from skbayes.predictive import NormalMixture
    >>> dist = NormalMixture(torch.zeros(1, 2, 1), torch.ones(1, 1, 1))
    >>> round(neg_log_predictive_density(dist, [0.0, 0.0]), 4)
    0.9189
    """
    return mean_over_rows(-dist.log_prob(y), sample_weight)


@documented
def crps(
    dist: PredictiveDistribution, y: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Mean continuous ranked probability score; lower is better.

    Parameters
    ----------
    {real_distribution}
    {real_observations}
    {sample_weight}

    Returns
    -------
    {in_units_of_the_target}

    Examples
    --------
    >>> import torch
    >>> from skbayes.predictive import NormalMixture
    >>> dist = NormalMixture(torch.zeros(1, 2, 1), torch.ones(1, 1, 1))
    >>> round(crps(dist, [0.0, 0.0]), 4)
    0.2337
    """
    return mean_over_rows(dist.crps(y), sample_weight)


@documented
def brier(
    dist: ClassDistribution, y: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Mean squared distance of the class probabilities from the observation; lower is better.

    Parameters
    ----------
    dist : ClassDistribution
        Predictive distribution of each row.
    y : array-like of shape (n_samples,) or (n_samples, n_labels)
        Class labels, or indicators of several labels.
    {sample_weight}

    Returns
    -------
    float
        The sum over classes, halved for two classes (as `sklearn.metrics.brier_score_loss`
        does): in [0, 1] for two classes and in [0, 2] for more. For multilabel targets
        the mean over labels, each in [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from skbayes.predictive import CategoricalMixture
    >>> dist = CategoricalMixture(torch.tensor([[[0.9, 0.1]]]).log(), np.array(["no", "yes"]))
    >>> round(brier(dist, ["no"]), 4), round(brier(dist, ["yes"]), 4)
    (0.01, 0.81)
    """
    return mean_over_rows(dist.brier(y), sample_weight)


def mean_over_rows(values: NDArray[Any], sample_weight: ArrayLike | None) -> float:
    """Weighted mean over rows of ``values (n, ...)``, each averaged over its targets."""
    per_row = values.reshape(len(values), -1).mean(axis=1)
    weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    return float(np.average(per_row, weights=weights))
