"""Units of the targets."""

import numpy as np

from skbayes.model import NormalLikelihood, TargetUnits

LOCATION, SPREAD = np.array([10.0, -3.0]), np.array([2.0, 0.1])


def test_standardised_targets_have_location_zero_and_size_one() -> None:
    units = TargetUnits.of(LOCATION, SPREAD, standardize=True)
    assert np.array_equal(units.loc, LOCATION)
    assert np.array_equal(units.scale, SPREAD)
    assert np.array_equal(units.centre, [0, 0])
    assert np.array_equal(units.size, [1, 1])


def test_raw_targets_keep_their_units() -> None:
    units = TargetUnits.of(LOCATION, SPREAD, standardize=False)
    likelihood = NormalLikelihood(2, units=units)
    targets = np.random.RandomState(0).normal(size=(4, 2))
    assert np.array_equal(likelihood.encode(targets), targets)
    assert np.array_equal(likelihood.log_jacobian(targets), np.zeros(4))
    assert likelihood.initial_outputs().bias.tolist() == LOCATION.tolist()


def test_likelihood_copies_read_only_units() -> None:
    location = LOCATION.copy()
    location.setflags(write=False)
    units = TargetUnits.of(location, SPREAD, standardize=True)
    assert np.allclose(NormalLikelihood(2, units=units).encode(LOCATION[None]), 0)
