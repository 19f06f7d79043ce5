"""What all estimators have in common."""

import inspect
import re

import pytest

from skbayes import BayesianMLPClassifier, BayesianMLPRegressor
from skbayes.estimators.base import BaseBayesianNetwork

ESTIMATORS = pytest.mark.parametrize("estimator", [BayesianMLPClassifier, BayesianMLPRegressor])


@ESTIMATORS
def test_shared_parameters_reach_every_estimator_with_their_defaults(estimator: type) -> None:
    # scikit-learn reads parameters off each class's own signature, so each has to list them.
    shared = inspect.signature(BaseBayesianNetwork).parameters
    own = inspect.signature(estimator).parameters
    expected = {name: parameter.default for name, parameter in shared.items()}
    assert {name: own[name].default for name in shared} == expected


@ESTIMATORS
def test_every_parameter_is_constrained_documented_and_stored(estimator: type) -> None:
    parameters = estimator().get_params()
    assert set(estimator._parameter_constraints) == set(parameters)
    documented = re.findall(r"^    (\w+) : .*default=", estimator.__doc__, flags=re.MULTILINE)
    assert sorted(documented) == sorted(parameters)
    odd = {name: object() for name in parameters}
    assert estimator(**odd).get_params(deep=False) == odd
