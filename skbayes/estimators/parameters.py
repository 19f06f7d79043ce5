"""The parameters that the estimators share."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions

from skbayes.estimators.priors import PriorFamily
from skbayes.inference import POSTERIORS, Callback
from skbayes.model import ACTIVATIONS, GROUPINGS, PRIORS


class BayesianMLPParameters(BaseEstimator):
    """Parameters of every Bayesian multilayer perceptron, stored and never changed."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "linear_skip": ["boolean"],
        "prior": [StrOptions(set(PRIORS)), PriorFamily],
        "prior_sigma": [
            StrOptions({"auto"}),
            Interval(Real, 0, None, closed="neither"),
            "array-like",
        ],
        "prior_grouping": [StrOptions(set(GROUPINGS))],
        "posterior": [StrOptions(set(POSTERIORS))],
        "posterior_rank": [Interval(Integral, 1, None, closed="left")],
        "last_layer_only": ["boolean"],
        "inference": [StrOptions({"variational", "mclmc", "hmc"})],
        "n_members": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "n_chains": [Interval(Integral, 1, None, closed="left")],
        "n_warmup": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "thin": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "sampler_batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "n_posterior_samples": [Interval(Integral, 1, None, closed="left")],
        "kl_weight": [Interval(Real, 0, None, closed="left")],
        "kl_warmup": [Interval(Real, 0, 1, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "warm_start": ["boolean"],
        "shuffle": ["boolean"],
        "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
        "callbacks": [list, tuple, None],
        "standardize": ["boolean", StrOptions({"quantile"})],
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "missing": [StrOptions({"indicator", "error"})],
        "device": [str],
        "dtype": [StrOptions({"auto", "float32", "float64"})],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        hidden_layer_sizes: int | ArrayLike = (16, 16, 16),
        *,
        activation: str = "relu",
        linear_skip: bool = True,
        prior: str | PriorFamily = "normal",
        prior_sigma: float | str | ArrayLike = "auto",
        prior_grouping: str = "unit",
        posterior: str = "mean_field",
        posterior_rank: int = 5,
        last_layer_only: bool = False,
        inference: str = "variational",
        n_members: int | str = "auto",
        n_chains: int = 8,
        n_warmup: int | str = "auto",
        n_samples: int = 100,
        thin: int | str = "auto",
        sampler_batch_size: int | str = "auto",
        n_draws: int = 2,
        n_posterior_samples: int = 200,
        kl_weight: float = 1.0,
        kl_warmup: float = 0.25,
        batch_size: int | str = "auto",
        learning_rate_init: float = 0.02,
        max_iter: int | str = "auto",
        tol: float = 5e-4,
        n_iter_no_change: int = 100,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        shuffle: bool = True,
        max_grad_norm: float | None = None,
        callbacks: Sequence[Callback] | None = None,
        standardize: bool | str = True,
        categorical_features: ArrayLike | str | None = "from_dtype",
        missing: str = "indicator",
        device: str = "cpu",
        dtype: str = "auto",
        verbose: bool | int = False,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.linear_skip = linear_skip
        self.prior = prior
        self.prior_sigma = prior_sigma
        self.prior_grouping = prior_grouping
        self.posterior = posterior
        self.posterior_rank = posterior_rank
        self.last_layer_only = last_layer_only
        self.inference = inference
        self.n_members = n_members
        self.n_chains = n_chains
        self.n_warmup = n_warmup
        self.n_samples = n_samples
        self.thin = thin
        self.sampler_batch_size = sampler_batch_size
        self.n_draws = n_draws
        self.n_posterior_samples = n_posterior_samples
        self.kl_weight = kl_weight
        self.kl_warmup = kl_warmup
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.shuffle = shuffle
        self.max_grad_norm = max_grad_norm
        self.callbacks = callbacks
        self.standardize = standardize
        self.categorical_features = categorical_features
        self.missing = missing
        self.device = device
        self.dtype = dtype
        self.verbose = verbose
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.missing == "indicator"
        return tags
