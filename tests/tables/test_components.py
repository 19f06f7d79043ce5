"""Principal components of numeric columns, beside scikit-learn's."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from skbayes.tables.components import Components


def _of(values: np.ndarray, row_weights: np.ndarray | None = None, size: int = 7) -> Components:
    blocks = [values[start : start + size] for start in range(0, len(values), size)]
    return Components.of(lambda: iter(blocks), values.shape[1], row_weights)


@pytest.mark.parametrize("shape", [(40, 5), (12, 30), (6, 6), (2, 9)])
def test_they_are_those_of_scikit_learn_scaled_as_one(shape: tuple[int, int]) -> None:
    rng = np.random.RandomState(0)
    values = rng.normal(size=shape) @ rng.normal(size=(shape[1], shape[1])) + 3.0
    found = _of(values)
    n_varying = min(shape[0] - 1, shape[1])
    expected = PCA(n_varying).fit_transform(values)
    expected /= np.sqrt(np.mean(np.square(expected)))
    components, rest = np.hsplit(found.apply(values), [n_varying])
    assert rest.shape[1] == (n_varying < shape[1])
    np.testing.assert_allclose(rest, 0, atol=1e-6)
    assert len(found) == len(found.groups) == n_varying + rest.shape[1]
    signs = np.sign(np.sum(components * expected, axis=0))
    np.testing.assert_allclose(components, signs * expected, atol=1e-9)


@pytest.mark.parametrize("n_columns", [3, 30])
def test_a_weight_is_a_number_of_rows(n_columns: int) -> None:
    rng = np.random.RandomState(1)
    values, weights = rng.normal(size=(10, n_columns)), rng.randint(1, 4, size=10)
    weighted = _of(values, weights.astype(float))
    repeated = _of(np.repeat(values, weights, axis=0))
    np.testing.assert_allclose(weighted.apply(values), repeated.apply(values), atol=1e-6)


def test_columns_that_agree_are_one() -> None:
    z = np.linspace(-1, 1, 20)
    components = _of(np.column_stack([z, 2 * z, -z, 0 * z]))
    assert len(components) == 2
    along, beside = components.apply(np.array([[1.0, 2.0, -1.0, 0.0], [0.0, 0.0, 0.0, 5.0]]))
    assert abs(along[0]) > 1
    assert along[1] == pytest.approx(0, abs=1e-6)
    assert beside[0] == pytest.approx(0)
    assert beside[1] == pytest.approx(5 / components.scale)


def test_lengths_stay() -> None:
    rng = np.random.RandomState(0)
    values, others = rng.normal(size=(10, 25)), rng.normal(size=(4, 25))
    components = _of(values)
    expected = np.linalg.norm(others - values.mean(axis=0), axis=1) / components.scale
    np.testing.assert_allclose(np.linalg.norm(components.apply(others), axis=1), expected)


def test_later_ones_are_in_groups_that_grow() -> None:
    groups = _of(np.random.RandomState(0).normal(size=(20, 25))).groups
    # Nineteen directions, and the rest of the space, which is in the last group.
    assert np.bincount(groups).tolist() == [1] * 8 + [2, 4, 5 + 1]


def test_scales_of_columns_are_those_of_a_linear_function() -> None:
    rng = np.random.RandomState(0)
    components = _of(rng.normal(size=(50, 4)))
    squares = rng.uniform(size=4)
    weights = np.sqrt(squares) * rng.normal(size=(100_000, 4))
    of_columns = weights @ components.directions.T / components.scale
    # A variance of 100,000 draws is within 2 % (four standard errors).
    np.testing.assert_allclose(components.of_columns(squares), of_columns.var(axis=0), rtol=0.02)


@pytest.mark.parametrize("n_rows", [1, 5])
def test_rows_that_do_not_differ_have_one_that_is_zero(n_rows: int) -> None:
    values = np.ones((n_rows, 3))
    assert _of(values).apply(values).tolist() == [[0.0, 0.0]] * n_rows


def test_there_are_500_at_most() -> None:
    values = np.random.RandomState(0).normal(size=(503, 510))
    components = _of(values, size=500)
    assert components.directions.shape == (510, 500)
    # What is left of the rows is a component, too.
    assert components.apply(values)[:, -1].max() > 0.01
