"""Coverage, width and scores of each group of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from skbayes.metrics.calibration import calibration_error
from skbayes.metrics.intervals import interval_coverage, interval_score, mean_interval_width
from skbayes.metrics.scores import brier, crps, neg_log_predictive_density
from skbayes.metrics.texts import documented
from skbayes.predictive import ClassDistribution, PredictiveDistribution, PredictiveMixture


@documented
def scores_by_group(
    dist: PredictiveMixture,
    y: ArrayLike,
    groups: ArrayLike,
    *,
    n_bins: int | None = 5,
    coverage: float = 0.9,
) -> pd.DataFrame:
    """Scores of each group of rows: where intervals are too narrow, and where they are too wide.

    Parameters
    ----------
    dist : PredictiveDistribution or ClassDistribution
        Predictive distribution of each row.
    {real_observations}
    groups : array-like of shape (n_samples,)
        Group of each row, such as a column of the table. Numbers with more than `n_bins` different
        values are grouped by quantile.
    n_bins : int or None, default=5
        Number of groups that numbers are put in, of about as many rows each; None to take every
        value as a group.
    coverage : float, default=0.9
        Probability inside intervals and sets, in (0, 1).

    Returns
    -------
    DataFrame
        A row for each group, in order, and the last one, "all", for all rows. Columns: `n_rows`;
        `coverage`, the share of observations inside their intervals or sets; its binomial
        `standard_error`; `width` of intervals in units of the target, or `size` of sets;
        `neg_log_predictive_density` in nats; `interval_score` and `crps` in units of the target, or
        `brier` and `calibration_error` of classes.

    Raises
    ------
    ValueError
        If there is not one group for each row.

    Examples
    --------
    >>> import torch
    >>> from skbayes.predictive import NormalMixture
    >>> dist = NormalMixture(torch.zeros(1, 4, 1), torch.ones(1, 1, 1))
    >>> table = scores_by_group(dist, [0.0, 1.0, 5.0, 0.5], ["a", "a", "b", "b"])
    >>> table["coverage"].to_dict()
    {'a': 1.0, 'b': 0.5, 'all': 0.75}
    """
    labels = pd.Series(np.asarray(groups))
    if labels.shape != (dist.n_samples,):
        raise ValueError(
            f"groups must have one group for each of {dist.n_samples} rows. Got shape "
            f"{labels.shape}."
        )
    if n_bins is not None and pd.api.types.is_numeric_dtype(labels) and labels.nunique() > n_bins:
        labels = pd.qcut(labels, n_bins, duplicates="drop")
    observed = np.asarray(y)
    names = list(labels.cat.categories) if hasattr(labels, "cat") else _sorted(labels)
    everything: NDArray[np.intp] = np.arange(dist.n_samples)
    rows_of = {name: np.flatnonzero((labels == name).to_numpy()) for name in names}
    missing = np.flatnonzero(labels.isna().to_numpy())
    if len(missing):
        rows_of["missing"] = missing
    rows_of["all"] = everything
    table = {
        name: _scores(dist[rows], observed[rows], coverage)
        for name, rows in rows_of.items()
        if len(rows)
    }
    return pd.DataFrame.from_dict(table, orient="index")


def _sorted(labels: pd.Series[Any]) -> list[Any]:
    values = labels.dropna().unique().tolist()
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=str)


def _scores(dist: PredictiveMixture, y: NDArray[np.generic], coverage: float) -> dict[str, float]:
    n_rows = len(y)
    if isinstance(dist, ClassDistribution):
        members = dist.prediction_set(coverage)
        if dist.n_outputs > 1:
            covered = float(np.all(members | (y == 0), axis=1).mean())
        else:
            place = np.searchsorted(dist.classes, y)
            covered = float(members[np.arange(n_rows), place].mean())
        own = {
            "size": float(members.sum(axis=1).mean()),
            "neg_log_predictive_density": neg_log_predictive_density(dist, y),
            "brier": brier(dist, y),
            "calibration_error": calibration_error(dist, y),
        }
    else:
        assert isinstance(dist, PredictiveDistribution)
        covered = interval_coverage(dist, y, coverage=coverage)
        own = {
            "width": mean_interval_width(dist, coverage=coverage),
            "neg_log_predictive_density": neg_log_predictive_density(dist, y),
            "interval_score": interval_score(dist, y, coverage=coverage),
            "crps": crps(dist, y),
        }
    error = float(np.sqrt(coverage * (1 - coverage) / n_rows))
    return {"n_rows": n_rows, "coverage": covered, "standard_error": error, **own}
