"""Learned scales: their floor and their prior follow the size of the target."""

import math

import numpy as np
import pytest
import torch

from skbayes.model import LIKELIHOODS, TargetUnits
from skbayes.model.likelihoods.location_scale import LocationScaleLikelihood

CLASSES = [LIKELIHOODS[name].likelihood for name in ("normal", "student_t", "laplace", "lognormal")]


def _in_units_of_the_data(
    likelihood: type[LocationScaleLikelihood], spread: float
) -> LocationScaleLikelihood:
    units = TargetUnits.of(np.array([7.0]), np.array([spread]), standardize=False)
    return likelihood(units=units)


@pytest.mark.parametrize("likelihood", CLASSES)
def test_a_scale_never_falls_below_its_floor(likelihood: type[LocationScaleLikelihood]) -> None:
    parameters = torch.tensor([[-800.0, 0.0]], dtype=torch.float64)
    scale = _in_units_of_the_data(likelihood, 100.0).noise_scale(parameters)
    assert float(scale) == pytest.approx(0.1)


@pytest.mark.parametrize("likelihood", CLASSES)
def test_the_prior_of_a_scale_follows_the_target(
    likelihood: type[LocationScaleLikelihood],
) -> None:
    loc, _ = likelihood().parameter_prior()
    scaled, _ = _in_units_of_the_data(likelihood, 50.0).parameter_prior()
    assert float((scaled - loc)[0]) == pytest.approx(math.log(50.0))
