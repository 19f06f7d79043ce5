"""What the estimators share: parameters, validation, scaling, fitting and prediction."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Integral, Real
from typing import Any, ClassVar, Generic, TypeVar, cast

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state, gen_batches
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from skbayes.estimators.encoding import InputEncoding
from skbayes.estimators.options import (
    check_device,
    check_hidden_layer_sizes,
    check_n_members,
    check_posterior,
    training_options,
)
from skbayes.estimators.priors import (
    PriorFamily,
    check_prior,
    feature_relevance,
    learned_sigmas,
    weight_prior,
)
from skbayes.estimators.sampling import (
    N_PROBES,
    diagnose,
    is_sampled,
    probe_inputs,
    sampling_options,
)
from skbayes.estimators.scaling import FloatArray
from skbayes.estimators.tables import Table, TableFormat
from skbayes.inference import (
    POSTERIORS,
    Posterior,
    StoredDraws,
    TrainingResult,
    chain_starts,
    fit_variational,
    initial_posterior,
    posterior_of_family,
    sample_posterior,
    threads_for,
)
from skbayes.model import (
    ACTIVATIONS,
    GROUPINGS,
    PRIORS,
    BayesianModel,
    Data,
    Likelihood,
    Network,
)
from skbayes.predictive import PredictiveMixture

# Summaries are taken over blocks of rows whose mixtures hold about this many numbers, so that
# memory does not grow with the table.
_MIXTURE_SIZE = 2**22
_CPU = torch.device("cpu")

# What an estimator predicts: real-valued targets or classes.
Predictive = TypeVar("Predictive", bound=PredictiveMixture)


def as_tensor(array: NDArray[Any]) -> torch.Tensor:
    """Tensor of a fitted array; a copy where a model was loaded with read-only memory maps."""
    return torch.from_numpy(np.require(array, requirements="W"))


class BaseBayesianMLP(BaseEstimator, ABC, Generic[Predictive]):
    """Parameters, fitting and prediction of every Bayesian multilayer perceptron.

    Fitted state is NumPy arrays and plain values; tensors live inside single calls.
    """

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
        "standardize": ["boolean"],
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
        standardize: bool = True,
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
        self.standardize = standardize
        self.categorical_features = categorical_features
        self.missing = missing
        self.device = device
        self.dtype = dtype
        self.verbose = verbose
        self.random_state = random_state

    @abstractmethod
    def _make_likelihood(self) -> Likelihood:
        """The likelihood that the fitted (or just prepared) targets call for."""

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.missing == "indicator"
        return tags

    @abstractmethod
    def _function_values(self, dist: Predictive) -> NDArray[np.float64]:
        """What each posterior draw predicts without noise, ``(n_draws, n_samples, ...)``."""

    @contextmanager
    def _unchanged_on_error(self) -> Iterator[None]:
        """Put every attribute back if the block fails: a failed fit costs nothing."""
        attributes = dict(self.__dict__)
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(attributes)
            raise

    def _check_inputs(self, X: ArrayLike) -> Table:
        """Validated rows to predict."""
        check_is_fitted(self)
        return self._encoding.format.read(self, X, reset=False)

    def _read_training(self, X: ArrayLike) -> Table:
        """Validated rows to fit."""
        table_format = TableFormat.of(X, self.categorical_features, self.missing)
        return table_format.read(self, X, reset=True)

    def _make_model(self, dtype: torch.dtype, device: torch.device = _CPU) -> BayesianModel:
        """The model that fit built, from fitted attributes alone."""
        likelihood = self._make_likelihood()
        spec = self._model_spec
        network = Network(
            self._encoding.n_numeric,
            spec["hidden_layer_sizes"],
            likelihood.n_outputs,
            spec["activation"],
            linear_skip=spec["linear_skip"],
            n_categories=self._encoding.n_categories,
        )
        prior = weight_prior(network, spec, dtype, device)
        return BayesianModel(network, likelihood, prior)

    def _fit_posterior(
        self, table: Table, targets: FloatArray, row_weights: FloatArray | None
    ) -> None:
        """Fit the posterior to validated rows and targets.

        Rows of zero weight must be gone: they may not touch any statistic.
        """
        # Prediction reads these, so that a later set_params does not reach a fitted model.
        self._encoding = InputEncoding.of(table, row_weights, standardize=self.standardize)
        sizes = check_hidden_layer_sizes(self.hidden_layer_sizes)
        self._model_spec: dict[str, Any] = {
            "hidden_layer_sizes": sizes,
            "activation": self.activation,
            "linear_skip": bool(self.linear_skip),
            **check_prior(self.prior, self.prior_sigma, len(sizes) + 1),
            "prior_grouping": self.prior_grouping,
            "input_features": self._encoding.input_features,
        }
        check_posterior(self.posterior, self.last_layer_only)
        n_members = check_n_members(self)
        options = training_options(self, len(table))
        device = check_device(self.device)
        is_auto = self.dtype == "auto"
        is_single = table.numeric.dtype == np.float32 if is_auto else self.dtype == "float32"
        is_single = is_single or (is_auto and self.inference == "mclmc")
        dtype = torch.float32 if is_single else torch.float64
        generator = torch.Generator()
        generator.manual_seed(check_random_state(self.random_state).randint(2**31 - 1))

        def tensor(values: FloatArray) -> torch.Tensor:
            return torch.from_numpy(values).to(device=device, dtype=dtype)

        model = self._make_model(dtype, device)
        data = Data(
            self._encoding.encode(table).to(dtype=dtype, device=device),
            tensor(model.likelihood.encode(targets)),
            None if row_weights is None else tensor(row_weights),
        )
        n_rows_per_step = min(options.batch_size, len(table))
        n_vectors = n_members * options.n_draws
        with torch.no_grad(), threads_for(n_vectors * n_rows_per_step * model.n_entries):
            start = posterior_of_family(
                initial_posterior(model, n_members, generator),
                model,
                generator,
                family=self.posterior,
                rank=int(self.posterior_rank),
                last_layer_only=bool(self.last_layer_only),
            )
            result = fit_variational(model, data, start, options, generator)
        posterior: Posterior = result.posterior
        self.__dict__.pop("diagnostics_", None)  # of an earlier fit
        if is_sampled(self.inference):
            posterior = self._sample(model, data, posterior, generator)
        with torch.no_grad():
            self._keep_draws(posterior, generator)
            self._keep_learned_sigmas(model, posterior)
        log_jacobian = model.likelihood.log_jacobian(targets)
        self._keep_history(result, float(np.average(log_jacobian, weights=row_weights)))

    def _sample(
        self, model: BayesianModel, data: Data, start: Posterior, generator: torch.Generator
    ) -> StoredDraws:
        """Run chains from the variational posterior, and diagnose them."""
        options = sampling_options(self, data.n_rows)
        n_rows_per_step = min(options.batch_size, data.n_rows)
        n_multiply_adds = self.n_chains * n_rows_per_step * model.n_entries
        with torch.no_grad(), threads_for(n_multiply_adds):
            vectors, scale = chain_starts(start, model, self.n_chains, generator)
            result = sample_posterior(model, data, vectors, scale, options, generator)
            draws = result.posterior.draws
            index = torch.randint(data.n_rows, (2 * N_PROBES,), generator=generator)
            probes = probe_inputs(data.batch(index).dense_inputs, generator)
            dist = self._make_model(draws.dtype).predictive(draws.flatten(0, 1).cpu(), probes)
        values = self._function_values(cast(Predictive, dist))
        self.diagnostics_ = diagnose(result, values.reshape(*draws.shape[:2], *values.shape[1:]))
        return result.posterior

    def _keep_draws(self, posterior: Posterior, generator: torch.Generator) -> None:
        """Freeze `n_posterior_samples` draws, spread as evenly as can be over the members."""
        n_members = posterior.mean.shape[0]
        # A point is drawn once.
        is_point = self.posterior == "deterministic" and not is_sampled(self.inference)
        n_draws = n_members if is_point else self.n_posterior_samples
        per_member = -(-n_draws // n_members)
        draws = posterior.sample(per_member, generator)
        # Draw by draw over the members, so that cutting the last round is fair.
        kept = draws.transpose(0, 1).flatten(0, 1)[:n_draws]
        self.posterior_draws_: NDArray[Any] = kept.cpu().contiguous().numpy()

    def _keep_learned_sigmas(self, model: BayesianModel, posterior: Posterior) -> None:
        sigmas = learned_sigmas(model, self._model_spec, posterior)
        for name in ("prior_sigma_", "feature_relevance_"):
            self.__dict__.pop(name, None)  # of an earlier fit
        if sigmas is not None:
            self.prior_sigma_ = sigmas
            if self.prior_grouping == "feature":
                self.feature_relevance_ = feature_relevance(sigmas)

    def _keep_history(self, result: TrainingResult, log_jacobian: float) -> None:
        # From densities of the targets that the network sees to those of the user's.
        bound_per_row = result.bounds.mean(axis=1) + log_jacobian
        self.n_iter_ = len(bound_per_row)
        self.loss_curve_ = -bound_per_row
        # The last steps hardly move: their average is the final bound with less noise.
        self.elbo_ = float(bound_per_row[-100:].mean())
        if not (result.converged or is_sampled(self.inference)):
            warnings.warn(
                f"The ELBO was still rising by more than tol={self.tol:g} nats per row every "
                f"n_iter_no_change={self.n_iter_no_change} steps when max_iter={self.max_iter} "
                "steps forced training to end. Raise max_iter for a better fit, or raise tol.",
                ConvergenceWarning,
                stacklevel=6,
            )

    def _predictive(self, table: Table, draws: NDArray[Any] | None = None) -> Predictive:
        """Predictive distribution of validated rows, over all draws or over some."""
        vectors = as_tensor(self.posterior_draws_ if draws is None else draws)
        model = self._make_model(vectors.dtype)
        inputs = self._encoding.encode(table).to(vectors.dtype)
        with torch.no_grad(), threads_for(vectors.numel() * len(table)):
            return cast(Predictive, model.predictive(vectors, inputs))

    def _some_components(self, X: ArrayLike, n_components: int, random_state: Any) -> Predictive:
        """Predictive distribution over draws picked at random, none twice if they suffice."""
        table = self._check_inputs(X)
        n_kept = len(self.posterior_draws_)
        index = check_random_state(random_state).choice(
            n_kept, size=n_components, replace=n_components > n_kept
        )
        return self._predictive(table, self.posterior_draws_[index])

    def _by_block(
        self,
        X: ArrayLike,
        summarise: Callable[[Predictive], tuple[NDArray[Any], ...]],
    ) -> tuple[NDArray[Any], ...]:
        """Summaries of the predictive distribution of all rows, block after block."""
        table = self._check_inputs(X)
        n_numbers = len(self.posterior_draws_) * self._make_likelihood().n_outputs
        n_rows = max(1, _MIXTURE_SIZE // n_numbers)
        blocks = [
            summarise(self._predictive(table[rows])) for rows in gen_batches(len(table), n_rows)
        ]
        return tuple(np.concatenate(parts) for parts in zip(*blocks, strict=True))
