"""The scale mixture's parameters, and its density far from both components."""

import numpy as np
import pytest
import torch
from scipy import stats

from skbayes.model.priors import ScaleMixturePrior

ZERO, ONE = torch.zeros(1).double(), torch.ones(1).double()


@pytest.mark.parametrize(("pi", "sigma1", "sigma2"), [(0.25, 2.0, 0.01), (0.9, 0.1, 3.0)])
def test_parameters(pi: float, sigma1: float, sigma2: float) -> None:
    values = torch.linspace(-3, 3, 13, dtype=torch.float64)
    prior = ScaleMixturePrior(ZERO, 0.5 * ONE, pi=pi, sigma1=sigma1, sigma2=sigma2)
    first = stats.norm.pdf(values.numpy(), scale=0.5 * sigma1)
    second = stats.norm.pdf(values.numpy(), scale=0.5 * sigma2)
    expected = np.log(pi * first + (1 - pi) * second)
    np.testing.assert_allclose(prior.log_prob(values[:, None]).numpy(), expected, rtol=1e-12)


def test_far_out_the_wide_component_decides_exactly() -> None:
    # A sum of densities, or one with a small number added to keep the logarithm finite, would be
    # wrong here: both components underflow.
    prior = ScaleMixturePrior(ZERO, ONE)
    value = torch.tensor([60.0]).double()
    log_prob, gradient = prior.log_prob_gradient(value)
    assert float(log_prob) == pytest.approx(np.log(0.5) + stats.norm.logpdf(60.0), rel=1e-14)
    assert float(gradient) == pytest.approx(-60.0, rel=1e-14)
