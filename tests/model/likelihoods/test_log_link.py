"""Logarithmic links: units at the overall mean, start there, large counts."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from skbayes.model import LIKELIHOODS, TargetUnits
from skbayes.tables.target_units import target_units

LOG_LINKS = ("gamma", "poisson", "negative_binomial")
DOUBLE = torch.float64


@pytest.mark.parametrize("name", LOG_LINKS)
def test_an_output_of_zero_is_the_weighted_mean(name: str) -> None:
    y, weights = np.array([[1.0], [2.0], [9.0]]), np.array([1.0, 3.0, 0.5])
    units = target_units(y, weights, LIKELIHOODS[name].likelihood.unit_rule, standardize=True)
    likelihood = LIKELIHOODS[name].likelihood(units=units)
    parameters = torch.zeros(1, likelihood.n_parameters, dtype=DOUBLE)
    dist = likelihood.predictive(torch.zeros(1, 1, 1, dtype=DOUBLE), parameters)
    assert dist.mean()[0] == pytest.approx(np.average(y[:, 0], weights=weights))


@pytest.mark.parametrize("name", LOG_LINKS)
@pytest.mark.parametrize("standardize", [False, True])
def test_training_starts_at_the_mean_of_all_rows(name: str, standardize: bool) -> None:
    y = np.array([[1e6], [3e6]])
    units = target_units(y, None, LIKELIHOODS[name].likelihood.unit_rule, standardize=standardize)
    likelihood = LIKELIHOODS[name].likelihood(units=units)
    bias, weight_factor = likelihood.initial_outputs()
    assert weight_factor.tolist() == [0.0]
    parameters = torch.zeros(1, likelihood.n_parameters, dtype=DOUBLE)
    assert likelihood.predictive(bias.view(1, 1, 1), parameters).mean()[0] == pytest.approx(2e6)


def test_the_mean_of_the_largest_doubles_does_not_overflow() -> None:
    y = np.full((1000, 1), 1e308)
    units = target_units(y, None, LIKELIHOODS["gamma"].likelihood.unit_rule, standardize=True)
    assert units.loc[0] == pytest.approx(math.log(1e308))


@pytest.mark.parametrize("count", [0.0, 1.0, 1e7, 1e12])
@pytest.mark.parametrize("offset", [-1e-3, 0.0, 1e-3])
def test_large_counts_keep_their_digits_in_single_precision(count: float, offset: float) -> None:
    log_rate = math.log(max(count, 1.0))
    units = TargetUnits.of(np.array([log_rate]), np.ones(1), standardize=True)
    likelihood = LIKELIHOODS["poisson"].likelihood(units=units)
    outputs, targets = torch.tensor([[[offset]]]), torch.tensor([[count]])
    actual = float(likelihood.log_prob(outputs, targets, torch.zeros(1, 0)))
    expected = stats.poisson.logpmf(float(targets), math.exp(log_rate + offset))
    # The rounding of the offset to single precision alone moves the log rate by 1e-10.
    assert actual == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_a_negative_binomial_without_extra_noise_is_almost_a_poisson() -> None:
    outputs = torch.randn(2, 6, 1, dtype=DOUBLE, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[0.0], [1.0], [2.0], [3.0], [0.0], [5.0]], dtype=DOUBLE)
    small = torch.full((2, 1), -30.0, dtype=DOUBLE)
    torch.testing.assert_close(
        LIKELIHOODS["negative_binomial"].likelihood().log_prob(outputs, targets, small),
        LIKELIHOODS["poisson"].likelihood().log_prob(outputs, targets, small[:, :0]),
        rtol=1e-4,
        atol=1e-4,
    )
