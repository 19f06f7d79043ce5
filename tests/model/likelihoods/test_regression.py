"""What holds for every regression likelihood: densities of SciPy, exact gradients, units."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from skbayes.likelihoods import Hurdle
from skbayes.model import LIKELIHOODS, TargetUnits
from skbayes.model.likelihoods import Likelihood
from skbayes.tables.target_units import target_units

POSITIVE = ("lognormal", "gamma")
COUNTS = ("poisson", "negative_binomial")
UNBOUNDED = sorted(set(LIKELIHOODS) - {"logit_normal"})


def _logpdf(distribution: Any, y: np.ndarray) -> np.ndarray:
    is_count = hasattr(distribution.dist, "pmf")
    return distribution.logpmf(y) if is_count else distribution.logpdf(y)


def test_every_likelihood_has_a_case(case: Any) -> None:
    assert case.name in LIKELIHOODS


def test_log_prob_agrees_with_scipy(case: Any) -> None:
    likelihood, y = case.likelihood(), case.targets()
    outputs, parameters = case.outputs_and_parameters()
    encoded = torch.from_numpy(np.stack([likelihood.encode(rows) for rows in y]))
    jacobian = np.stack([likelihood.log_jacobian(rows) for rows in y])
    actual = likelihood.log_prob(outputs, encoded, parameters).numpy() + jacobian
    np.testing.assert_allclose(actual, _logpdf(case.distribution(), y).sum(axis=-1), rtol=1e-9)


def test_function_values_of_arrays_are_the_means_of_the_mixture(case: Any) -> None:
    likelihood = case.likelihood()
    outputs, parameters = case.outputs_and_parameters()
    expected = likelihood.predictive(outputs, parameters).function_values()
    actual = likelihood.function_values(outputs.numpy(), parameters.numpy())
    np.testing.assert_allclose(actual, expected, rtol=1e-14)
    np.testing.assert_allclose(actual, case.distribution().mean(), rtol=1e-9)


@pytest.mark.parametrize("weights_shape", [None, (5,), (3, 5)])
@pytest.mark.parametrize("targets_per_model", [False, True])
@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("spread", [1.0, 12.0])
def test_gradient_agrees_with_autograd(
    case: Any,
    weights_shape: tuple[int, ...] | None,
    targets_per_model: bool,
    standardize: bool,
    spread: float,
) -> None:
    units = TargetUnits.of(case.units.loc, case.units.scale, standardize=standardize)
    likelihood = case.likelihood(units)
    outputs, parameters = case.outputs_and_parameters()
    outputs = spread * outputs
    targets = torch.from_numpy(np.stack([likelihood.encode(rows) for rows in case.targets()]))
    targets = targets if targets_per_model else targets[0]
    weights = None
    if weights_shape is not None:
        weights = torch.rand(weights_shape, generator=torch.Generator().manual_seed(1)).double()
    expected = Likelihood.gradient(likelihood, outputs, targets, parameters, weights)
    actual = likelihood.gradient(outputs, targets, parameters, weights)
    for name in actual._fields:
        torch.testing.assert_close(
            getattr(actual, name), getattr(expected, name), rtol=1e-8, atol=1e-8
        )


def test_gradient_agrees_with_finite_differences(case: Any) -> None:
    likelihood = case.likelihood()
    outputs, parameters = case.outputs_and_parameters()
    targets = torch.from_numpy(likelihood.encode(case.targets()[0]))
    gradient = likelihood.gradient(outputs, targets, parameters, None)
    step = 1e-5

    def difference(inputs: torch.Tensor, index: tuple[int, ...], is_output: bool) -> float:
        values = []
        for sign in (1, -1):
            moved = inputs.clone()
            moved[index] += sign * step
            pair = (moved, parameters) if is_output else (outputs, moved)
            values.append(float(likelihood.log_prob(pair[0], targets, pair[1]).sum()))
        return (values[0] - values[1]) / (2 * step)

    index = (1, 2, likelihood.n_outputs - 1)
    assert float(gradient.outputs[index]) == pytest.approx(
        difference(outputs, index, True), rel=1e-6, abs=1e-6
    )
    for entry in range(likelihood.n_parameters):
        assert float(gradient.parameters[1, entry]) == pytest.approx(
            difference(parameters, (1, entry), False), rel=1e-6, abs=1e-6
        )


def _parts(likelihood: Any, gradient: Any) -> list[Any]:
    """All that a gradient says: of the noise only where the outputs give it."""
    return list(gradient if likelihood.n_noise_outputs else gradient[:-1])


def test_single_precision_keeps_its_digits(case: Any) -> None:
    likelihood = case.likelihood()
    outputs, parameters = case.outputs_and_parameters()
    targets = torch.from_numpy(likelihood.encode(case.targets()[0]))
    double = likelihood.gradient(outputs, targets, parameters, None)
    single = likelihood.gradient(outputs.float(), targets.float(), parameters.float(), None)
    for values, precise in zip(_parts(likelihood, single), _parts(likelihood, double), strict=True):
        assert values.dtype == torch.float32
        torch.testing.assert_close(values.double(), precise, rtol=2e-4, atol=2e-4)


def test_predictive_is_the_mixture_in_the_units_of_the_user(case: Any) -> None:
    outputs, parameters = case.outputs_and_parameters()
    dist = case.likelihood().predictive(outputs, parameters)
    distribution, y = case.distribution(), case.targets()[0]
    density = np.exp(_logpdf(distribution, y)).mean(axis=0)
    np.testing.assert_allclose(np.exp(dist.log_prob(y)), density, rtol=1e-9)
    np.testing.assert_allclose(dist.cdf(y), distribution.cdf(y).mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(dist.mean(), distribution.mean().mean(axis=0), rtol=1e-9)


def test_predictive_of_single_precision_draws_is_double(case: Any) -> None:
    outputs, parameters = case.outputs_and_parameters()
    likelihood = case.likelihood()
    single = likelihood.predictive(outputs.float(), parameters.float())
    double = likelihood.predictive(outputs, parameters)
    assert single.mean().dtype == np.float64
    np.testing.assert_allclose(single.mean(), double.mean(), rtol=1e-5)


@pytest.mark.parametrize("output", [-1e30, 1e30])
def test_far_away_logarithms_stay_finite(case: Any, output: float) -> None:
    likelihood = case.likelihood()
    outputs, parameters = case.outputs_and_parameters()
    outputs = torch.full_like(outputs, output)
    if not likelihood.positive_only and case.name != "logit_normal":
        outputs[..., :2] = 0.0  # only logarithms are bounded
    dist = likelihood.predictive(outputs, parameters)
    assert np.isfinite(dist.mean()).all()
    assert np.isfinite(dist.interval(0.9)).all()
    targets = torch.from_numpy(likelihood.encode(case.targets()[0]))
    for values in _parts(likelihood, likelihood.gradient(outputs, targets, parameters, None)):
        assert bool(values.isfinite().all())


def test_named_parameters_are_in_the_units_of_the_user(case: Any) -> None:
    _, parameters = case.outputs_and_parameters()
    named = case.likelihood().named_parameters(parameters)
    frozen = case.distribution()
    if case.name in ("normal", "laplace"):
        expected = {"scale": frozen.kwds.get("scale", frozen.args[-1])}
    elif case.name == "student_t":
        expected = {"df": frozen.args[0], "scale": frozen.args[2]}
    elif case.name == "heteroscedastic_student_t":
        expected = {"df": frozen.args[0]}
    elif case.name in ("lognormal", "logit_normal", "gamma", "negative_binomial"):
        key = {
            "lognormal": "scale",
            "logit_normal": "scale",
            "gamma": "shape",
            "negative_binomial": "size",
        }[case.name]
        expected = {key: frozen.args[0]}
    else:
        expected = {}
    if case.is_skewed:
        expected["skew"] = np.exp(frozen.args[-1])
    assert named.keys() == expected.keys()
    for key, values in expected.items():
        np.testing.assert_allclose(named[key], values[:, 0])


def test_noise_variance_where_it_is_the_same_for_every_row(case: Any) -> None:
    _, parameters = case.outputs_and_parameters()
    variance = case.likelihood().noise_variance(parameters)
    if case.name in ("normal", "laplace", "student_t"):
        assert variance is not None
        np.testing.assert_allclose(variance, case.distribution().var()[:, 0])
    else:
        assert variance is None


@pytest.mark.parametrize("name", UNBOUNDED)
@given(log_unit=st.floats(-60, 60), seed=st.integers(0, 100))
@settings(max_examples=10, deadline=None)
def test_targets_of_any_scale_look_the_same_to_the_network(
    name: str, log_unit: float, seed: int
) -> None:
    y = np.random.RandomState(seed).lognormal(size=(12, 2)) + 0.1
    if name in COUNTS:
        y, log_unit = np.ceil(y), abs(log_unit) / 3
    unit = np.exp(log_unit).round() if name in COUNTS else np.exp(log_unit)
    encoded, jacobians = [], []
    for values in (y, unit * y):
        units = target_units(values, None, LIKELIHOODS[name].likelihood.unit_rule, standardize=True)
        likelihood = LIKELIHOODS[name].likelihood(2, units=units)
        encoded.append(likelihood.encode(values))
        jacobians.append(likelihood.log_jacobian(values))
    if name in COUNTS:
        assert np.array_equal(encoded[1], unit * y)  # counts are not scaled
    else:
        np.testing.assert_allclose(encoded[0], encoded[1], rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(jacobians[1] - jacobians[0], -2 * log_unit, atol=1e-7)


@pytest.mark.parametrize("name", UNBOUNDED)
def test_whole_weights_are_copies_of_rows_in_the_units(name: str) -> None:
    rng = np.random.RandomState(0)
    y, counts = np.ceil(rng.lognormal(size=(8, 2))), rng.randint(1, 4, size=8)
    weighted = target_units(
        y, counts.astype(float), LIKELIHOODS[name].likelihood.unit_rule, standardize=True
    )
    repeated = target_units(
        np.repeat(y, counts, axis=0), None, LIKELIHOODS[name].likelihood.unit_rule, standardize=True
    )
    np.testing.assert_allclose(weighted.loc, repeated.loc, rtol=1e-12)
    np.testing.assert_allclose(weighted.scale, repeated.scale, rtol=1e-12)


@pytest.mark.parametrize("name", POSITIVE)
@pytest.mark.parametrize("wrong", [0.0, -2.5])
def test_targets_that_are_not_positive_are_refused(name: str, wrong: float) -> None:
    y = np.array([[1.0, 2.0], [3.0, wrong]])
    message = f"likelihood='{name}' needs positive targets. Got {wrong:g} in row 1, column 1"
    with pytest.raises(ValueError, match=message):
        LIKELIHOODS[name].likelihood.check_targets(y)
    LIKELIHOODS[name].likelihood.check_targets(np.array([[5e-324, 1e308]]))


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("wrong", [-1.0, 0.5, 1e300])
def test_targets_that_are_no_counts_are_refused(name: str, wrong: float) -> None:
    y = np.array([[1.0, 2.0], [wrong, 0.0]])
    message = rf"likelihood='{name}' needs counts as targets .*Got {wrong:g} in row 1, column 0"
    with pytest.raises(ValueError, match=message.replace("+", r"\+")):
        LIKELIHOODS[name].likelihood.check_targets(y)
    LIKELIHOODS[name].likelihood.check_targets(np.array([[0.0, 2.0**53]]))


@pytest.mark.parametrize("name", sorted(set(UNBOUNDED) - {*POSITIVE, *COUNTS}))
def test_other_likelihoods_allow_any_target(name: str) -> None:
    LIKELIHOODS[name].likelihood.check_targets(np.array([[-1e300, 0.0], [0.5, 1e300]]))
    assert not LIKELIHOODS[name].likelihood.positive_only


@pytest.mark.parametrize("name", COUNTS)
def test_counts_that_are_all_zero_have_a_small_rate(name: str) -> None:
    units = target_units(
        np.zeros((50, 1)), None, LIKELIHOODS[name].likelihood.unit_rule, standardize=True
    )
    assert np.exp(units.loc[0]) == pytest.approx(0.01)


def test_normal_scores_are_those_of_the_distribution(case: Any) -> None:
    if case.name in COUNTS:
        return  # where values have probabilities: below
    outputs, parameters = case.outputs_and_parameters()
    likelihood, y = case.likelihood(), case.targets()[0]
    encoded = torch.from_numpy(likelihood.encode(y))
    below = case.distribution().cdf(y).mean(axis=0)
    found = likelihood.normal_scores(outputs, encoded, parameters)
    np.testing.assert_allclose(found, stats.norm.ppf(below), rtol=1e-7, atol=1e-9)


def test_normal_scores_of_a_value_with_a_probability_are_spread_evenly() -> None:
    likelihood = Hurdle("normal", at=0.0).build(1, TargetUnits.standard(1))
    outputs = torch.tensor([[0.0, 0.0]]).double().expand(1, 2000, 2)  # even odds, mean 0
    parameters = torch.zeros(1, 1, dtype=torch.float64)
    scores = likelihood.normal_scores(outputs, torch.zeros(2000, 1).double(), parameters)
    # From a quarter to three quarters.
    spread = 2 * (stats.norm.cdf(np.sort(scores[:, 0])) - 0.25)
    np.testing.assert_allclose(spread, np.linspace(0, 1, 2000), atol=2e-3)
    far = torch.tensor([[-1e9], [1e9]]).double()
    ends = likelihood.normal_scores(outputs[:, :2], far, parameters)[:, 0]
    np.testing.assert_allclose(ends, stats.norm.ppf([1e-3, 1 - 1e-3]))
