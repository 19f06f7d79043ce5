"""The normal likelihood: known noise, floor and prior (test_regression.py has the rest)."""

import pytest
import torch

from skbayes.model import NormalLikelihood
from skbayes.model.likelihoods import Likelihood

DOUBLE = torch.float64


@pytest.mark.parametrize("weights_shape", [None, (5,), (3, 5)])
def test_gradient_with_known_noise(weights_shape: tuple[int, ...] | None) -> None:
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(3, 5, 2, dtype=DOUBLE, generator=generator)
    targets = torch.randn(5, 2, dtype=DOUBLE, generator=generator)
    row_weights = None
    if weights_shape is not None:
        row_weights = torch.rand(weights_shape, dtype=DOUBLE, generator=generator)
    likelihood = NormalLikelihood(2, noise_std=torch.tensor([0.7, 2.0], dtype=DOUBLE))
    no_parameters = torch.zeros(3, 0, dtype=DOUBLE)
    expected = Likelihood.gradient(likelihood, outputs, targets, no_parameters, row_weights)
    actual = likelihood.gradient(outputs, targets, no_parameters, row_weights)
    torch.testing.assert_close(actual.log_likelihood, expected.log_likelihood)
    torch.testing.assert_close(actual.outputs, expected.outputs)
    assert actual.parameters.shape == (3, 0)


def test_known_noise_has_no_prior() -> None:
    likelihood = NormalLikelihood(noise_std=torch.ones(1, dtype=DOUBLE))
    assert likelihood.n_parameters == 0
    assert likelihood.parameter_prior()[0].shape == (0,)
