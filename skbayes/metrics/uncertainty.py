"""Whether predictions that are wrong are the uncertain ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skbayes.metrics.texts import documented
from skbayes.predictive import ClassDistribution

# Thresholds over which the area is taken.
_N_THRESHOLDS = 101


@documented
def accuracy_versus_uncertainty(
    dist: ClassDistribution,
    y: ArrayLike,
    *,
    threshold: float | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Share of rows that are right and sure, or wrong and unsure (AvU); higher is better.

    A prediction is unsure where its entropy is above the threshold. 1 where every error is
    flagged and nothing else is.

    Parameters
    ----------
    dist : ClassDistribution
        Predictive distribution of each row, of a target of one label a row.
    {real_observations}
    threshold : float, default=None
        Entropy in nats. None for the area under the share as a function of the threshold, from the
        least to the largest entropy in `dist`, as a share of their distance.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row.

    Returns
    -------
    float
        In [0, 1].

    References
    ----------
    R. Krishnan, O. Tickoo. "Improving model calibration with accuracy versus uncertainty
    optimization", NeurIPS 2020, eq. 2.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from skbayes.predictive import CategoricalMixture
    >>> probabilities = torch.tensor([[[0.99, 0.01], [0.98, 0.02], [0.5, 0.5]]])
    >>> dist = CategoricalMixture(probabilities.log(), np.array(["a", "b"]))
    >>> accuracy_versus_uncertainty(dist, ["a", "a", "b"], threshold=0.3)
    1.0
    >>> round(accuracy_versus_uncertainty(dist, ["b", "b", "a"], threshold=0.3), 4)
    0.0
    """
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise ValueError(
            f"y must hold one label a row, shape (n_samples,). Got shape {labels.shape}."
        )
    is_right = dist.mode() == labels
    entropy = dist.entropy()
    weights = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, float)
    if threshold is not None:
        return float(_agreement(is_right, entropy, np.array([threshold]), weights)[0])
    thresholds = np.linspace(entropy.min(), entropy.max(), _N_THRESHOLDS)
    shares = _agreement(is_right, entropy, thresholds, weights)
    return float(0.5 * (shares[1:] + shares[:-1]).mean())


def _agreement(
    is_right: NDArray[np.bool_],
    entropy: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Share of rows whose certainty says what they are, at each threshold."""
    is_sure = entropy <= thresholds[:, None]
    share: NDArray[np.float64] = np.average(is_sure == is_right, axis=1, weights=weights)
    return share
