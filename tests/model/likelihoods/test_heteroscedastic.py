"""The heteroscedastic normal likelihood, against SciPy and autograd."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from skbayes.model import HeteroscedasticLikelihood, NormalLikelihood, TargetUnits
from skbayes.model.likelihoods import Likelihood

DOUBLE = torch.float64


def _problem(n_targets: int, spread: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    outputs = spread * torch.randn(3, 5, 2 * n_targets, dtype=DOUBLE, generator=generator)
    targets = torch.randn(3, 5, n_targets, dtype=DOUBLE, generator=generator)
    return outputs, targets


@pytest.mark.parametrize("n_targets", [1, 2])
def test_log_prob_agrees_with_scipy(n_targets: int) -> None:
    outputs, targets = _problem(n_targets)
    location, spread = np.zeros(n_targets), np.full(n_targets, 3.0)
    units = TargetUnits.of(location, spread, standardize=False)
    likelihood = HeteroscedasticLikelihood(n_targets, units=units)
    mean, log_scale = outputs.split(n_targets, -1)
    scale = 3.0 * (log_scale - 1).exp()  # within the linear range of the bound
    expected = stats.norm.logpdf(targets, mean, scale).sum(axis=-1)
    actual = likelihood.log_prob(outputs, targets, torch.zeros(3, 0))
    torch.testing.assert_close(actual, torch.from_numpy(expected))


@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("spread", [1.0, 10.0])
@pytest.mark.parametrize("weights_shape", [None, (5,), (3, 5)])
@pytest.mark.parametrize("targets_per_model", [False, True])
def test_gradient_agrees_with_autograd(
    n_targets: int, spread: float, weights_shape: tuple[int, ...] | None, targets_per_model: bool
) -> None:
    outputs, targets = _problem(n_targets, spread)
    targets = targets if targets_per_model else targets[0]
    weights = None
    if weights_shape is not None:
        weights = torch.rand(weights_shape, generator=torch.Generator().manual_seed(1)).double()
    likelihood = HeteroscedasticLikelihood(n_targets)
    no_parameters = torch.zeros(3, 0, dtype=DOUBLE)
    expected = Likelihood.gradient(likelihood, outputs, targets, no_parameters, weights)
    actual = likelihood.gradient(outputs, targets, no_parameters, weights)
    torch.testing.assert_close(actual.log_likelihood, expected.log_likelihood)
    torch.testing.assert_close(actual.outputs, expected.outputs)
    assert actual.parameters.shape == (3, 0)


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


def test_predictive_is_in_the_units_of_the_user() -> None:
    outputs, _ = _problem(2)
    loc, scale = np.array([10.0, -5.0]), np.array([2.0, 0.1])
    likelihood = HeteroscedasticLikelihood(2, units=TargetUnits.of(loc, scale, standardize=True))
    dist = likelihood.predictive(outputs, torch.zeros(3, 0))
    np.testing.assert_allclose(dist.mean(), (loc + scale * outputs[..., :2].numpy()).mean(axis=0))
    variance = (scale * (outputs[..., 2:] - 1).exp().numpy()) ** 2
    np.testing.assert_allclose(dist.aleatoric_std() ** 2, variance.mean(axis=0))
    assert likelihood.noise_variance(torch.zeros(3, 0)) is None
