"""Bayesian multilayer perceptron for classification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call

from skbayes.arrays import FloatArray
from skbayes.estimators.automatic import TableFacts
from skbayes.estimators.base import BaseBayesianNetwork
from skbayes.estimators.classifier_predictions import ClassifierPredictions
from skbayes.estimators.given_sigma import GivenPriorSigma
from skbayes.estimators.parameter_docs import with_method_texts, with_shared_docs
from skbayes.estimators.parameters import PerceptronParameters
from skbayes.estimators.planning import has_partial_fit
from skbayes.model import Bernoulli, Categorical, ClassFamily, ClassLikelihood, Peers
from skbayes.predictive import ClassDistribution
from skbayes.tables import (
    ClassWeight,
    Rows,
    Table,
    apply_class_weight,
    check_classes,
    check_labels,
    check_row_weights,
    check_same_format,
    common_classes,
    known_labels,
    read_target,
)


@dataclass(repr=False, eq=False, kw_only=True)
class Classification(
    ClassifierMixin, ClassifierPredictions, BaseBayesianNetwork[ClassDistribution]
):
    """What the classifiers share: labels, and the weights of classes."""

    class_weight: ClassWeight | None = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _read(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None) -> Rows:
        rows = self._read_labels(self._read_table(X), y, sample_weight)
        return self._numbered(rows)

    def _read_part_of(
        self, peers: Peers, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> Rows:
        rows = peers.together(lambda: self._read_labels(self._read_table(X), y, sample_weight))
        check_same_format(rows, peers)
        return self._numbered(rows, common_classes(rows.targets, peers))

    def _numbered(self, rows: Rows, elsewhere: NDArray[Any] | None = None) -> Rows:
        """Rows with numbers of classes for labels; other processes have those `elsewhere`."""
        labels = rows.targets
        self._is_multilabel = labels.ndim == 2
        if self._is_multilabel:
            self.classes_ = np.arange(labels.shape[1])
            return rows._replace(targets=labels.astype(np.float64))
        everywhere = labels if elsewhere is None else np.concatenate([labels, elsewhere])
        self.classes_, class_numbers = check_classes(everywhere)
        return rows._replace(targets=class_numbers[: len(labels), None].astype(np.float64))

    def _read_part(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None,
        sample_weight: ArrayLike | None,
        *,
        update: bool,
    ) -> Rows:
        """As `_read`, for rows that need not have all classes."""
        table = self._check_inputs(X) if update else self._read_table(X)
        rows = self._read_labels(table, y, sample_weight)
        labels = rows.targets
        is_multilabel = labels.ndim == 2
        if update and is_multilabel != self._is_multilabel:
            raise ValueError("y must be multilabel in every call of partial_fit, or in none.")
        if not update:
            self.__dict__.pop("classes_", None)
            if is_multilabel and classes is None:
                classes = np.arange(labels.shape[1])
        self._is_multilabel = is_multilabel
        _check_partial_fit_first_call(self, classes)
        return rows._replace(targets=known_labels(labels, self.classes_))

    def _read_labels(self, table: Table, y: ArrayLike, sample_weight: ArrayLike | None) -> Rows:
        """Rows of positive weight, with labels for targets."""
        labels = check_labels(read_target(self, table, y, multi_output=True))
        weights = check_row_weights(sample_weight, table)
        return Rows.of(table, labels, apply_class_weight(self.class_weight, labels, weights))

    def _target_layout(self) -> dict[str, Any]:
        return {"classes_": self.classes_.tolist()}

    def _strata(self, rows: Rows) -> FloatArray | None:
        # As in scikit-learn, a multilabel target is split without regard to its labels.
        return None if self._is_multilabel else rows.targets[:, 0]

    def _likelihood_family(self, facts: TableFacts) -> ClassFamily:
        return Bernoulli() if self._is_multilabel else Categorical()

    def _make_likelihood(self) -> ClassLikelihood:
        likelihood = self.plan_.likelihood
        assert isinstance(likelihood, ClassFamily)
        return likelihood.build(self.classes_)


_Self = TypeVar("_Self", bound="PartialClassifierFit")


class PartialClassifierFit(Classification, GivenPriorSigma):
    """`partial_fit` of the classifiers that have a prior sigma to go on with."""

    @available_if(has_partial_fit)
    @with_method_texts
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self: _Self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> _Self:
        """Update the posterior with new rows, by Bayes' rule.

        {update}

        Parameters
        ----------
        {inputs}
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Need not have all classes.
        classes : array-like of shape (n_classes,), default=None
            All classes that any call will see. Needed in the first call, unless it follows `fit`
            or the target is multilabel.
        {sample_weight}

        Returns
        -------
        {fitted}

        Raises
        ------
        ValueError
            If the data or a parameter is invalid, or a parameter that shapes the
            posterior has changed since the first call.
        {divergence}

        Warns
        -----
        {unfinished}
        """
        with self._unchanged_on_error():
            if self.class_weight == "balanced":
                raise ValueError(
                    "class_weight='balanced' is not for partial_fit, which does not see all rows. "
                    "Pass a dict of weights, or sample_weight."
                )
            update = self._is_update()
            rows = self._read_part(X, y, classes, sample_weight, update=update)
            if update:
                self._update(rows)
            else:
                self._fit(rows, self.prior_sigma, prefer_variational=True)
        return self


@with_shared_docs
@dataclass(repr=False, eq=False)
class BayesianMLPClassifier(PartialClassifierFit, PerceptronParameters):
    """Bayesian multilayer perceptron for classification.

    A neural network whose weights have a posterior distribution instead of values. By default it is
    sampled by a few chains ([4]_), each started from a variational fit that maximises the evidence
    lower bound (ELBO, [1]_). Class probabilities are means over draws of whole functions, so that
    they are less sure where the data leave the function open, and each comes with a credible
    interval.

    Labels may be of any type. A target of several labels a row (multilabel) is an array of
    indicators, one column a label. Inputs need no scaling.

    {parameter_order}

    Parameters
    ----------
    {first_parameters}

    class_weight : dict, list of dict, "balanced" or None, default=None
        Weight of each class, ``{label: weight}``; a label that is left out has weight 1. It
        multiplies `sample_weight`: a row of weight 3 counts as three rows, so that large
        weights also make the posterior more certain. "balanced" gives all classes the same
        total weight and leaves the sum over the data as it was. Predicted probabilities
        are for a population with the classes so weighted. For multilabel targets, a list with one
        dict ``{0: weight, 1: weight}`` for each label, or "balanced"; a row
        then has the product over its labels, as in scikit-learn.

    {table_parameters}

    {network_parameters}

    {given_sigma_parameter}

    {training_parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted; for multilabel targets the numbers of the columns. Rows
        of weight zero are as if absent: a class that has no others is not among them.

    {learned_sigma_attributes}

    {shared_attributes}

    See Also
    --------
    BayesianMLPRegressor : The same for real-valued targets.
    sklearn.gaussian_process.GaussianProcessClassifier : Laplace's approximation, for few rows.
    sklearn.neural_network.MLPClassifier : A network with one value for each weight.

    Notes
    -----
    Two classes have one network output, their log odds in units of 4 nats; `C` classes have
    ``C - 1`` outputs, coordinates of their logits. ``docs/mathematics.md`` gives the reasons.

    Where chains predict held-out rows clearly better so, as they do where labels are hardly ever
    wrong, ``inference="auto"`` samples a cold posterior: ``diagnostics_.kl_weight`` is then below
    1. ``inference="mclmc"`` is always Bayes' rule. ``docs/classification.md`` has more.

    References
    ----------
    {shared_references}

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import train_test_split
    >>> from skbayes import BayesianMLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> classifier = BayesianMLPClassifier(random_state=0).fit(X_train, y_train)
    >>> bool(classifier.score(X_test, y_test) > 0.9)
    True
    >>> classifier.predict_proba(X_test).shape
    (38, 3)
    >>> classifier.predict_interval(X_test, coverage=0.9).shape
    (38, 3, 2)
    """
