"""The heteroscedastic likelihood: bounds and start (test_regression.py has the rest)."""

import math

import numpy as np
import pytest
import torch

from skbayes.model import NormalLikelihood, TargetUnits
from skbayes.model.likelihoods.heteroscedastic import HeteroscedasticLikelihood
from skbayes.model.likelihoods.heteroscedastic_student_t import (
    HeteroscedasticStudentTLikelihood,
)

DOUBLE = torch.float64


def test_noise_stays_within_its_bounds() -> None:
    units = TargetUnits.of(np.zeros(1), np.array([100.0]), standardize=False)
    likelihood = HeteroscedasticLikelihood(units=units)
    outputs = torch.tensor([[[0.0, -1e30], [0.0, 1e30]]], dtype=DOUBLE)
    smallest, largest = likelihood.noise_scale(outputs).flatten()
    assert float(smallest) == pytest.approx(100 * math.exp(-11))
    assert float(largest) == pytest.approx(100 * math.exp(9))


def test_a_rounded_target_has_at_least_the_noise_of_rounding() -> None:
    # A uniform variable of width h has a variance of h^2 / 12.
    units = TargetUnits.of(np.zeros(1), np.array([4.0]), np.array([0.6]), standardize=True)
    likelihood, exact = HeteroscedasticLikelihood(units=units), HeteroscedasticLikelihood()
    outputs = torch.linspace(-20, 20, 9, dtype=DOUBLE).repeat_interleave(2).view(1, 9, 2)
    expected = np.sqrt(exact.noise_scale(outputs).numpy() ** 2 + (0.6 / 4) ** 2 / 12)
    np.testing.assert_allclose(likelihood.noise_scale(outputs), expected, rtol=1e-12)


@pytest.mark.parametrize("family", [HeteroscedasticLikelihood, HeteroscedasticStudentTLikelihood])
def test_gradient_with_rounding(family: type[HeteroscedasticLikelihood]) -> None:
    units = TargetUnits.of(np.zeros(2), np.ones(2), np.array([0.7, 0.0]), standardize=True)
    likelihood = family(units=units, n_targets=2)
    generator = torch.Generator().manual_seed(0)
    outputs = 3 * torch.randn(3, 5, 4, dtype=DOUBLE, generator=generator)
    targets = torch.randn(5, 2, dtype=DOUBLE, generator=generator)
    parameters = torch.zeros(3, likelihood.n_parameters, dtype=DOUBLE)
    outputs.requires_grad_(True)
    likelihood.log_prob(outputs, targets, parameters).sum().backward()
    gradient = likelihood.gradient(outputs.detach(), targets, parameters, None)
    torch.testing.assert_close(gradient.outputs, outputs.grad)


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
