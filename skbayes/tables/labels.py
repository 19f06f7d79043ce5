"""Class labels: what may be passed to `fit`, and what class weights make of the rows."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from skbayes.arrays import FloatArray

ClassWeight: TypeAlias = Mapping[Any, float] | Sequence[Mapping[Any, float]] | str


def check_labels(y: Any) -> NDArray[Any]:
    """Labels ``(n,)``, or the dense indicators ``(n, L)`` of a multilabel target."""
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind == "multilabel-indicator":
        return np.asarray(y.toarray() if hasattr(y, "toarray") else y)
    if kind == "multiclass-multioutput":
        raise ValueError(
            "y must be labels of shape (n_samples,) or label indicators (0 and 1) of shape "
            "(n_samples, n_labels). Got multiclass-multioutput targets; "
            "sklearn.multioutput.MultiOutputClassifier fits one classifier per column."
        )
    labels: NDArray[Any] = column_or_1d(y, warn=True)
    return labels


def check_classes(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Classes, sorted, and the number of each row's class; at least two classes."""
    classes, class_numbers = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(
            "This classifier needs samples of at least 2 classes in the data, but the data "
            f"contains only one class: {classes[0]!r}"
        )
    return classes, class_numbers


def known_labels(labels: NDArray[Any], classes: NDArray[Any]) -> FloatArray:
    """Targets ``(n, t)`` for labels of which no more may be unknown: they must be in `classes`."""
    if labels.ndim == 2:
        if labels.shape[1] != len(classes):
            raise ValueError(
                f"y must have a column for each of the {len(classes)} labels of the first call. "
                f"Got {labels.shape[1]} instead."
            )
        return labels.astype(np.float64)
    if len(classes) < 2:
        raise ValueError(
            f"classes must have at least 2 classes for a single-label target. Got {classes!r}."
        )
    unknown = np.setdiff1d(labels, classes)
    if len(unknown):
        raise ValueError(
            f"`y` has classes not in `self.classes_`. `self.classes_` has {classes}. "
            f"'y' also has {unknown}."
        )
    return np.searchsorted(classes, labels)[:, None].astype(np.float64)


def apply_class_weight(
    class_weight: ClassWeight | None, labels: NDArray[Any], row_weights: FloatArray | None
) -> FloatArray | None:
    """Row weights times the weight of each row's class.

    "balanced" gives every class the same total weight, and the data the total that they had;
    sample weights count. Of multilabel targets every column has its own weights, and a row
    the product over columns, as in `sklearn.utils.class_weight.compute_sample_weight`.
    """
    if class_weight is None:
        return row_weights
    weights = np.ones(len(labels)) if row_weights is None else row_weights
    columns = labels.reshape(len(labels), -1)
    is_multilabel = labels.ndim == 2
    if class_weight == "balanced":
        factors = [_balanced(column, weights) for column in columns.T]
    elif is_multilabel != isinstance(class_weight, Sequence):
        expected = "a list with a dict for each label" if is_multilabel else "a dict"
        raise ValueError(
            f"class_weight must be {expected}, 'balanced' or None for "
            f"{'multilabel' if is_multilabel else 'single-label'} targets. "
            f"Got {class_weight!r} instead."
        )
    else:
        tables = class_weight if isinstance(class_weight, Sequence) else [class_weight]
        if len(tables) != columns.shape[1]:
            raise ValueError(
                f"class_weight must have a dict for each of the {columns.shape[1]} labels. "
                f"Got {len(tables)} instead."
            )
        factors = [
            _from_table(table, column) for table, column in zip(tables, columns.T, strict=True)
        ]
    product: FloatArray = weights * np.prod(factors, axis=0)
    if not product.any():
        raise ValueError(f"class_weight={class_weight!r} leaves no row with a positive weight.")
    return product


def _balanced(labels: NDArray[Any], row_weights: FloatArray) -> FloatArray:
    _, class_numbers = np.unique(labels, return_inverse=True)
    totals = np.bincount(class_numbers, weights=row_weights).astype(np.float64)
    # Classes without weight are absent: their rows have weight zero whatever the factor.
    n_present = np.count_nonzero(totals)
    factors = np.zeros_like(totals)
    np.divide(totals.sum(), n_present * totals, out=factors, where=totals > 0)
    balanced: FloatArray = factors[class_numbers]
    return balanced


def _from_table(table: Any, labels: NDArray[Any]) -> FloatArray:
    if not isinstance(table, Mapping) or not all(
        isinstance(weight, numbers.Real) and 0 <= float(weight) < np.inf
        for weight in table.values()
    ):
        raise ValueError(
            f"class_weight must map each label to a finite, non-negative number. Got {table!r}."
        )
    classes, class_numbers = np.unique(labels, return_inverse=True)
    known = classes.tolist()
    missing = [label for label in known if label not in table]
    # scikit-learn's rule: classes may be left out (weight 1), and a fold may lack a class, but
    # both at once is a misspelt label.
    if missing and len(known) - len(missing) < len(table):
        raise ValueError(f"The classes, {missing}, are not in class_weight")
    weights = np.array([float(table.get(label, 1.0)) for label in known])
    return weights[class_numbers]
