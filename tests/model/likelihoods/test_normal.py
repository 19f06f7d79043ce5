"""The normal likelihood, against SciPy and autograd."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from skbayes.model import NormalLikelihood, TargetUnits
from skbayes.model.likelihoods import Likelihood

DOUBLE = torch.float64


def _problem(n_targets: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(3, 5, n_targets, dtype=DOUBLE, generator=generator)
    targets = torch.randn(5, n_targets, dtype=DOUBLE, generator=generator)
    parameters = 0.5 * torch.randn(3, n_targets, dtype=DOUBLE, generator=generator)
    return outputs, targets, parameters


def _in_units_of_the_data(spread: float) -> NormalLikelihood:
    units = TargetUnits.of(np.array([7.0]), np.array([spread]), standardize=False)
    return NormalLikelihood(units=units)


@pytest.mark.parametrize("n_targets", [1, 2])
def test_log_prob_agrees_with_scipy(n_targets: int) -> None:
    outputs, targets, parameters = _problem(n_targets)
    likelihood = NormalLikelihood(n_targets)
    scale = likelihood.noise_scale(parameters).unsqueeze(1)
    expected = stats.norm.logpdf(targets.numpy(), outputs.numpy(), scale.numpy()).sum(axis=-1)
    actual = likelihood.log_prob(outputs, targets, parameters)
    torch.testing.assert_close(actual, torch.from_numpy(expected))


@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("weights_shape", [None, (5,), (3, 5)])
@pytest.mark.parametrize("targets_per_model", [False, True])
@pytest.mark.parametrize("known_noise", [False, True])
def test_gradient_agrees_with_autograd(
    n_targets: int,
    weights_shape: tuple[int, ...] | None,
    targets_per_model: bool,
    known_noise: bool,
) -> None:
    outputs, targets, parameters = _problem(n_targets)
    generator = torch.Generator().manual_seed(1)
    if targets_per_model:
        targets = targets + torch.randn(3, 1, 1, dtype=DOUBLE, generator=generator)
    row_weights = None
    if weights_shape is not None:
        row_weights = torch.rand(weights_shape, dtype=DOUBLE, generator=generator)
    noise = torch.full((n_targets,), 0.7, dtype=DOUBLE) if known_noise else None
    likelihood = NormalLikelihood(n_targets, noise_std=noise)
    parameters = parameters[:, : likelihood.n_parameters]
    expected = Likelihood.gradient(likelihood, outputs, targets, parameters, row_weights)
    actual = likelihood.gradient(outputs, targets, parameters, row_weights)
    torch.testing.assert_close(actual.log_likelihood, expected.log_likelihood)
    torch.testing.assert_close(actual.outputs, expected.outputs)
    torch.testing.assert_close(actual.parameters, expected.parameters)


def test_learned_noise_never_falls_below_its_floor() -> None:
    noise = _in_units_of_the_data(100.0).noise_scale(torch.tensor([[-800.0]], dtype=DOUBLE))
    assert float(noise) == pytest.approx(0.1)


def test_prior_of_the_noise_follows_the_unit_of_the_target() -> None:
    loc, _ = NormalLikelihood().parameter_prior()
    scaled, _ = _in_units_of_the_data(50.0).parameter_prior()
    assert float(scaled - loc) == pytest.approx(math.log(50.0))


def test_predictive_is_in_the_units_of_the_user() -> None:
    outputs, _, parameters = _problem(2)
    loc, scale = np.array([10.0, -5.0]), np.array([2.0, 0.1])
    likelihood = NormalLikelihood(2, units=TargetUnits.of(loc, scale, standardize=True))
    dist = likelihood.predictive(outputs, parameters)
    np.testing.assert_allclose(dist.mean(), (loc + scale * outputs.numpy()).mean(axis=0))
    variance = (scale * likelihood.noise_scale(parameters).numpy()) ** 2
    np.testing.assert_allclose(dist.aleatoric_std() ** 2, np.tile(variance.mean(axis=0), (5, 1)))
    noise_variance = likelihood.noise_variance(parameters)
    assert noise_variance is not None
    np.testing.assert_allclose(noise_variance, variance)
