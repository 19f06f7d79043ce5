"""Labels and class weights, against scikit-learn's."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from skbayes.tables.labels import apply_class_weight, check_classes, check_labels

LABELS = np.array(["a", "b", "b", "c", "c", "c"])
INDICATORS = np.array([[1, 0], [1, 1], [0, 0], [1, 0], [1, 1], [0, 0]])


def test_without_class_weight_row_weights_pass() -> None:
    weights = np.arange(6.0)
    assert apply_class_weight(None, LABELS, None) is None
    assert apply_class_weight(None, LABELS, weights) is weights


@pytest.mark.parametrize(
    "class_weight",
    ["balanced", {"a": 2, "b": 0.5, "c": 1}, {"a": 3}, {"a": 1, "b": 2, "c": 3, "d": 4}],
)
def test_single_label_weights_agree_with_scikit_learn(class_weight: object) -> None:
    expected = compute_sample_weight(class_weight, LABELS)
    np.testing.assert_allclose(apply_class_weight(class_weight, LABELS, None), expected)


@pytest.mark.parametrize("class_weight", ["balanced", [{0: 1, 1: 3}, {0: 0.5, 1: 1}]])
def test_multilabel_weights_agree_with_scikit_learn(class_weight: object) -> None:
    expected = compute_sample_weight(class_weight, INDICATORS)
    np.testing.assert_allclose(apply_class_weight(class_weight, INDICATORS, None), expected)


def test_balanced_counts_sample_weights() -> None:
    weights = np.array([2.0, 1.0, 0.0, 1.0, 4.0, 1.0])
    balanced = apply_class_weight("balanced", LABELS, weights)
    copies = np.repeat(LABELS, weights.astype(int))
    factors = compute_class_weight("balanced", classes=np.unique(LABELS), y=copies)
    np.testing.assert_allclose(balanced, weights * factors[[0, 1, 1, 2, 2, 2]])
    for label in "abc":
        assert balanced[label == LABELS].sum() == pytest.approx(weights.sum() / 3)


def test_balanced_ignores_classes_without_weight() -> None:
    weights = np.array([0.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    balanced = apply_class_weight("balanced", LABELS, weights)
    np.testing.assert_allclose(balanced[1:], apply_class_weight("balanced", LABELS[1:], None))


def test_labels_that_are_strings_of_digits_are_found() -> None:
    weights = apply_class_weight({"1": 5.0, "2": 1.0}, np.array(["1", "2"]), None)
    np.testing.assert_allclose(weights, [5.0, 1.0])


@pytest.mark.parametrize(
    ("class_weight", "labels", "message"),
    [
        ({"a": 1, "x": 2}, LABELS, r"The classes, \['b', 'c'\], are not in class_weight"),
        ({"a": -1.0}, LABELS, "finite, non-negative number"),
        ({"a": np.inf}, LABELS, "finite, non-negative number"),
        ({"a": "heavy"}, LABELS, "finite, non-negative number"),
        ([{"a": 1}], LABELS, "class_weight must be a dict, 'balanced' or None"),
        ({0: 1, 1: 2}, INDICATORS, "class_weight must be a list with a dict for each label"),
        ([{0: 1, 1: 2}], INDICATORS, "a dict for each of the 2 labels. Got 1"),
        ([{0: 1, 1: 2}, "balanced"], INDICATORS, "finite, non-negative number"),
        ({"a": 0, "b": 0, "c": 0}, LABELS, "no row with a positive weight"),
    ],
)
def test_clear_errors(class_weight: object, labels: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        apply_class_weight(class_weight, labels, None)


def test_indicators_may_be_sparse_and_stay_two_dimensional() -> None:
    assert np.array_equal(check_labels(sparse.csr_matrix(INDICATORS)), INDICATORS)
    assert np.array_equal(check_labels(INDICATORS.astype(bool)), INDICATORS)


def test_several_columns_of_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="multiclass-multioutput"):
        check_labels(np.array([[1, 2], [3, 1], [2, 2]]))


def test_real_numbers_are_refused_with_scikit_learns_error() -> None:
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        check_labels(np.array([0.1, 0.2, 0.7]))


def test_classes_are_sorted_and_numbered() -> None:
    classes, class_numbers = check_classes(np.array([3, -1, 3, 7]))
    assert classes.tolist() == [-1, 3, 7]
    assert class_numbers.tolist() == [1, 0, 1, 2]


def test_one_class_alone_gets_scikit_learns_error() -> None:
    message = "needs samples of at least 2 classes in the data, but the data contains only one"
    with pytest.raises(ValueError, match=message):
        check_classes(np.array(["yes", "yes"]))


def test_no_row_may_be_left() -> None:
    with pytest.raises(ValueError, match=r"class_weight=\{1: 0\} leaves no row"):
        apply_class_weight({1: 0}, np.array([1, 1]), None)
