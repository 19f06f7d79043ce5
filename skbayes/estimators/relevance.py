"""What predictions depend on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import Bunch, check_random_state
from sklearn.utils.validation import _num_samples

from skbayes.arrays import FloatArray
from skbayes.columns import column_of, with_column
from skbayes.metrics import predictive_distribution
from skbayes.predictive import ClassDistribution, PredictiveMixture, RandomState

# Log odds beyond this are as good as certain; their differences say nothing.
_MOST_LOG_ODDS = 6.0


def feature_dependence(
    estimator: Any,
    X: ArrayLike,
    *,
    n_repeats: int = 5,
    max_rows: int = 1000,
    random_state: RandomState = 0,
) -> Bunch:
    """Share of the variance of predictions that each column is part of.

    The total effect of a column ([1]_): how much of the variance of the predicted function
    over the rows remains when all other columns are known. It is estimated by putting other
    rows' values in the column ([2]_), for every posterior draw, so that it comes with what the
    data leave open. It says what predictions depend on, and nothing of causes. Columns that
    stand for one another share their effect in any way that the model has found. Effects of
    columns that act together count for each of them: the sum may be above 1.

    Parameters
    ----------
    estimator : estimator with `predict_dist`, or what holds one
        Fitted, as for `skbayes.metrics.predictive_distribution`.
    X : array-like of shape (n_samples, n_features)
        Rows from the population of interest, such as the test rows.
    n_repeats : int, default=5
        Times that the values of each column are permuted.
    max_rows : int, default=1000
        Rows that are looked at, drawn from `X`.
    random_state : int, RandomState instance or None, default=0
        Seed.

    Returns
    -------
    Bunch
        `mean` and `std` of shape (n_features,), over posterior draws; `draws` of shape
        (n_posterior_samples, n_features); `names`, of the columns. Of a regression shares of the
        variance of the mean, averaged over targets; of a classification of the log odds of each
        class against the others.

    References
    ----------
    .. [1] T. Homma, A. Saltelli. "Importance measures in global sensitivity analysis of nonlinear
       models", Reliability Engineering and System Safety 52, 1996.
    .. [2] M. J. W. Jansen. "Analysis of variance designs for model output", Computer Physics
       Communications 117, 1999, eq. 11.

    Examples
    --------
    >>> import numpy as np
    >>> from skbayes import BayesianMLPRegressor, feature_dependence
    >>> X = np.random.RandomState(0).uniform(size=(200, 3))
    >>> model = BayesianMLPRegressor(budget=0.2, random_state=0).fit(X, X[:, 0] + 0.1 * X[:, 1])
    >>> int(np.argmax(feature_dependence(model, X).mean))
    0
    """
    rng = check_random_state(random_state)
    n_rows = _num_samples(X)
    table = X if isinstance(X, pd.DataFrame) else np.asarray(X)
    if n_rows > max_rows:
        chosen = rng.choice(n_rows, max_rows, replace=False)
        table = table.iloc[chosen] if isinstance(table, pd.DataFrame) else table[chosen]
        n_rows = max_rows
    before = _functions(predictive_distribution(estimator, table))
    variance = before.var(axis=1).clip(min=np.finfo(float).tiny)  # [D, o]
    n_features = table.shape[1]
    effects = np.zeros((len(before), n_features))
    for feature in range(n_features):
        values = column_of(table, feature)
        for _ in range(n_repeats):
            changed = with_column(table, feature, values.iloc[rng.permutation(n_rows)])
            after = _functions(predictive_distribution(estimator, changed))
            squares = 0.5 * np.square(after - before).mean(axis=1)
            effects[:, feature] += (squares / variance).mean(axis=1) / n_repeats
    names = list(table.columns) if isinstance(table, pd.DataFrame) else list(range(n_features))
    return Bunch(
        mean=effects.mean(axis=0), std=effects.std(axis=0), draws=effects, names=np.array(names)
    )


def _functions(dist: PredictiveMixture) -> FloatArray:
    """Functions of the draws, ``(D, n, o)``."""
    values = dist.function_values()
    if isinstance(dist, ClassDistribution):
        smallest = 1 / (1 + np.exp(_MOST_LOG_ODDS))
        values = values.clip(smallest, 1 - smallest)
        values = np.log(values / (1 - values))
    return values
