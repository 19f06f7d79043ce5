"""Predictions of a regression."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import Bunch

from skbayes.arrays import FloatArray
from skbayes.estimators.prediction import FittedBayesianNetwork
from skbayes.predictive import IntervalKind, PredictiveDistribution, RandomState


class RegressorPredictions(FittedBayesianNetwork[PredictiveDistribution]):
    """What a fitted regression answers."""

    n_outputs_: int

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Predict the mean of the target.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        return_std : bool, default=False
            Whether to return the standard deviation of a new observation too: noise and
            uncertainty about the function together.

        Returns
        -------
        y_mean : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        y_std : ndarray of the same shape
            Only with ``return_std=True``.
        """
        if return_std:
            mean, std = self._by_block(X, lambda dist: (dist.mean(), dist.std()))
            return mean, std
        means = self._function_means(X)
        return means[:, 0] if self.n_outputs_ == 1 else means

    def predict_interval(
        self,
        X: ArrayLike,
        coverage: ArrayLike = 0.9,
        kind: IntervalKind = "predictive",
        *,
        as_frame: bool = False,
    ) -> Any:
        """Central interval: a pair of quantiles of the predictive distribution.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        coverage : float or array-like of shape (n_coverages,), default=0.9
            Probability inside the interval, in (0, 1); several add an axis.
        kind : {"predictive", "mean"}, default="predictive"
            Whether the interval is for a new observation or for the mean function.
        as_frame : bool, default=False
            Whether to return a DataFrame with the index of `X` and the columns "lower" and
            "upper", below the number of the target and the coverage where there are several.

        Returns
        -------
        ndarray of shape (n_samples, 2), (n_samples, n_outputs, 2) or \
(n_samples, [n_outputs,] n_coverages, 2), or DataFrame
            Lower and upper end.
        """
        ends: FloatArray = self._by_block(X, lambda dist: (dist.interval(coverage, kind=kind),))[0]
        if not as_frame:
            return ends
        levels = [] if np.ndim(coverage) == 0 else [np.asarray(coverage).tolist()]
        return self._as_frame(X, ends, [*levels, ["lower", "upper"]])

    def predict_quantiles(
        self,
        X: ArrayLike,
        quantiles: ArrayLike = (0.05, 0.5, 0.95),
        *,
        as_frame: bool = False,
    ) -> Any:
        """Quantiles of the predictive distribution.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        quantiles : array-like of shape (n_quantiles,), default=(0.05, 0.5, 0.95)
            Probabilities, each in (0, 1).
        as_frame : bool, default=False
            Whether to return a DataFrame with the index of `X` and a column for each quantile,
            below the number of the target where there are several.

        Returns
        -------
        ndarray of shape (n_samples, n_quantiles) or (n_samples, n_outputs, n_quantiles), or \
DataFrame
        """
        probabilities = np.atleast_1d(np.asarray(quantiles, dtype=np.float64))
        values: FloatArray = self._by_block(X, lambda dist: (dist.quantile(probabilities),))[0]
        return self._as_frame(X, values, [probabilities.tolist()]) if as_frame else values

    def _as_frame(self, X: ArrayLike, values: FloatArray, names: list[list[Any]]) -> pd.DataFrame:
        """Values ``(n, ...)`` with a column for each combination of names."""
        if self.n_outputs_ > 1:
            names = [list(range(self.n_outputs_)), *names]
        columns: Any = names[0] if len(names) == 1 else pd.MultiIndex.from_product(names)
        index = X.index if isinstance(X, (pd.DataFrame, pd.Series)) else None
        return pd.DataFrame(values.reshape(len(values), -1), index=index, columns=columns)

    def predict_uncertainty(self, X: ArrayLike) -> Bunch:
        """Split the predictive standard deviation into its two sources.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        Bunch
            `total`, `aleatoric` (noise) and `epistemic` (what the data leave open about the
            function): standard deviations of shape (n_samples,) or (n_samples, n_outputs),
            with ``total**2 == aleatoric**2 + epistemic**2``.
        """
        total, aleatoric, epistemic = self._by_block(
            X, lambda dist: (dist.std(), dist.aleatoric_std(), dist.epistemic_std())
        )
        return Bunch(total=total, aleatoric=aleatoric, epistemic=epistemic)

    def sample_f(
        self, X: ArrayLike, n_samples: int = 1, random_state: RandomState = 0
    ) -> FloatArray:
        functions = super().sample_f(X, n_samples, random_state)
        return functions[:, 0] if self.n_outputs_ == 1 else functions
