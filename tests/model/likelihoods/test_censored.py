"""Censored likelihoods: SciPy's densities and tails, gradients, units, and what may be wrapped."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy import special

from skbayes.likelihoods import Censored, Gamma, Normal
from skbayes.model import Bounds, LikelihoodFamily, TargetUnits

# One target has a cap, the other both bounds.
LOWER, UPPER = [-np.inf, -35.0], [1.2, -25.0]
TARGETS = np.array([[0.9, -30.0], [1.2, -35.0], [5.0, -25.0], [-3.0, -60.0], [1.19, -26.0]])


def test_log_prob_is_a_density_inside_and_a_tail_at_the_bounds(
    wrapped: LikelihoodFamily, wrapping: Any
) -> None:
    likelihood, outputs, parameters = wrapping.build(Censored(wrapped, LOWER, UPPER), 2)
    base = wrapping.scipy(wrapped, outputs, parameters, 2.0)
    expected = np.where(
        TARGETS >= UPPER,
        base.logsf(UPPER),
        np.where(TARGETS <= LOWER, base.logcdf(LOWER), base.logpdf(TARGETS)),
    ).sum(axis=-1)
    encoded = torch.from_numpy(likelihood.encode(TARGETS))
    actual = likelihood.log_prob(outputs, encoded, parameters).numpy()
    np.testing.assert_allclose(actual + likelihood.log_jacobian(TARGETS), expected, rtol=1e-8)
    dist = likelihood.predictive(outputs, parameters)
    mixture = dist.log_prob(TARGETS).sum(axis=1)
    one = likelihood.predictive(outputs[:1], parameters[:1]).log_prob(TARGETS).sum(axis=1)
    np.testing.assert_allclose(one, expected[0], rtol=1e-8)
    assert np.isfinite(mixture).all()
    np.testing.assert_allclose(dist.uncensored.mean(), base.mean().mean(axis=0), rtol=1e-9)


@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("per_model", ["nothing", "weights", "targets"])
def test_gradient_agrees_with_finite_differences(
    wrapped: LikelihoodFamily, wrapping: Any, n_targets: int, per_model: str
) -> None:
    likelihood, outputs, parameters = wrapping.build(
        Censored(wrapped, LOWER[-n_targets:], UPPER[-n_targets:]), n_targets
    )
    targets = torch.from_numpy(likelihood.encode(TARGETS[:, -n_targets:]))
    wrapping.check_gradient(likelihood, outputs, parameters, targets, per_model)


@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("output", [-1e4, 1e4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_are_finite_however_far_a_bound_is(
    wrapped: LikelihoodFamily, wrapping: Any, n_targets: int, output: float, dtype: torch.dtype
) -> None:
    likelihood, outputs, parameters = wrapping.build(
        Censored(wrapped, LOWER[-n_targets:], UPPER[-n_targets:]), n_targets
    )
    outputs[..., :n_targets] = output
    targets = torch.from_numpy(likelihood.encode(TARGETS[:, -n_targets:]))
    wrapping.check_finite(likelihood, outputs, parameters, targets, dtype)


def test_what_has_no_graph_leaves_none(wrapped: LikelihoodFamily, wrapping: Any) -> None:
    likelihood, outputs, parameters = wrapping.build(Censored(wrapped, LOWER[1:], UPPER[1:]), 1)
    targets = torch.from_numpy(likelihood.encode(TARGETS[:, -1:]))
    found = likelihood.gradient(outputs, targets, parameters, None)
    assert not any(part.requires_grad for part in found[:3])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_target_at_a_bound_is_known_in_any_precision(dtype: torch.dtype) -> None:
    # Of the density, not of a tail, the logarithm would grow with the precision of the noise.
    rng = np.random.RandomState(0)
    for location, spread in rng.uniform(1e-3, 1e6, size=(50, 2)):
        units = TargetUnits.of(np.array([location]), np.array([spread]), standardize=True)
        upper = location + spread * rng.normal()
        likelihood = Censored("normal", upper=upper).build(1, units)
        target = torch.from_numpy(likelihood.encode(np.array([[upper], [upper + spread]]))).to(
            dtype
        )
        log_prob = likelihood.log_prob(torch.zeros(1, 2, 1), target, torch.zeros(1, 1))
        z = (upper - location) / spread / 1.001
        np.testing.assert_allclose(log_prob[0], special.log_ndtr(-z), rtol=1e-5)


def test_nothing_at_a_bound_is_the_family_itself(wrapping: Any) -> None:
    likelihood, outputs, parameters = wrapping.build(Censored("student_t", LOWER, UPPER), 2)
    inside = torch.from_numpy(likelihood.encode(TARGETS[[0, 4, 0, 4, 0]]))
    base = likelihood._base
    torch.testing.assert_close(
        likelihood.log_prob(outputs, inside, parameters),
        base.log_prob(outputs, inside, parameters),
    )
    np.testing.assert_array_equal(
        likelihood.log_jacobian(TARGETS[[0]]), base.log_jacobian(TARGETS[[0]])
    )
    assert likelihood.named_parameters(parameters).keys() == {"scale", "df"}
    assert likelihood.noise_variance(parameters) is None  # it depends on the inputs


def test_a_choice_that_only_an_estimator_can_make() -> None:
    with pytest.raises(
        ValueError, match=r"likelihood of Censored must be one of .*Got likelihood="
    ):
        Censored(upper=1.0).build(1, TargetUnits.standard(1))
    family = Censored(upper=1.0).with_default(Normal())
    assert repr(family.likelihood) == "Normal()"
    assert repr(Censored("laplace", upper=1.0).with_default(Normal()).likelihood) == "Laplace()"
    with pytest.raises(ValueError, match="The 'likelihood' parameter of Censored must be"):
        Censored(Gamma(), upper=1.0)._validate_params()


def test_bounds_clip_and_tell() -> None:
    bounds = Bounds.of(None, [2.0, 3.0], 2)
    np.testing.assert_array_equal(bounds.lower, [-np.inf, -np.inf])
    targets = np.array([[2.0, 2.0], [5.0, 5.0]])
    np.testing.assert_array_equal(bounds.clip(targets), [[2.0, 2.0], [2.0, 3.0]])
    np.testing.assert_array_equal(bounds.inside(targets), [[False, True], [False, False]])
