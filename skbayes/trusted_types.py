"""The types that a saved model is made of, for `skops.io.load`."""

from __future__ import annotations

from sklearn.utils import Bunch

from skbayes.estimators import (
    BayesianMLPClassifier,
    BayesianMLPClassifierCV,
    BayesianMLPRegressor,
    BayesianMLPRegressorCV,
    BayesianNetClassifier,
    BayesianNetClassifierCV,
    BayesianNetRegressor,
    BayesianNetRegressorCV,
    ConformalClassifier,
    ConformalRegressor,
)
from skbayes.estimators.automatic import TableFacts
from skbayes.estimators.state import VariationalState
from skbayes.inference import INFERENCES, POSTERIORS, NumberReading, Plan, TrainingOptions
from skbayes.model import (
    LIKELIHOODS,
    PRIORS,
    Bernoulli,
    Categorical,
    Censored,
    Hurdle,
    Module,
    MultilayerPerceptron,
    TargetUnits,
)
from skbayes.tables import Heap, InputEncoding, TableFormat
from skbayes.tables.bins import Bins
from skbayes.tables.components import Components
from skbayes.tables.normal_scores import NormalScores
from skbayes.tables.scaling import ColumnScaling

_TYPES: list[type] = [
    BayesianMLPClassifier,
    BayesianMLPClassifierCV,
    BayesianMLPRegressor,
    BayesianMLPRegressorCV,
    BayesianNetClassifier,
    BayesianNetClassifierCV,
    BayesianNetRegressor,
    BayesianNetRegressorCV,
    ConformalClassifier,
    ConformalRegressor,
    Plan,
    NumberReading,
    Module,
    MultilayerPerceptron,
    Bernoulli,
    Categorical,
    Censored,
    Hurdle,
    *LIKELIHOODS.values(),
    *PRIORS.values(),
    *POSTERIORS.values(),
    *INFERENCES.values(),
    TrainingOptions,
    VariationalState,
    TableFacts,
    Heap,
    TableFormat,
    InputEncoding,
    ColumnScaling,
    Bins,
    Components,
    NormalScores,
    TargetUnits,
    Bunch,
]

#: Names of the types, none of which runs code when it is loaded.
TRUSTED_TYPES: list[str] = sorted(f"{t.__module__}.{t.__qualname__}" for t in _TYPES)
