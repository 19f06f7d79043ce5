"""The heteroscedastic likelihood: bounds and start (test_regression.py has the rest)."""

import math

import numpy as np
import pytest
import torch

from skbayes.model import NormalLikelihood, TargetUnits
from skbayes.model.likelihoods.heteroscedastic import HeteroscedasticLikelihood

DOUBLE = torch.float64


def test_noise_stays_within_its_bounds() -> None:
    units = TargetUnits.of(np.zeros(1), np.array([100.0]), standardize=False)
    likelihood = HeteroscedasticLikelihood(units=units)
    outputs = torch.tensor([[[0.0, -1e30], [0.0, 1e30]]], dtype=DOUBLE)
    smallest, largest = likelihood.noise_scale(outputs).flatten()
    assert float(smallest) == pytest.approx(100 * math.exp(-7))
    assert float(largest) == pytest.approx(100 * math.exp(5))


def test_training_starts_as_a_homoscedastic_model() -> None:
    likelihood = HeteroscedasticLikelihood(2)
    bias, weight_factor = likelihood.initial_outputs()
    assert weight_factor.tolist() == [1.0, 1.0, 0.0, 0.0]
    outputs = bias.expand(1, 5, 4)
    torch.testing.assert_close(likelihood.noise_scale(outputs), torch.ones(1, 5, 2, dtype=DOUBLE))
    targets = torch.randn(5, 2, dtype=DOUBLE, generator=torch.Generator().manual_seed(0))
    homoscedastic = NormalLikelihood(2, noise_std=torch.ones(2, dtype=DOUBLE))
    no_parameters = torch.zeros(1, 0, dtype=DOUBLE)
    torch.testing.assert_close(
        likelihood.log_prob(outputs, targets, no_parameters),
        homoscedastic.log_prob(outputs[..., :2], targets, no_parameters),
    )
