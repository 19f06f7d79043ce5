"""The root finder, against functions whose roots are known."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from skbayes.predictive.roots import invert_cdf


@given(
    root=st.floats(-1e6, 1e6),
    steepness=st.floats(1e-3, 1e3),
    below=st.floats(1e-6, 1e6),
    above=st.floats(1e-6, 1e6),
)
def test_finds_the_root_of_a_sigmoid(
    root: float, steepness: float, below: float, above: float
) -> None:
    def excess(x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(steepness * (x - root))

    def slope(x: torch.Tensor) -> torch.Tensor:
        return steepness * (1 - excess(x).square())

    lower, upper = (torch.tensor([x], dtype=torch.float64) for x in (root - below, root + above))
    found = invert_cdf(excess, slope, lower, upper)
    # tanh underflows its argument's rounding: the root is as exact as the numbers around it.
    assert abs(float(found) - root) <= 1e-11 * (below + above + abs(root))


def test_a_flat_stretch_falls_back_on_bisection() -> None:
    # Two steps far apart, as of a mixture with distant components: Newton alone would leave.
    def excess(x: torch.Tensor) -> torch.Tensor:
        ndtr = torch.special.ndtr
        return 0.5 * ndtr((x + 50) / 0.1) + 0.5 * ndtr((x - 50) / 0.1) - 0.75

    def slope(x: torch.Tensor) -> torch.Tensor:
        return 0.5 * sum(
            torch.exp(-0.5 * ((x - c) / 0.1) ** 2) / 0.1 / (2 * torch.pi) ** 0.5 for c in (-50, 50)
        )

    lower, upper = torch.tensor([-51.0]).double(), torch.tensor([51.0]).double()
    assert abs(float(invert_cdf(excess, slope, lower, upper)) - 50) < 1e-9


def test_an_empty_bracket_is_its_own_root() -> None:
    point = torch.tensor([3.0], dtype=torch.float64)
    assert float(invert_cdf(lambda x: x - 3.0, torch.ones_like, point, point)) == 3.0
