"""Predictions of a classification."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Bunch

from skbayes.arrays import FloatArray
from skbayes.estimators.prediction import FittedBayesianNetwork
from skbayes.predictive import ClassDistribution


class ClassifierPredictions(FittedBayesianNetwork[ClassDistribution]):
    """What a fitted classification answers."""

    classes_: NDArray[Any]
    _is_multilabel: bool

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict the most probable class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Of equally probable classes the first in `classes_`. For multilabel targets,
            indicators of the labels that are more probable than not.
        """
        probabilities = self._function_means(X)
        if self._is_multilabel:
            return (probabilities > 0.5).astype(np.int64)
        labels: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            In the order of `classes_`: the mean over posterior draws. For multilabel targets the
            probability of each label, which need not sum to 1.
        """
        return self._function_means(X)

    def predict_log_proba(self, X: ArrayLike) -> FloatArray:
        """Predict the log probability of each class, in nats.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            Finite and accurate where the probability itself rounds to 0 or 1.
        """
        return self._by_block(X, lambda dist: (dist.log_probabilities(),))[0]

    def decision_function(self, X: ArrayLike) -> FloatArray:
        """Logits of the predicted probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,), (n_samples, n_classes) or (n_samples, n_labels)
            Two classes: the log odds of ``classes_[1]``. More: the log probabilities,
            whose softmax is `predict_proba`. Multilabel: the log odds of each label.
        """
        return self._by_block(X, lambda dist: (dist.logits(),))[0]

    def predict_interval(self, X: ArrayLike, coverage: ArrayLike = 0.9) -> FloatArray:
        """Central credible interval of the probability of each class.

        It says how well the probability is known, given the data. For the classes that a new
        observation may have, see `predict_set`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        coverage : float or array-like of shape (n_coverages,), default=0.9
            Posterior probability inside the interval, in (0, 1); several add an axis.

        Returns
        -------
        ndarray of shape (n_samples, n_classes, 2), (n_samples, n_labels, 2) or \
(n_samples, n_classes, n_coverages, 2)
            Lower and upper end.
        """
        return self._by_block(X, lambda dist: (dist.interval(coverage),))[0]

    def predict_set(self, X: ArrayLike, coverage: float = 0.9) -> NDArray[np.bool_]:
        """Smallest set of classes that holds a new observation with probability `coverage`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        coverage : float, default=0.9
            Least probability of the set, in (0, 1).

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, n_labels), dtype bool
            Whether the class is in the set. Classes join in the order of their probability;
            of equals the first in `classes_` joins first. For multilabel targets the set is to
            hold every label of the row, and may be empty.
        """
        return self._by_block(X, lambda dist: (dist.prediction_set(coverage),))[0]

    def predict_uncertainty(self, X: ArrayLike) -> Bunch:
        """Split the entropy of the predicted probabilities into its two sources.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        Bunch
            `total`, `aleatoric` (classes overlap) and `epistemic` (what the data leave open
            about the function: the mutual information of class and function): entropies in
            nats of shape (n_samples,) or, label by label, (n_samples, n_labels), with
            ``total == aleatoric + epistemic``.
        """
        total, aleatoric, epistemic = self._by_block(
            X,
            lambda dist: (dist.entropy(), dist.aleatoric_entropy(), dist.mutual_information()),
        )
        return Bunch(total=total, aleatoric=aleatoric, epistemic=epistemic)
