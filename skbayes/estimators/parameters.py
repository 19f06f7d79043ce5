"""The parameters that the estimators share: the constructor, said once.

Fields become the constructor's parameters. scikit-learn, `help`, editors and type checkers all
read the signature that `dataclasses` writes; it stores the values and does nothing else.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import KW_ONLY, dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions

from skbayes.choice import allowed, is_auto
from skbayes.estimators import automatic
from skbayes.estimators.automatic import NetworkKind, TableFacts
from skbayes.estimators.documentation_link import DocumentationLink
from skbayes.inference import INFERENCES, POSTERIORS, PosteriorFamily, Sampler, Variational
from skbayes.model import (
    ACTIVATIONS,
    PRIORS,
    MultilayerPerceptron,
    NetworkFamily,
    PriorFamily,
)


@dataclass(repr=False, eq=False, kw_only=True)
class FitParameters(DocumentationLink, BaseEstimator):
    """Parameters of every Bayesian network, whatever the network, stored and never changed."""

    prior: str | PriorFamily = "auto"
    posterior: str | PosteriorFamily = "mean_field"
    inference: str | Variational | Sampler = "auto"
    budget: float = 1.0
    n_posterior_samples: int = 200
    batch_size: int | str = "auto"
    learning_rate_init: float | str = "auto"
    max_iter: int | str = "auto"
    tol: float = 5e-4
    n_iter_no_change: int | str = "auto"
    early_stopping: bool = False
    validation_fraction: float = 0.1
    warm_start: bool = False
    shuffle: bool = True
    standardize: bool | str = "auto"
    discrete_as_categories: bool | str = "auto"
    n_bins: int | str = "auto"
    principal_components: bool | str = "auto"
    categorical_features: ArrayLike | str | None = "from_dtype"
    missing: str = "indicator"
    device: str = "cpu"
    dtype: str = "auto"
    verbose: bool | int = False
    random_state: int | np.random.RandomState | None = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "prior": [StrOptions({"auto"}), *allowed(PRIORS, PriorFamily)],
        "posterior": allowed(POSTERIORS, PosteriorFamily),
        "inference": [StrOptions({"auto"}), *allowed(INFERENCES, Variational), Sampler],
        "budget": [Interval(Real, 0, None, closed="neither")],
        "n_posterior_samples": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate_init": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "warm_start": ["boolean"],
        "shuffle": ["boolean"],
        "standardize": ["boolean", StrOptions({"auto", "robust", "quantile", "whole"})],
        "discrete_as_categories": ["boolean", StrOptions({"auto", "heaped"})],
        "n_bins": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "principal_components": ["boolean", StrOptions({"auto"})],
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "missing": [StrOptions({"indicator", "error"})],
        "device": [str],
        "dtype": [StrOptions({"auto", "float32", "float64"})],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init_subclass__(cls, **options: Any) -> None:
        """A class has the constraints of all its bases, and its own."""
        super().__init_subclass__(**options)
        merged: dict[str, list[Any]] = {}
        for base in reversed(cls.__mro__):
            merged |= vars(base).get("_parameter_constraints", {})
        cls._parameter_constraints = merged

    @property
    @abstractmethod
    def _network_kind(self) -> NetworkKind:
        """Which networks the estimator fits, for the rule of "auto"."""

    @abstractmethod
    def _network_families(
        self, facts: TableFacts, *, is_sampled: bool
    ) -> tuple[NetworkFamily, ...]:
        """The network that the parameters describe, for a table of these facts; several where
        held-out rows are to choose.

        Raises
        ------
        ValueError
            Naming the parameter that describes none.
        """

    def _networks_by_chains(
        self, facts: TableFacts, *, is_sampled: bool
    ) -> tuple[NetworkFamily, ...]:
        """Networks to be compared with that by short chains."""
        return ()

    def _network_as_before(self, network: NetworkFamily, earlier: NetworkFamily) -> NetworkFamily:
        """The network with what the parameters leave to held-out rows as in an earlier fit."""
        return network

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.missing == "indicator"
        return tags


@dataclass(repr=False, eq=False)
class PerceptronParameters(FitParameters):
    """What describes a multilayer perceptron."""

    hidden_layer_sizes: int | ArrayLike | str = "auto"
    _: KW_ONLY
    activation: str = "auto"
    linear_skip: bool = True

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": [
            StrOptions({"auto"}),
            "array-like",
            Interval(Integral, 1, None, closed="left"),
        ],
        "activation": [StrOptions({"auto", *ACTIVATIONS})],
        "linear_skip": ["boolean"],
    }

    @property
    def _network_kind(self) -> NetworkKind:
        return "perceptron"

    def _network_families(
        self, facts: TableFacts, *, is_sampled: bool
    ) -> tuple[NetworkFamily, ...]:
        sizes = self.hidden_layer_sizes
        sizes = automatic.hidden_layer_sizes(facts) if is_auto(sizes) else _checked_sizes(sizes)
        activations: tuple[str, ...] = (self.activation,)
        if is_auto(self.activation):
            activations = automatic.activations(facts, is_sampled=is_sampled)
        return tuple(
            MultilayerPerceptron(sizes, activation, bool(self.linear_skip))
            for activation in activations
        )

    def _networks_by_chains(
        self, facts: TableFacts, *, is_sampled: bool
    ) -> tuple[NetworkFamily, ...]:
        if not (is_auto(self.hidden_layer_sizes) and is_auto(self.activation)):
            return ()
        return tuple(
            MultilayerPerceptron(sizes, activation, bool(self.linear_skip))
            for sizes, activation in automatic.networks_by_chains(facts, is_sampled=is_sampled)
        )

    def _network_as_before(self, network: NetworkFamily, earlier: NetworkFamily) -> NetworkFamily:
        before = earlier.get_params()
        names = ("hidden_layer_sizes", "activation")
        left_open = {name: before[name] for name in names if is_auto(getattr(self, name))}
        return MultilayerPerceptron(**{**network.get_params(), **left_open})


def _checked_sizes(hidden_layer_sizes: int | ArrayLike) -> tuple[int, ...]:
    """Hidden layer sizes as a tuple of positive integers."""
    sizes = np.atleast_1d(np.asarray(hidden_layer_sizes, dtype=object))
    if sizes.ndim > 1 or not all(
        isinstance(size, Integral) and not isinstance(size, bool) and int(size) > 0
        for size in sizes
    ):
        raise ValueError(
            "hidden_layer_sizes must be a positive integer or a sequence of positive "
            f"integers. Got {hidden_layer_sizes!r} instead."
        )
    return tuple(int(size) for size in sizes)
