"""Calibration: whether stated probabilities come true."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skbayes.predictive import ClassDistribution


def calibration_error(
    dist: ClassDistribution,
    y: ArrayLike,
    *,
    n_bins: int = 15,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Expected calibration error of the most probable class; lower is better.

    Rows are sorted by confidence, the probability of their most probable class, into bins
    of equal mass. The error is the mean over bins of the distance between mean confidence and
    the share of rows whose class was the most probable one (Naeini et al. 2015; the bins of
    equal mass have less bias than bins of equal width: Roelofs et al. 2022). With few rows
    a bin the value is mostly noise and far from zero even for a perfect model.

    Parameters
    ----------
    dist : ClassDistribution
        Predictive distribution of each row.
    y : array-like of shape (n_samples,) or (n_samples, n_labels)
        Observations.
    n_bins : int, default=15
        Number of bins. Rows of equal confidence share a bin, which may leave others empty.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row.

    Returns
    -------
    float
        In [0, 1]. For multilabel targets the mean over labels, each of which is present or
        absent as its own class.

    References
    ----------
    M. P. Naeini, G. F. Cooper, M. Hauskrecht. "Obtaining well calibrated probabilities using
    Bayesian binning", AAAI 2015.

    R. Roelofs, N. Cain, J. Shlens, M. C. Mozer. "Mitigating bias in calibration error estimation",
    AISTATS 2022.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from skbayes.predictive import CategoricalMixture
    >>> probabilities = torch.tensor([[[0.8, 0.2]]]).expand(1, 5, 2)
    >>> dist = CategoricalMixture(probabilities.log(), np.array(["a", "b"]))
    >>> round(calibration_error(dist, ["a", "a", "a", "a", "b"]), 4)
    0.0
    """
    n_rows = dist.n_samples
    correct = dist.is_mode(y).reshape(n_rows, -1)
    confidence = dist.confidence().reshape(n_rows, -1)
    weights = np.ones(n_rows) if sample_weight is None else np.asarray(sample_weight, np.float64)
    errors = [
        _binned_error(confidence[:, column], correct[:, column], weights, n_bins)
        for column in range(confidence.shape[1])
    ]
    return float(np.mean(errors))


def _binned_error(
    confidence: NDArray[np.float64],
    correct: NDArray[np.bool_],
    weights: NDArray[np.float64],
    n_bins: int,
) -> Any:
    shares = weights / weights.sum()
    levels, level_of_row = np.unique(confidence, return_inverse=True)
    level_shares = np.bincount(level_of_row, weights=shares, minlength=len(levels))
    # A level, the rows of equal confidence, goes where the middle of its mass falls.
    middle = np.cumsum(level_shares) - level_shares / 2
    bin_of_level = np.minimum((middle * n_bins).astype(int), n_bins - 1)
    excess = np.bincount(
        bin_of_level[level_of_row], weights=shares * (correct - confidence), minlength=n_bins
    )
    return np.abs(excess).sum()
