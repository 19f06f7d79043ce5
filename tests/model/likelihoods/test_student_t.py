"""The Student-t likelihood: degrees of freedom and robust units."""

import math

import numpy as np
import pytest
import torch

from skbayes.model import LIKELIHOODS
from skbayes.model.likelihoods.student_t import StudentTLikelihood
from skbayes.tables.target_units import target_units


def test_the_mean_always_exists() -> None:
    parameters = torch.tensor([[0.0, -800.0], [0.0, 3.0]], dtype=torch.float64)
    df = StudentTLikelihood().named_parameters(parameters)["df"]
    assert df[0] == 1.0
    assert float(df[1]) == pytest.approx(1 + math.exp(3))


def test_a_variance_that_does_not_exist_is_infinite() -> None:
    parameters = torch.tensor([[0.0, -0.1], [0.0, 3.0]], dtype=torch.float64)
    variance = StudentTLikelihood().noise_variance(parameters)
    assert variance is not None
    assert variance.isinf().flatten().tolist() == [True, False]


def test_prior_of_the_degrees_of_freedom() -> None:
    loc, scale = (x[1] for x in StudentTLikelihood().parameter_prior())
    low, high = (1 + float((loc + sign * 1.96 * scale).exp()) for sign in (-1, 1))
    assert low == pytest.approx(2.4, abs=0.1)
    assert high == pytest.approx(72, abs=1)


def test_an_outlier_does_not_spoil_the_units() -> None:
    y = np.random.RandomState(0).normal(size=(100, 1))
    spoiled = y.copy()
    spoiled[0] = 1e9
    clean, robust = (
        target_units(values, None, LIKELIHOODS["student_t"].likelihood.unit_rule, standardize=True)
        for values in (y, spoiled)
    )
    assert abs(clean.loc - robust.loc)[0] < 0.1
    assert abs(clean.scale - robust.scale)[0] < 0.1


def test_an_outlier_pulls_the_less_the_further_away_it_is() -> None:
    outputs = torch.zeros(1, 3, 1, dtype=torch.float64)
    targets = torch.tensor([[2.0], [20.0], [200.0]], dtype=torch.float64)
    parameters = torch.tensor([[0.0, math.log(2.0)]], dtype=torch.float64)
    pull = StudentTLikelihood().gradient(outputs, targets, parameters, None).outputs.flatten()
    assert pull[0] > pull[1] > pull[2] > 0
