"""Intervals and sets whose coverage is that of rows that were held out."""

from __future__ import annotations

import math
import warnings
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    _fit_context,
    clone,
    is_classifier,
)
from sklearn.model_selection import check_cv, train_test_split
from sklearn.utils import Tags, _safe_indexing, get_tags, indexable
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import _num_samples, check_is_fitted

from skbayes.arrays import FloatArray
from skbayes.docstrings import with_texts
from skbayes.estimators.documentation_link import DocumentationLink
from skbayes.metrics import predictive_distribution
from skbayes.predictive import ClassDistribution, PredictiveDistribution, check_coverages
from skbayes.tables import check_row_weights

Groups = str | int | Callable[[Any], ArrayLike] | None

_PARAMETERS = """
estimator : estimator, Pipeline or search
    With `predict_dist`, such as `BayesianMLPRegressor()`.

cv : int, cross-validation generator, iterable, float or "prefit", default=5
    Which rows calibrate. An int or a generator: every row, predicted by a fit to the other folds;
    the model that predicts is fitted to all. The folds of an int are drawn at random, with a fixed
    seed; of classes they have the shares of all rows. A float in (0, 1): that share of the rows,
    which the model is not fitted to. "prefit": all rows given to `fit`, and `estimator` is fitted
    already, to others.

by : str, int or callable, default=None
    Calibrate each group of rows by itself (Mondrian). A column of `X`, by name or position, whose
    values are the groups, or ``by(X)``, which gives the group of each row. A group that is not
    known is calibrated by all rows.
"""
_ATTRIBUTES = """
estimator_ : estimator
    What predicts.

scores_ : ndarray of shape (n_calibration,) or (n_calibration, n_outputs)
    How far each row was from where it was predicted.

score_weights_ : ndarray of shape (n_calibration,)
    How many rows each of them stands for.

groups_ : ndarray of shape (n_calibration,) or None
    Group of each of these rows.
"""


@dataclass(repr=False, eq=False)
class _Conformal(DocumentationLink, MetaEstimatorMixin, BaseEstimator):
    """What the two share: who calibrates whom."""

    estimator: Any
    cv: Any = 5
    by: Groups = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit"])],
        "cv": [
            StrOptions({"prefit"}),
            Interval(Integral, 2, None, closed="left"),
            Interval(Real, 0, 1, closed="neither"),
            HasMethods(["split"]),
            "array-like",
        ],
        "by": [str, Interval(Integral, 0, None, closed="left"), callable, None],
    }

    @abstractmethod
    def _scores(self, estimator: Any, X: Any, y: Any) -> FloatArray:
        """How far observations are from where they are predicted, ``(n, ...)``."""

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        return tags

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Fit the estimator, and calibrate it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
            How many copies of a row each row stands for, in the estimator and in calibration.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter is invalid, or no row is left to calibrate.
        """
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        X, y, sample_weight = indexable(X, y, sample_weight)
        weights = check_row_weights(sample_weight, X)
        weights = np.ones(_num_samples(X)) if weights is None else weights
        if isinstance(self.cv, str):
            check_is_fitted(self.estimator)
            fitted, parts = self.estimator, [(self.estimator, np.arange(_num_samples(X)))]
        else:
            fitted, parts = self._fit_parts(X, y, sample_weight)
        scores, rows = [], []
        for model, test in parts:
            test = test[weights[test] > 0]
            if len(test):
                scores.append(self._scores(model, _safe_indexing(X, test), _safe_indexing(y, test)))
                rows.append(test)
        if not rows:
            raise ValueError(f"cv must leave rows to calibrate with. Got cv={self.cv!r}.")
        self.estimator_ = fitted
        calibrating = np.concatenate(rows)
        self.scores_: FloatArray = np.concatenate(scores)
        self.score_weights_: FloatArray = weights[calibrating]
        self.groups_ = None if self.by is None else self._groups_of(X)[calibrating]
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
            if hasattr(fitted, name):
                setattr(self, name, getattr(fitted, name))
        return self

    def _fit_parts(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, list[tuple[Any, Any]]]:
        """The model that predicts, and models with the rows that each has not seen."""
        given = {"X": X, "y": y}
        if sample_weight is not None:
            given["sample_weight"] = sample_weight

        def fit(rows: NDArray[Any]) -> Any:
            return clone(self.estimator).fit(
                **{name: _safe_indexing(part, rows) for name, part in given.items()}
            )

        if isinstance(self.cv, float):
            stratify = y if is_classifier(self) else None
            train, test = train_test_split(
                np.arange(_num_samples(X)), test_size=self.cv, stratify=stratify, random_state=0
            )
            model = fit(train)
            return model, [(model, test)]
        splitter = check_cv(self.cv, y, classifier=is_classifier(self))
        if isinstance(self.cv, Integral):  # rows may come in an order that means something
            splitter = type(splitter)(int(self.cv), shuffle=True, random_state=0)
        parts = [(fit(train), np.asarray(test)) for train, test in splitter.split(X, y)]
        return clone(self.estimator).fit(**given), parts

    def predict(self, X: ArrayLike) -> Any:
        """Predict as the estimator does.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)

    def _groups_of(self, X: Any) -> NDArray[Any]:
        by = self.by
        if callable(by):
            groups = np.asarray(by(X))
        elif isinstance(by, str):
            if not isinstance(X, pd.DataFrame) or by not in X.columns:
                raise ValueError(
                    f"by must name a column of X, a DataFrame. Got by={by!r}, which it has not."
                )
            groups = np.asarray(X[by])
        else:
            column = _safe_indexing(X, [by], axis=1)
            groups = np.asarray(column.toarray() if hasattr(column, "toarray") else column).ravel()
        if groups.shape != (_num_samples(X),):
            raise ValueError(
                f"by must give one group for each of {_num_samples(X)} rows. Got shape "
                f"{groups.shape}."
            )
        return groups

    def _parts_of(self, X: Any) -> list[tuple[NDArray[Any], FloatArray, FloatArray]]:
        """Rows of each group, with the scores, and their weights, that they are calibrated by."""
        if self.groups_ is None:
            return [(np.arange(_num_samples(X)), self.scores_, self.score_weights_)]
        groups = self._groups_of(X)
        labels, number = np.unique(groups.astype(str), return_inverse=True)
        known = self.groups_.astype(str)
        parts = []
        for k, label in enumerate(labels):
            is_own = known == label
            chosen = is_own if is_own.any() else np.ones(len(known), dtype=bool)
            rows = np.flatnonzero(number == k)
            parts.append((rows, self.scores_[chosen], self.score_weights_[chosen]))
        return parts


def _level(scores: FloatArray, weights: FloatArray, coverage: float) -> FloatArray:
    """Score that a new row stays below with the probability `coverage`, for each output.

    The ``ceil((n + 1) coverage)``-th smallest of `n` (Lei et al. 2018, algorithm 2), a row of
    weight two counted twice; infinite where there are too few.
    """
    n_rows = float(weights.sum())
    rank = math.ceil((n_rows + 1) * coverage - 1e-9)
    if rank > n_rows + 1e-9:
        warnings.warn(
            f"{n_rows:g} rows cannot calibrate a coverage of {coverage:g}: that takes at least "
            f"{math.ceil(coverage / (1 - coverage))}. Intervals are infinite, and sets full.",
            stacklevel=4,
        )
        return np.full(scores.shape[1:], np.inf)
    columns = scores.reshape(len(scores), -1)
    order = np.argsort(columns, axis=0, kind="stable")
    reached = np.cumsum(weights[order], axis=0) >= rank - 1e-9
    found = np.take_along_axis(columns, order, axis=0)[
        reached.argmax(axis=0), np.arange(columns.shape[1])
    ]
    level: FloatArray = found.reshape(scores.shape[1:])
    return level


@with_texts(parameters=_PARAMETERS, attributes=_ATTRIBUTES)
@dataclass(repr=False, eq=False)
class ConformalRegressor(RegressorMixin, _Conformal):
    """Intervals of a Bayesian regression, calibrated on held-out rows.

    A row's score is the distance of its probability integral transform from one half ([1]_): how
    far out in its own predictive distribution it was. Intervals are as wide as the distribution of
    each row says, at the probability that makes the share of held-out rows right. With held-out
    rows, and rows that are exchangeable, the coverage is guaranteed whatever the model is; with
    cross-validation it is in practice ([2]_).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] V. Chernozhukov, K. Wüthrich, Y. Zhu. "Distributional conformal prediction", PNAS 118,
       2021, algorithm 1. Conformalised quantiles (Romano et al. 2019) with the levels of the
       quantiles adjusted, and not their values.
    .. [2] R. F. Barber, E. J. Candès, A. Ramdas, R. J. Tibshirani. "Predictive inference with the
       jackknife+", Annals of Statistics 49, 2021.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianMLPRegressor, ConformalRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = ConformalRegressor(BayesianMLPRegressor(budget=0.02, random_state=0), cv=3)
    >>> model.fit(X[:300], y[:300]).predict_interval(X[300:], coverage=0.9).shape
    (142, 2)
    """

    def _scores(self, estimator: Any, X: Any, y: Any) -> FloatArray:
        dist = predictive_distribution(estimator, X)
        if not isinstance(dist, PredictiveDistribution):
            raise ValueError(
                "estimator must predict numbers. For classes there is ConformalClassifier. Got "
                f"{self.estimator!r}."
            )
        below, at_most = np.moveaxis(dist.pit(y), -1, 0)
        scores: FloatArray = np.maximum(0.5 - at_most, below - 0.5)
        return scores

    def predict_interval(self, X: ArrayLike, coverage: ArrayLike = 0.9) -> FloatArray:
        """Interval for a new observation.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        coverage : float or array-like of shape (n_coverages,), default=0.9
            Share of new observations inside, in (0, 1); several add an axis.

        Returns
        -------
        ndarray of shape (n_samples, 2), (n_samples, n_outputs, 2) or \
(n_samples, [n_outputs,] n_coverages, 2)
            Lower and upper end; infinite where there are too few rows to tell.

        Warns
        -----
        UserWarning
            If there are too few.
        """
        check_is_fitted(self)
        coverages, is_one = check_coverages(coverage)
        dist = predictive_distribution(self.estimator_, X)
        assert isinstance(dist, PredictiveDistribution)
        shape = dist.mean().shape
        ends = np.empty((*shape, len(coverages), 2))
        for rows, scores, weights in self._parts_of(X):
            part = dist[rows]
            for k, level in enumerate(coverages):
                ends[rows, ..., k, :] = _ends(part, _level(scores, weights, level))
        return ends[..., 0, :] if is_one else ends


def _ends(dist: PredictiveDistribution, level: FloatArray) -> FloatArray:
    """Interval between the quantiles at one half less and plus a level for each output."""
    levels = np.atleast_1d(np.maximum(level, 0.0))
    columns = []
    for output, half in enumerate(levels):
        if half >= 0.5:
            ends = np.full((len(dist), 2), [-np.inf, np.inf])
        else:
            ends = dist.quantile([0.5 - half, 0.5 + half])
            ends = ends[:, output] if len(levels) > 1 else ends
        columns.append(ends)
    if len(columns) == 1:
        return columns[0]
    joined: FloatArray = np.stack(columns, axis=1)
    return joined


@with_texts(parameters=_PARAMETERS, attributes=_ATTRIBUTES)
@dataclass(repr=False, eq=False)
class ConformalClassifier(ClassifierMixin, _Conformal):
    """Sets of classes of a Bayesian classification, calibrated on held-out rows.

    A row's score is one less the probability of its class; a set has every class whose
    probability is above what the share of held-out rows asks for, and at least the most probable
    one. Of all sets with a coverage these are the smallest on average ([1]_).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)

    {attributes}

    References
    ----------
    .. [1] M. Sadinle, J. Lei, L. Wasserman. "Least ambiguous set-valued classifiers with bounded
       error levels", Journal of the American Statistical Association 114, 2019, section 2.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skbayes import BayesianMLPClassifier, ConformalClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = ConformalClassifier(BayesianMLPClassifier(budget=0.1, random_state=0), cv=3)
    >>> model.fit(X[::2], y[::2]).predict_set(X[1::2], coverage=0.9).shape
    (75, 3)
    """

    @property
    def classes_(self) -> NDArray[Any]:
        classes: NDArray[Any] = self.estimator_.classes_
        return classes

    def _scores(self, estimator: Any, X: Any, y: Any) -> FloatArray:
        dist = predictive_distribution(estimator, X)
        if not isinstance(dist, ClassDistribution) or dist.n_outputs > 1:
            raise ValueError(
                "estimator must predict one class a row. For numbers there is ConformalRegressor. "
                f"Got {self.estimator!r}."
            )
        scores: FloatArray = 1.0 - np.exp(dist.log_prob(y))
        return scores

    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Predict probabilities as the estimator does.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        probabilities: FloatArray = self.estimator_.predict_proba(X)
        return probabilities

    def predict_set(self, X: ArrayLike, coverage: float = 0.9) -> NDArray[np.bool_]:
        """Set of classes that holds a new observation.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        coverage : float, default=0.9
            Share of new observations whose class is in their set, in (0, 1).

        Returns
        -------
        ndarray of shape (n_samples, n_classes), dtype bool
            Whether the class is in the set.

        Warns
        -----
        UserWarning
            If there are too few rows to calibrate.
        """
        probabilities = self.predict_proba(X)
        (level,), _ = check_coverages([coverage])
        members = probabilities == probabilities.max(axis=1, keepdims=True)
        for rows, scores, weights in self._parts_of(X):
            members[rows] |= 1.0 - probabilities[rows] <= _level(scores, weights, level) + 1e-12
        return members
