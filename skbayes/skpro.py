"""The regressors as skpro has them: predictions are distributions with an index and columns.

Needs skpro: ``pip install "skbayes[skpro]"``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_regressor
from sklearn.utils import check_random_state
from skpro.distributions.base import BaseDistribution
from skpro.regression.base import BaseProbaRegressor

from skbayes.arrays import FloatArray
from skbayes.estimators import BayesianMLPRegressor
from skbayes.metrics import predictive_distribution
from skbayes.predictive import PredictiveDistribution
from skbayes.predictive.counts import CountMixture

__all__ = ["SkproRegressor"]


class SkproRegressor(BaseProbaRegressor):  # type: ignore[misc, unused-ignore]
    """A regressor of one target that skpro can evaluate, tune and compose.

    Methods are those of skpro: `predict_proba`, `predict_interval`, `predict_quantiles` and
    `predict_var` answer with distributions and data frames. They are read off the mixture over
    posterior draws itself, as the estimator's own are.

    Parameters
    ----------
    estimator : regressor with `predict_dist`, or what holds one, default=None
        Such as `BayesianMLPRegressor`, a Pipeline that ends in it, or a search for it. None for
        ``BayesianMLPRegressor()``.

    Attributes
    ----------
    estimator_ : regressor
        The fitted one.

    Raises
    ------
    ValueError
        In `fit`, if the estimator is no regressor.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.skpro import SkproRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = SkproRegressor(BayesianMLPRegressor(budget=0.1, random_state=0)).fit(X, y)
    >>> model.predict_interval(X, coverage=[0.5, 0.9]).shape
    (442, 4)
    """

    _tags = {  # noqa: RUF012, skpro reads it off the class
        "capability:multioutput": False,
        "capability:missing": True,
        "X_inner_mtype": "pd_DataFrame_Table",
        "y_inner_mtype": "pd_DataFrame_Table",
    }

    def __init__(self, estimator: Any = None) -> None:
        self.estimator = estimator
        super().__init__()

    def _fit(self, X: pd.DataFrame, y: pd.DataFrame, C: Any = None) -> SkproRegressor:
        given = BayesianMLPRegressor() if self.estimator is None else clone(self.estimator)
        if not is_regressor(given):
            raise ValueError(f"estimator must be a regressor. Got {given!r}.")
        self._y_columns = y.columns
        self.estimator_ = given.fit(_with_text_names(X), y.iloc[:, 0])
        return self

    def _predict(self, X: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(self.estimator_.predict(_with_text_names(X)), X.index, self._y_columns)

    def _predict_proba(self, X: pd.DataFrame) -> SkproDistribution:
        dist = predictive_distribution(self.estimator_, _with_text_names(X))
        assert isinstance(dist, PredictiveDistribution)
        return SkproDistribution(dist, X.index, self._y_columns)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Parameters that skpro's checks make instances with.

        Parameters
        ----------
        parameter_set : str, default="default"
            There is one set alone.

        Returns
        -------
        list of dict
        """
        quick: dict[str, Any] = {
            "hidden_layer_sizes": (4,),
            "inference": "variational",
            "max_iter": 50,
        }
        return [
            {"estimator": BayesianMLPRegressor(random_state=0, **quick)},
            {"estimator": BayesianMLPRegressor(likelihood="normal", random_state=0, **quick)},
        ]


def _with_text_names(X: pd.DataFrame) -> pd.DataFrame:
    """Columns named by text: skpro allows any names, scikit-learn no mixture of them."""
    return X.set_axis(X.columns.astype(str), axis=1)


class SkproDistribution(BaseDistribution):  # type: ignore[misc, unused-ignore]
    """A predictive distribution of one target, with the rows and the column of a data frame.

    Parameters
    ----------
    dist : PredictiveDistribution
    index : pandas Index, default=None
        Of the rows; None for a single number, of which `dist` has one row.
    columns : pandas Index, default=None
        The name of the target.
    """

    _tags = {  # noqa: RUF012, skpro reads it off the class
        "capabilities:exact": ["mean", "var", "pdf", "log_pdf", "pmf", "log_pmf", "cdf", "ppf"],
        "capabilities:approx": ["energy", "pdfnorm"],
        "distr:measuretype": "continuous",
    }

    def __init__(self, dist: PredictiveDistribution, index: Any = None, columns: Any = None):
        self.dist = dist
        super().__init__(index=index, columns=columns)
        if isinstance(dist, CountMixture):
            self.set_tags(**{"distr:measuretype": "discrete"})

    def _shaped(self, values: FloatArray) -> FloatArray:
        return values.reshape(self.shape)

    def _iloc(self, rowidx: Any = None, colidx: Any = None) -> SkproDistribution:
        if np.ndim(rowidx) == 0 and np.ndim(colidx) == 0 and None not in (rowidx, colidx):
            return SkproDistribution(self.dist[int(rowidx)])
        rows = np.arange(len(self))
        rows = rows if rowidx is None else np.atleast_1d(rows[rowidx])
        columns = self.columns if colidx is None else self.columns[np.atleast_1d(colidx)]
        return SkproDistribution(self.dist[rows], self.index[rows], columns)

    def _iat(self, rowidx: Any = None, colidx: Any = None) -> SkproDistribution:
        return SkproDistribution(self.dist[int(rowidx)])

    def _mean(self) -> FloatArray:
        return self._shaped(self.dist.mean())

    def _var(self) -> FloatArray:
        return self._shaped(self.dist.var())

    def _log_pdf(self, x: FloatArray) -> FloatArray:
        return self._shaped(self.dist.log_prob(np.ravel(x)))

    def _pdf(self, x: FloatArray) -> FloatArray:
        return np.exp(self._log_pdf(x))

    def _log_pmf(self, x: FloatArray) -> FloatArray:
        return self._log_pdf(x)

    def _pmf(self, x: FloatArray) -> FloatArray:
        return self._pdf(x)

    def _cdf(self, x: FloatArray) -> FloatArray:
        return self._shaped(self.dist.cdf(np.ravel(x)))

    def _ppf(self, p: FloatArray) -> FloatArray:
        levels = np.ravel(p)
        values = np.empty(len(levels))
        for level in np.unique(levels):
            at = levels == level
            values[at] = self.dist[at].quantile(level)
        return self._shaped(values)

    def _sample(self, n_samples: int | None = None) -> Any:
        # skpro has no seeds: like its own distributions, from NumPy's global generator.
        generator = check_random_state(None)
        samples = self.dist.sample(1 if n_samples is None else n_samples, generator)  # [n, S]
        if self.ndim == 0:
            return samples[0, 0] if n_samples is None else pd.DataFrame(samples[0])
        if n_samples is None:
            return pd.DataFrame(samples, self.index, self.columns)
        index = pd.MultiIndex.from_product([range(n_samples), self.index])
        return pd.DataFrame(samples.T.reshape(-1, 1), index, self.columns)
