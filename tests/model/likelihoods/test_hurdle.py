"""Hurdle likelihoods: SciPy's densities, gradients, units, and what may be wrapped."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy import special, stats

from skbayes.likelihoods import Gamma, Hurdle, Normal
from skbayes.model import TargetUnits
from skbayes.model.likelihoods import HurdleLikelihood

NAMES = ["normal", "heteroscedastic", "heteroscedastic_student_t", "student_t", "laplace"]
UNITS = TargetUnits.of(np.array([1.0, -30.0]), np.array([0.5, 7.0]), standardize=True)
AT = np.array([0.9, -25.0])
TARGETS = np.array([[0.9, -30.0], [1.2, -25.0], [0.9, -25.0], [-3.0, -60.0], [1.19, -25.1]])


def _case(name: str, n_targets: int = 2) -> tuple[HurdleLikelihood, torch.Tensor, torch.Tensor]:
    """Of both targets, or of the second."""
    generator = torch.Generator().manual_seed(0)
    units = TargetUnits.of(UNITS.loc[-n_targets:], UNITS.scale[-n_targets:], standardize=True)
    likelihood = Hurdle(name, AT[-n_targets:]).build(n_targets, units)
    outputs = torch.randn(3, 5, likelihood.n_outputs, generator=generator).double()
    parameters = 0.5 * torch.randn(3, likelihood.n_parameters, generator=generator).double()
    return likelihood, outputs, parameters


def _scipy(name: str, outputs: torch.Tensor, parameters: torch.Tensor) -> Any:
    """SciPy's distributions elsewhere ``(K, B, t)`` in the units of the user."""
    location = UNITS.loc + UNITS.scale * outputs[..., :2].numpy()
    others = [x.numpy()[:, None] for x in parameters.split(2, -1) if x.shape[-1]]
    if name.startswith("heteroscedastic"):
        scale = np.exp(outputs[..., 4:].numpy() - 1)
    else:
        scale = 1e-3 + np.exp(others.pop(0))
    scale = UNITS.scale * scale
    if name.endswith("student_t"):
        return stats.t(1 + np.exp(others[0]), location, scale)
    return (stats.laplace if name == "laplace" else stats.norm)(location, scale)


@pytest.mark.parametrize("name", NAMES)
def test_log_prob_is_a_probability_at_the_value_and_a_density_elsewhere(name: str) -> None:
    likelihood, outputs, parameters = _case(name)
    probability = special.expit(outputs[..., 2:4].numpy())
    density = (1 - probability) * _scipy(name, outputs, parameters).pdf(TARGETS)
    expected = np.log(np.where(TARGETS == AT, probability, density)).sum(axis=-1)
    encoded = torch.from_numpy(likelihood.encode(TARGETS))
    actual = likelihood.log_prob(outputs, encoded, parameters).numpy()
    np.testing.assert_allclose(actual + likelihood.log_jacobian(TARGETS), expected, rtol=1e-8)
    one = likelihood.predictive(outputs[:1], parameters[:1]).log_prob(TARGETS).sum(axis=1)
    np.testing.assert_allclose(one, expected[0], rtol=1e-8)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("per_model", ["nothing", "weights", "targets"])
def test_gradient_agrees_with_finite_differences(name: str, n_targets: int, per_model: str) -> None:
    likelihood, outputs, parameters = _case(name, n_targets)
    targets = torch.from_numpy(likelihood.encode(TARGETS[:, -n_targets:]))
    if per_model == "targets":
        targets = torch.stack([targets, targets.flip(0), targets])
    weights = torch.tensor([1.0, 2.0, 0.5, 1.0, 0.0]).double()
    if per_model == "weights":
        weights = torch.stack([weights, weights.flip(0), torch.ones_like(weights)])
    gradient = likelihood.gradient(outputs, targets, parameters, weights)

    def total(outputs: torch.Tensor, parameters: torch.Tensor) -> float:
        return float((likelihood.log_prob(outputs, targets, parameters) * weights).sum())

    assert float(gradient.log_likelihood.sum()) == pytest.approx(total(outputs, parameters))
    step = 1e-6
    for inputs, found in ((outputs, gradient.outputs), (parameters, gradient.parameters)):
        assert not found.requires_grad
        for index in np.ndindex(*inputs.shape):
            kept = float(inputs[index])
            values = []
            for sign in (1, -1):
                inputs[index] = kept + sign * step
                values.append(total(outputs, parameters))
            inputs[index] = kept
            slope = (values[0] - values[1]) / (2 * step)
            assert float(found[index]) == pytest.approx(slope, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("output", [-1e4, 1e4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_are_finite_however_far_off_and_sure(
    name: str, n_targets: int, output: float, dtype: torch.dtype
) -> None:
    likelihood, outputs, parameters = _case(name, n_targets)
    outputs[..., : 2 * n_targets] = output
    targets = torch.from_numpy(likelihood.encode(TARGETS[:, -n_targets:])).to(dtype)
    gradient = likelihood.gradient(outputs.to(dtype), targets, parameters.to(dtype), None)
    # Of the noise it says something only where the outputs give it.
    for values in gradient if likelihood.n_noise_outputs else gradient[:-1]:
        assert values.dtype == dtype
        assert bool(values.isfinite().all())


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


@pytest.mark.parametrize("name", NAMES)
def test_a_target_without_a_value_has_a_density_alone(name: str) -> None:
    _, outputs, parameters = _case(name)
    plain = Hurdle(name, [0.9, None]).build(2, UNITS)
    probability = special.expit(outputs[..., 2:3].numpy())
    density = _scipy(name, outputs, parameters).pdf(TARGETS)
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


def test_what_it_says_of_its_base() -> None:
    likelihood, outputs, parameters = _case("heteroscedastic_student_t")
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
