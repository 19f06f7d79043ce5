"""Whether a prediction says anything at all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import binary_exponents
from skbayes.predictive import ClassDistribution, PredictiveDistribution, PredictiveMixture


def worse_than_constant(
    dist: PredictiveMixture, y: NDArray[Any], row_weights: NDArray[np.float64] | None
) -> float:
    """Squared errors relative to those of the best constant; above 1 a constant is better.

    Of several targets the worst; of classes the Brier score relative to that of their shares. 0
    where a constant is right.

    Parameters
    ----------
    dist : PredictiveDistribution or ClassDistribution
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        As the distribution has it, or with one column.
    row_weights : ndarray of shape (n_samples,) or None
    """
    if isinstance(dist, ClassDistribution):
        stated = dist.probabilities()
        observed = (y[:, None] == dist.classes) if y.ndim == 1 else y
    else:
        assert isinstance(dist, PredictiveDistribution)
        stated = dist.mean().reshape(len(y), -1)
        observed = y.reshape(len(y), -1)
    observed = observed.astype(np.float64)
    exponents = binary_exponents(observed, axis=0)
    stated, observed = np.ldexp(stated, -exponents), np.ldexp(observed, -exponents)
    constant = np.average(observed, axis=0, weights=row_weights)
    with np.errstate(over="ignore", invalid="ignore"):
        errors = np.average((stated - observed) ** 2, axis=0, weights=row_weights)
        spread = np.average((constant - observed) ** 2, axis=0, weights=row_weights)
    if isinstance(dist, ClassDistribution):
        errors, spread = errors.sum(keepdims=True), spread.sum(keepdims=True)
    ratios = np.divide(errors, spread, out=np.zeros_like(errors), where=spread > 0)
    return float(np.nan_to_num(ratios, nan=np.inf).max())
