"""Adaptive sums and integrals, against closed forms."""

import math

import numpy as np
import pytest
import torch

from skbayes.predictive.quadrature import (
    N_NODES,
    Panels,
    Range,
    adaptive_sum,
    gauss_rule,
    integration_matrix,
)

DOUBLE = torch.float64


def _tensor(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=DOUBLE)


@pytest.mark.parametrize("level", [0, 1, 5, 20])
def test_gauss_rule_sums_polynomials_exactly(level: int) -> None:
    n_terms = N_NODES * 2**level
    rule = gauss_rule(n_terms)
    # Moments of the points 0 ... n-1 moved to the middle and scaled to length 1.
    for degree, exact in ((0, 1.0), (1, 0.0), (2, (1 - n_terms**-2) / 12)):
        assert float((rule.nodes**degree) @ rule.weights) == pytest.approx(exact, abs=1e-15)
    if level <= 5:
        points = (np.arange(n_terms) - 0.5 * (n_terms - 1)) / n_terms
        for degree in (10, 30):
            moment = float((rule.nodes**degree) @ rule.weights)
            assert moment == pytest.approx((points**degree).mean(), rel=1e-10)


def test_gauss_rule_of_an_interval_is_gauss_legendre() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(N_NODES)
    rule = gauss_rule(math.inf)
    np.testing.assert_allclose(rule.nodes, nodes / 2, atol=1e-14)
    np.testing.assert_allclose(rule.weights, weights / 2, atol=1e-14)


def test_integration_matrix_integrates_polynomials() -> None:
    nodes = gauss_rule(math.inf).nodes
    for degree in (0, 3, 15):
        expected = (nodes ** (degree + 1) - (-0.5) ** (degree + 1)) / (degree + 1)
        torch.testing.assert_close(
            integration_matrix() @ nodes**degree, expected, atol=1e-14, rtol=0
        )


def test_integrals_of_bumps_of_very_different_widths() -> None:
    centres, widths = _tensor(0.3, 1000.0)[:, None], _tensor(1e-3, 50.0)[:, None]

    def bumps(panels: Panels) -> torch.Tensor:
        z = (panels.points[None] - centres[:, panels.element, None]) / widths[
            :, panels.element, None
        ]
        return torch.exp(-0.5 * z.square()).sum(0)

    where = Range(_tensor(0.0), _tensor(1.0), _tensor(-2048.0), torch.tensor([8]))
    total = adaptive_sum(bumps, where, centres, widths, _tensor(1e-10), integers=False)
    assert float(total) == pytest.approx(math.sqrt(2 * math.pi) * 50.001, rel=1e-11)


def test_sums_over_integers_of_several_elements() -> None:
    # sum_k r^k = 1 / (1 - r), from where each element starts.
    ratio, first = _tensor(0.2, 0.999, 0.99999), _tensor(0.0, 0.0, 7.0)

    def powers(panels: Panels) -> torch.Tensor:
        return ratio[panels.element, None] ** panels.points

    level = torch.tensor([2, 12, 18])
    where = Range(torch.zeros(3).double(), torch.ones(3).double(), first - 0.5, level)
    widths = (1 / (1 - ratio))[None]
    total = adaptive_sum(powers, where, first[None], widths, _tensor(*[1e-12] * 3), integers=True)
    n_terms = N_NODES * 2.0**level
    expected = ratio**first * (1 - ratio**n_terms) / (1 - ratio)
    torch.testing.assert_close(total, expected, rtol=1e-11, atol=0)
