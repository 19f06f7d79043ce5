"""Calibration: whether stated probabilities come true."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skbayes.metrics.texts import documented
from skbayes.predictive import ClassDistribution, PredictiveDistribution, PredictiveMixture


@documented
def calibration_error(
    dist: PredictiveMixture,
    y: ArrayLike,
    *,
    n_bins: int = 15,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Distance between stated probabilities and what came true; lower is better.

    Of classes, the expected calibration error of the most probable class. Rows are sorted by
    confidence, the probability of that class, into bins of equal mass. The error is the
    mean over bins of the distance between mean confidence and the share of rows whose class was
    the most probable one (Naeini et al. 2015; the bins of equal mass have less bias than
    bins of equal width: Roelofs et al. 2022).

    Of numbers, the mean over the probabilities ``q = 1 / n_bins, 2 / n_bins, ...`` below 1 of the
    distance between ``q`` and the share of observations below their ``q`` quantile (Kuleshov et
    al. 2018): whether the probability integral transforms are uniform. A count that is itself
    the quantile lies below it in part (Czado et al. 2009): the value is what
    randomised transforms have on average, and not random.

    With few rows a bin the value is mostly noise and far from zero even for a perfect model.

    Parameters
    ----------
    dist : ClassDistribution or PredictiveDistribution
        Predictive distribution of each row.
    {real_observations}
    n_bins : int, default=15
        Number of bins of confidence, or of the probability integral transform; for numbers at
        least 2. Rows of equal confidence share a bin, which may leave others empty.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row.

    Returns
    -------
    float
        In [0, 1]; the mean over several targets. Of multilabel targets each label is
        present or absent as its own class.

    References
    ----------
    C. Czado, T. Gneiting, L. Held. "Predictive model assessment for count data", Biometrics 65
    (2009).

    V. Kuleshov, N. Fenner, S. Ermon. "Accurate uncertainties for deep learning using calibrated
    regression", ICML 2018.

    M. P. Naeini, G. F. Cooper, M. Hauskrecht. "Obtaining well calibrated probabilities using
    Bayesian binning", AAAI 2015.

    R. Roelofs, N. Cain, J. Shlens, M. C. Mozer. "Mitigating bias in calibration error estimation",
    AISTATS 2022.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from skbayes.predictive import CategoricalMixture, NormalMixture
    >>> probabilities = torch.tensor([[[0.8, 0.2]]]).expand(1, 5, 2)
    >>> dist = CategoricalMixture(probabilities.log(), np.array(["a", "b"]))
    >>> round(calibration_error(dist, ["a", "a", "a", "a", "b"]), 4)
    0.0
    >>> dist = NormalMixture(torch.zeros(1, 4, 1), torch.ones(1, 1, 1))
    >>> calibration_error(dist, [1.0, 1.0, -1.0, -1.0], n_bins=2)  # half below the median
    0.0
    """
    if isinstance(dist, PredictiveDistribution):
        ends = dist.pit(y).reshape(dist.n_samples, -1, 2)
        weights = _row_weights(sample_weight, len(ends))
        errors = [_transform_error(column, weights, n_bins) for column in ends.swapaxes(0, 1)]
    elif isinstance(dist, ClassDistribution):
        correct = dist.is_mode(y).reshape(dist.n_samples, -1)
        confidence = dist.confidence().reshape(dist.n_samples, -1)
        weights = _row_weights(sample_weight, len(correct))
        errors = [
            _binned_error(confidence[:, column], correct[:, column], weights, n_bins)
            for column in range(confidence.shape[1])
        ]
    else:
        raise TypeError(
            "dist must be a PredictiveDistribution or a ClassDistribution. "
            f"Got {type(dist).__name__} instead."
        )
    return float(np.mean(errors))


def _row_weights(sample_weight: ArrayLike | None, n_rows: int) -> NDArray[np.float64]:
    return np.ones(n_rows) if sample_weight is None else np.asarray(sample_weight, np.float64)


def _transform_error(
    ends: NDArray[np.float64], weights: NDArray[np.float64], n_bins: int
) -> np.floating[Any]:
    """Mean distance of the distribution of the transforms from the uniform one."""
    if n_bins < 2:
        raise ValueError(f"n_bins must be at least 2 for numeric targets. Got {n_bins!r} instead.")
    levels = np.arange(1, n_bins) / n_bins
    below, width = ends[:, :1], ends[:, 1:] - ends[:, :1]
    # Where the transform is a point, all of it lies below a level or none.
    part = np.where(width > 0, (levels - below) / np.where(width > 0, width, 1), levels >= below)
    shares = np.average(np.clip(part, 0, 1), axis=0, weights=weights)
    return np.abs(shares - levels).mean()


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
