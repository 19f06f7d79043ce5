"""The Laplace mixture."""

import itertools

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from skbayes.predictive import LaplaceMixture


def _pair_distance(difference: float, scales: tuple[float, float]) -> float:
    loc = torch.tensor([0.0, difference], dtype=torch.float64)[:, None, None]
    mixture = LaplaceMixture(loc, torch.tensor(scales, dtype=torch.float64)[:, None, None])
    # Of the four ordered pairs two are of one component: E|X - X'| = 3/2 scale.
    return float(2 * mixture._mean_pair_distance()) - 0.5 * 1.5 * sum(scales)


@pytest.mark.parametrize("difference", [0.0, 0.7, -5.0])
@pytest.mark.parametrize("scales", [(1.0, 2.0), (1.0, 1.0), (1.0, 1 + 1e-9), (1e-6, 3.0)])
def test_distance_of_two_components(difference: float, scales: tuple[float, float]) -> None:
    first, second = stats.laplace(0, scales[0]), stats.laplace(difference, scales[1])

    def either(x: float) -> float:
        return first.cdf(x) * second.sf(x) + second.cdf(x) * first.sf(x)

    edges = np.unique([-150.0, -6.0, -1e-5, 0.0, 1e-5, difference, 6.0, 150.0])
    expected = sum(
        integrate.quad(either, *ends, limit=200, epsabs=1e-13)[0]
        for ends in itertools.pairwise(edges)
    )
    assert _pair_distance(difference, scales) == pytest.approx(expected, rel=1e-9)


def test_crps_of_one_component_is_the_textbook_formula() -> None:
    # Jordan, Krüger & Lerch 2019: |z| + exp(-|z|) - 3/4.
    mixture = LaplaceMixture(torch.tensor([[[2.0]]]), torch.tensor([[[3.0]]]))
    z = (5.0 - 2.0) / 3.0
    assert mixture.crps([5.0])[0] == pytest.approx(3 * (z + np.exp(-z) - 0.75))
