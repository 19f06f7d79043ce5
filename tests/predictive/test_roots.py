"""The root finder, against functions whose roots are known."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtr

from skbayes.arrays import FloatArray
from skbayes.predictive.roots import find_root


class Sigmoid(NamedTuple):
    """``tanh(steepness (x - root))``, and how many elements each call evaluated."""

    root: FloatArray
    steepness: FloatArray
    calls: list[int]

    def __call__(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        self.calls.append(len(x))
        value = np.tanh(self.steepness * (x - self.root))
        return value, self.steepness * (1 - value**2)

    def select(self, element: NDArray[np.int64]) -> Sigmoid:
        return Sigmoid(self.root[element], self.steepness[element], self.calls)


class TwoSteps(NamedTuple):
    """Two steps far apart, as of a mixture with distant components: Newton alone would leave."""

    def __call__(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        steps = [ndtr((x - c) / 0.1) for c in (-50, 50)]
        slopes = [np.exp(-0.5 * ((x - c) / 0.1) ** 2) / 0.1 for c in (-50, 50)]
        return 0.5 * sum(steps) - 0.75, 0.5 * sum(slopes) / math.sqrt(2 * math.pi)

    def select(self, element: NDArray[np.int64]) -> TwoSteps:
        return self


def _double(*values: float) -> FloatArray:
    return np.array(values)


@given(
    root=st.floats(-1e6, 1e6),
    steepness=st.floats(1e-3, 1e3),
    below=st.floats(1e-6, 1e6),
    above=st.floats(1e-6, 1e6),
    share=st.floats(0, 1),
)
def test_finds_the_root_of_a_sigmoid(
    root: float, steepness: float, below: float, above: float, share: float
) -> None:
    lower, upper = _double(root - below), _double(root + above)
    start = (lower + share * (upper - lower)).clip(lower, upper)
    found = find_root(Sigmoid(_double(root), _double(steepness), []), lower, upper, start)
    # A Newton step of 1e-8 of the bracket leaves an error of the order of its square.
    assert abs(found.item() - root) <= 1e-11 * (below + above + abs(root))


def test_a_flat_stretch_falls_back_on_bisection() -> None:
    found = find_root(TwoSteps(), _double(-51.0), _double(51.0), _double(0.0))
    assert abs(found.item() - 50) < 1e-9


def test_an_empty_bracket_is_its_own_root() -> None:
    point = _double(3.0)
    assert find_root(Sigmoid(point, point, []), point, point, point).item() == 3.0


def test_elements_that_are_done_leave() -> None:
    root = np.linspace(-1, 1, 100)
    steepness = np.full(100, 0.01)
    steepness[0] = 1e4  # a step: this one needs many more
    sigmoid = Sigmoid(root, steepness, [])
    lower, upper = np.full_like(root, -5.0), np.full_like(root, 9.0)
    found = find_root(sigmoid, lower, upper, np.zeros_like(root))
    np.testing.assert_allclose(found, root, rtol=0, atol=1e-11)
    assert sigmoid.calls[0] == 100
    assert sigmoid.calls[-1] == 1
    assert sum(sigmoid.calls) < 600


def test_a_root_does_not_depend_on_its_neighbours() -> None:
    root, steepness = _double(0.3, -2.0, 1.0), _double(1.0, 1e3, 0.01)
    bounds = np.full_like(root, -7.0), np.full_like(root, 8.0)
    together = find_root(Sigmoid(root, steepness, []), *bounds, np.zeros_like(root))
    for i in range(3):
        part = (x[i : i + 1] for x in (*bounds, np.zeros_like(root)))
        alone = find_root(Sigmoid(root[i : i + 1], steepness[i : i + 1], []), *part)
        assert alone.item() == together[i]


class Bend(NamedTuple):
    """``x + 10 x^2 (x - 0.05)``: from some points a Newton step is exact by chance."""

    def __call__(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        return x + 10 * x**2 * (x - 0.05), 1 + 30 * x**2 - x

    def select(self, element: NDArray[np.int64]) -> Bend:
        return self


def test_one_short_step_is_no_proof_of_convergence() -> None:
    starts = np.linspace(0.01, 0.12, 2001)
    lower, upper = np.full_like(starts, -1.0), np.full_like(starts, 1.0)
    found = find_root(Bend(), lower, upper, starts)
    np.testing.assert_allclose(found, 0, atol=1e-12)
