"""Hurdle likelihoods: SciPy's densities, gradients, units, and what may be wrapped."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy import special

from skbayes.likelihoods import Gamma, Hurdle, Normal
from skbayes.model import LikelihoodFamily, TargetUnits

AT = np.array([0.9, -25.0])
TARGETS = np.array([[0.9, -30.0], [1.2, -25.0], [0.9, -25.0], [-3.0, -60.0], [1.19, -25.1]])


def test_log_prob_is_a_probability_at_the_value_and_a_density_elsewhere(
    wrapped: LikelihoodFamily, wrapping: Any
) -> None:
    likelihood, outputs, parameters = wrapping.build(Hurdle(wrapped, AT), 2)
    probability = special.expit(outputs[..., 2:4].numpy())
    density = (1 - probability) * wrapping.scipy(wrapped, outputs, parameters, 1.0).pdf(TARGETS)
    expected = np.log(np.where(TARGETS == AT, probability, density)).sum(axis=-1)
    encoded = torch.from_numpy(likelihood.encode(TARGETS))
    actual = likelihood.log_prob(outputs, encoded, parameters).numpy()
    np.testing.assert_allclose(actual + likelihood.log_jacobian(TARGETS), expected, rtol=1e-8)
    one = likelihood.predictive(outputs[:1], parameters[:1]).log_prob(TARGETS).sum(axis=1)
    np.testing.assert_allclose(one, expected[0], rtol=1e-8)


@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("per_model", ["nothing", "weights", "targets"])
def test_gradient_agrees_with_finite_differences(
    wrapped: LikelihoodFamily, wrapping: Any, n_targets: int, per_model: str
) -> None:
    likelihood, outputs, parameters = wrapping.build(Hurdle(wrapped, AT[-n_targets:]), n_targets)
    targets = torch.from_numpy(likelihood.encode(TARGETS[:, -n_targets:]))
    wrapping.check_gradient(likelihood, outputs, parameters, targets, per_model)


@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("output", [-1e4, 1e4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_are_finite_however_far_off_and_sure(
    wrapped: LikelihoodFamily, wrapping: Any, n_targets: int, output: float, dtype: torch.dtype
) -> None:
    likelihood, outputs, parameters = wrapping.build(Hurdle(wrapped, AT[-n_targets:]), n_targets)
    outputs[..., : 2 * n_targets] = output
    targets = torch.from_numpy(likelihood.encode(TARGETS[:, -n_targets:]))
    wrapping.check_finite(likelihood, outputs, parameters, targets, dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_target_at_the_value_is_known_in_any_precision(dtype: torch.dtype) -> None:
    rng = np.random.RandomState(0)
    for location, spread in rng.uniform(1e-3, 1e6, size=(50, 2)):
        units = TargetUnits.of(np.array([location]), np.array([spread]), standardize=True)
        at = location + spread * rng.normal()
        likelihood = Hurdle("normal", at).build(1, units)
        target = torch.from_numpy(likelihood.encode(np.array([[at]]))).to(dtype)
        log_prob = likelihood.log_prob(torch.zeros(1, 1, 2).to(dtype), target, torch.zeros(1, 1))
        assert float(log_prob) == pytest.approx(np.log(0.5))


def test_a_target_without_a_value_has_a_density_alone(
    wrapped: LikelihoodFamily, wrapping: Any
) -> None:
    _, outputs, parameters = wrapping.build(Hurdle(wrapped, AT), 2)
    plain = Hurdle(wrapped, [0.9, None]).build(2, wrapping.UNITS)
    probability = special.expit(outputs[..., 2:3].numpy())
    density = wrapping.scipy(wrapped, outputs, parameters, 1.0).pdf(TARGETS)
    density[..., :1] = np.where(
        TARGETS[:, :1] == 0.9, probability, (1 - probability) * density[..., :1]
    )
    encoded = torch.from_numpy(plain.encode(TARGETS))
    actual = plain.log_prob(outputs, encoded, parameters).numpy() + plain.log_jacobian(TARGETS)
    np.testing.assert_allclose(actual, np.log(density).sum(axis=-1), rtol=1e-8)
    gradient = plain.gradient(outputs, encoded, parameters, None)
    assert bool(gradient.outputs.isfinite().all())
    assert not gradient.outputs[..., 3].any()  # log odds of what cannot be
    assert gradient.outputs[..., 2].any()


def test_what_it_says_of_its_base(wrapping: Any) -> None:
    likelihood, outputs, parameters = wrapping.build(Hurdle("heteroscedastic_student_t", AT), 2)
    assert (likelihood.n_outputs, likelihood.n_noise_outputs) == (6, 2)
    assert likelihood.named_parameters(parameters).keys() == {"df"}
    assert likelihood.noise_variance(parameters) is None  # it depends on the inputs
    torch.testing.assert_close(likelihood.log_noise(outputs), outputs[..., 4:] - 1)
    start = likelihood.initial_outputs()
    assert start.bias.tolist() == [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    assert start.weight_factor[-2:].tolist() == [0.0, 0.0]


def test_a_choice_that_only_an_estimator_can_make() -> None:
    with pytest.raises(ValueError, match=r"likelihood of Hurdle must be one of .*Got likelihood="):
        Hurdle().build(1, TargetUnits.standard(1))
    family = Hurdle(at=2.0).with_default(Normal())
    assert (repr(family.likelihood), family.at) == ("Normal()", 2.0)
    assert repr(Hurdle("laplace").with_default(Normal()).likelihood) == "Laplace()"
    with pytest.raises(ValueError, match="The 'likelihood' parameter of Hurdle must be"):
        Hurdle(Gamma())._validate_params()
