"""The soft bound: the identity inside, a finite limit outside."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from skbayes.model.likelihoods.bounded import SoftBound

BOUND = SoftBound(linear=4.0, margin=2.0)


def test_identity_within_the_linear_range() -> None:
    x = torch.linspace(-4, 4, 9, dtype=torch.float64)
    assert torch.equal(BOUND(x).values, x)
    assert torch.equal(BOUND(x).slope, torch.ones_like(x))


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_bounded_and_increasing(first: float, second: float) -> None:
    values = BOUND(torch.tensor(sorted([first, second]), dtype=torch.float64)).values
    assert bool((values.abs() <= 6.0).all())
    assert values[0] <= values[1]


def test_the_way_back_from_far_beyond_has_a_slope() -> None:
    x = torch.tensor([-1e3, 1e3], dtype=torch.float64)
    assert bool((BOUND(x).slope > 1e-7).all())


def test_slope_agrees_with_autograd() -> None:
    x = torch.tensor([-40.0, -5.0, -4.0, 0.3, 4.5, 6.0], dtype=torch.float64, requires_grad=True)
    (expected,) = torch.autograd.grad(BOUND(x).values.sum(), x)
    torch.testing.assert_close(BOUND(x.detach()).slope, expected)


@given(st.lists(st.floats(-1e300, 1e300), min_size=1))
def test_arrays_are_bounded_as_tensors_are(values: list[float]) -> None:
    x = np.array(values)
    expected = BOUND(torch.from_numpy(x)).values.numpy()
    np.testing.assert_allclose(BOUND.of_array(x), expected, rtol=1e-15)


def test_no_values_and_values_that_are_not_numbers() -> None:
    assert BOUND(torch.empty(3, 0)).values.shape == (3, 0)
    values = BOUND(torch.tensor([0.5, torch.nan, 1e9])).values
    assert values.isnan().tolist() == [False, True, False]
    assert values[[0, 2]].tolist() == [0.5, 6.0]
