"""Fitting: from validated data to posterior draws."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from skbayes.estimators.encoding import InputEncoding
from skbayes.estimators.options import (
    check_callbacks,
    check_device,
    check_early_stopping,
    check_hidden_layer_sizes,
    check_n_members,
    check_partial_fit,
    check_posterior,
    training_options,
)
from skbayes.estimators.prediction import FittedBayesianMLP, Predictive, as_tensor
from skbayes.estimators.priors import check_prior, feature_relevance, learned_sigmas
from skbayes.estimators.sampling import (
    MIN_DRAWS,
    N_PROBES,
    diagnose,
    is_sampled,
    probe_inputs,
    sampling_options,
)
from skbayes.estimators.scaling import FloatArray
from skbayes.estimators.state import VariationalState
from skbayes.estimators.tables import Table, TableFormat
from skbayes.estimators.validation import split_rows
from skbayes.inference import (
    Posterior,
    TrainingOptions,
    TrainingResult,
    ValidationScore,
    VariationalPosterior,
    Watch,
    chain_starts,
    fit_variational,
    initial_posterior,
    posterior_at,
    posterior_of_family,
    sample_posterior,
    threads_for,
)
from skbayes.model import BayesianModel, Data, NormalPrior


class Training(NamedTuple):
    """Validated rows to fit, all of positive weight."""

    table: Table
    targets: FloatArray  # (n, t)
    row_weights: FloatArray | None  # (n,)
    positions: NDArray[np.intp]  # (n,), of the rows in the user's table

    @classmethod
    def of(cls, table: Table, targets: NDArray[Any], row_weights: FloatArray | None) -> Training:
        """The rows of positive weight: no others may touch a statistic."""
        training = cls(table, targets, row_weights, np.arange(len(table)))
        return training if row_weights is None else training.rows(np.flatnonzero(row_weights))

    def rows(self, index: NDArray[np.intp]) -> Training:
        """Some of the rows."""
        weights = self.row_weights
        return Training(
            self.table[index],
            self.targets[index],
            None if weights is None else weights[index],
            self.positions[index],
        )


class Problem(NamedTuple):
    """What inference is asked to solve."""

    model: BayesianModel
    data: Data
    options: TrainingOptions
    generator: torch.Generator
    watch: Watch = Watch()


class BaseBayesianMLP(FittedBayesianMLP[Predictive]):
    """Fitting of every Bayesian multilayer perceptron."""

    _variational_state: VariationalState

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

    def _read_training(self, X: ArrayLike) -> Table:
        """Validated rows to fit."""
        table_format = TableFormat.of(X, self.categorical_features, self.missing)
        return table_format.read(self, X, reset=True)

    @abstractmethod
    def _prepare(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None) -> Training:
        """Validate the data, and set what the likelihood depends on.

        Rows of zero weight are dropped: they may not touch any statistic.
        """

    def _fit_posterior(self, training: Training, prior_sigma: Any) -> None:
        """Fit the posterior to prepared data."""
        check_posterior(self.posterior, self.last_layer_only)
        check_early_stopping(self)
        n_members = check_n_members(self)
        problem = self._pose(training, prior_sigma, approximate=self.inference == "mclmc")
        if self.early_stopping:
            problem = self._hold_out(problem, training)
        start = None
        if self.warm_start and self._has_posterior():
            start = self._previous_posterior(problem, n_members, "warm_start=True")
        result = self._fit_variational(problem, n_members, start)
        self._keep_state(result.posterior, n_members)
        posterior: Posterior = result.posterior
        self.__dict__.pop("diagnostics_", None)  # of an earlier fit
        # Ctrl-C is meant for the whole fit.
        if is_sampled(self.inference) and result.ending != "interrupted":
            posterior = self._sample(problem, posterior)
        with torch.no_grad():
            self._keep_draws(posterior, problem.generator)
            self._keep_learned_sigmas(problem.model, posterior)
            self._keep_summaries()
        self._keep_history(result, problem.watch.log_jacobian)

    def _has_posterior(self) -> bool:
        """Whether a fit can go on from an earlier one."""
        return hasattr(self, "_variational_state")

    def _is_update(self) -> bool:
        """Whether `partial_fit` has a posterior to update; checks that it can."""
        self._validate_params()  # scikit-learn does so before the first call alone
        check_partial_fit(self)
        if self._has_posterior() and not self._variational_state.is_posterior:
            raise ValueError(
                "partial_fit updates a variational posterior, and the previous fit has sampled its "
                "own. Call fit with inference='variational' first."
            )
        return self._has_posterior()

    def _update_posterior(self, training: Training) -> None:
        """Bayes' rule: the posterior so far is the prior, and `training` the data."""
        n_members = check_n_members(self)
        sigmas = self._model_spec["prior_sigmas"]
        problem = self._pose(
            training,
            "auto" if sigmas is None else sigmas,
            approximate=False,
            encoding=self._encoding,
        )
        start = self._previous_posterior(problem, n_members, "partial_fit")
        prior = NormalPrior(start.mean, start.scale)
        problem = problem._replace(model=problem.model.with_prior(prior))
        result = self._fit_variational(problem, n_members, start)
        self._keep_state(result.posterior, n_members)
        # Learned scales stay as they are: given the weights, they do not depend on the data.
        with torch.no_grad():
            self._keep_draws(result.posterior, problem.generator)
            self._keep_summaries()
        self._keep_history(result, problem.watch.log_jacobian)

    def _pose(
        self,
        training: Training,
        prior_sigma: Any,
        *,
        approximate: bool,
        encoding: InputEncoding | None = None,
    ) -> Problem:
        """The model, the data and the options that the parameters call for.

        Parameters
        ----------
        training : Training
        prior_sigma : float, sequence of float or "auto"
        approximate : bool
            Whether the errors of inference are far above those of rounding in single precision,
            which is then used unless `dtype` says otherwise.
        encoding : InputEncoding, default=None
            Of the inputs; None for the one that their rows call for.
        """
        table, targets, row_weights, _ = training
        options = training_options(self, len(table))
        callbacks = check_callbacks(self.callbacks)
        # Prediction reads these, so that a later set_params does not reach a fitted model.
        self._encoding = encoding or InputEncoding.of(
            table, row_weights, standardize=self.standardize
        )
        sizes = check_hidden_layer_sizes(self.hidden_layer_sizes)
        self._model_spec = {
            "hidden_layer_sizes": sizes,
            "activation": self.activation,
            "linear_skip": bool(self.linear_skip),
            **check_prior(self.prior, prior_sigma, len(sizes) + 1),
            "prior_grouping": self.prior_grouping,
            "input_features": self._encoding.input_features,
        }
        is_single = self.dtype == "float32"
        if self.dtype == "auto":
            is_single = approximate or table.numeric.dtype == np.float32
        dtype = torch.float32 if is_single else torch.float64
        device = check_device(self.device, dtype)
        generator = torch.Generator()
        generator.manual_seed(check_random_state(self.random_state).randint(2**31 - 1))

        model = self._make_model(dtype, device)
        data = self._encode(training, model)
        log_jacobian = np.average(model.likelihood.log_jacobian(targets), weights=row_weights)
        watch = Watch(log_jacobian=float(log_jacobian), callbacks=callbacks)
        return Problem(model, data, options, generator, watch)

    def _encode(self, training: Training, model: BayesianModel) -> Data:
        """Rows as the network of `model` sees them."""
        like = model.prior.loc
        row_weights = training.row_weights
        return Data(
            self._encoding.encode(training.table).to(dtype=like.dtype, device=like.device),
            torch.from_numpy(model.likelihood.encode(training.targets)).to(like),
            None if row_weights is None else torch.from_numpy(row_weights).to(like),
        )

    def _hold_out(self, problem: Problem, training: Training) -> Problem:
        """The same problem without some rows, which score the posterior instead."""
        model, generator = problem.model, problem.generator
        split_seed, draw_seed = torch.randint(2**31 - 1, (2,), generator=generator).tolist()
        parts = split_rows(
            len(training.table),
            float(self.validation_fraction),
            self._strata(training),
            split_seed,
        )
        kept, held_out = (training.rows(index) for index in parts)
        jacobians = [
            float(np.average(model.likelihood.log_jacobian(part.targets), weights=part.row_weights))
            for part in (kept, held_out)
        ]
        score = ValidationScore(
            model, self._encode(held_out, model), log_jacobian=jacobians[1], seed=draw_seed
        )
        watch = replace(problem.watch, log_jacobian=jacobians[0], validation_score=score)
        return problem._replace(data=self._encode(kept, model), watch=watch)

    def _strata(self, training: Training) -> FloatArray | None:
        """Classes to keep the shares of where rows are held out, ``(n,)``."""
        return None

    def _initial_posterior(self, problem: Problem, n_models: int) -> VariationalPosterior:
        """A random start of the family `posterior`."""
        return posterior_of_family(
            initial_posterior(problem.model, n_models, problem.generator),
            problem.model,
            problem.generator,
            family=self.posterior,
            rank=int(self.posterior_rank),
            last_layer_only=bool(self.last_layer_only),
        )

    def _fit_variational(
        self, problem: Problem, n_models: int, start: VariationalPosterior | None = None
    ) -> TrainingResult:
        """Fit a variational posterior to each of `n_models` models, side by side.

        They start at random, or from `start`, which knows the prior already: the KL divergence
        is then not faded in.
        """
        model, data, options, generator, watch = problem
        with torch.no_grad(), self._threads(problem, n_models):
            if start is None:
                start = self._initial_posterior(problem, n_models)
            else:
                options = replace(options, kl_warmup=0.0)
            return fit_variational(model, data, start, options, generator, watch)

    @staticmethod
    def _threads(problem: Problem, n_models: int) -> AbstractContextManager[None]:
        """As many threads as the steps of a variational fit are worth."""
        n_rows_per_step = min(problem.options.batch_size, problem.data.n_rows)
        n_vectors = n_models * problem.options.n_draws
        return threads_for(n_vectors * n_rows_per_step * problem.model.n_entries)

    def _previous_posterior(
        self, problem: Problem, n_models: int, caller: str
    ) -> VariationalPosterior:
        """The variational posterior of the previous fit."""
        self._variational_state.check_layout(self._layout(n_models), caller)
        with torch.no_grad():
            like = self._initial_posterior(problem, n_models)
            return posterior_at(like, as_tensor(self._variational_state.values).to(like.state()))

    def _keep_state(self, posterior: VariationalPosterior, n_members: int) -> None:
        self._variational_state = VariationalState(
            posterior.state().cpu().numpy(),
            self._layout(n_members),
            is_posterior=not is_sampled(self.inference),
        )

    def _layout(self, n_members: int) -> dict[str, Any]:
        """What gives the free parameters of a posterior their meaning, by name."""
        names = ("hidden_layer_sizes", "activation", "linear_skip")
        rank = {"posterior_rank": self.posterior_rank} if self.posterior == "low_rank" else {}
        return {
            **{name: self._model_spec[name] for name in names},
            "posterior": self.posterior,
            **rank,
            "last_layer_only": bool(self.last_layer_only),
            "n_members": n_members,
            "n_features_in_": self.n_features_in_,
            "columns with missing numbers": self._encoding.gaps.tolist(),
            "categories": self._encoding.categories,
            **self._target_layout(),
        }

    @abstractmethod
    def _target_layout(self) -> dict[str, Any]:
        """What gives the outputs of the network their meaning, by name."""

    def _sample(self, problem: Problem, start: Posterior) -> Posterior:
        """Run chains from the variational posterior, and diagnose them."""
        model, data, generator = problem.model, problem.data, problem.generator
        options = sampling_options(self, data.n_rows)
        n_rows_per_step = min(options.batch_size, data.n_rows)
        n_multiply_adds = self.n_chains * n_rows_per_step * model.n_entries
        with torch.no_grad(), threads_for(n_multiply_adds):
            vectors, scale = chain_starts(start, model, self.n_chains, generator)
            result = sample_posterior(model, data, vectors, scale, options, generator)
            draws = result.posterior.draws
            n_draws = draws.shape[1]
            if result.interrupted:
                self._warn_of_interrupted_sampling(n_draws)
            if result.interrupted and n_draws < MIN_DRAWS:
                return start
            index = torch.randint(data.n_rows, (2 * N_PROBES,), generator=generator)
            probes = probe_inputs(data.batch(index).dense_inputs, generator)
            dist = self._make_model(draws.dtype).predictive(draws.flatten(0, 1).cpu(), probes)
        values = self._function_values(cast(Predictive, dist))
        self.diagnostics_ = diagnose(result, values.reshape(*draws.shape[:2], *values.shape[1:]))
        return result.posterior

    def _warn_of_interrupted_sampling(self, n_draws: int) -> None:
        kept = f"the {n_draws} draws of each chain so far are kept."
        if n_draws < MIN_DRAWS:
            kept = (
                f"the chains had {n_draws} draws each, too few, and the draws kept are "
                "from the variational posterior that they started from, which is too narrow."
            )
        warnings.warn(f"Sampling interrupted by user: {kept}", stacklevel=6)

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
        self.posterior_draws_ = kept.cpu().contiguous().numpy()

    def _keep_summaries(self) -> None:
        """Attributes that only one estimator has, from the posterior draws."""

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
        # Successive steps hardly move: their average is the bound with less noise.
        self.elbo_ = float(bound_per_row[: result.kept_step][-100:].mean())
        self.validation_scores_ = result.validation_scores if self.early_stopping else None
        self.best_validation_score_ = result.best_validation_score
        if result.ending == "interrupted":
            warnings.warn("Training interrupted by user.", stacklevel=5)
        if result.ending == "max_iter" and not is_sampled(self.inference):
            warnings.warn(
                f"The ELBO was still rising by more than tol={self.tol:g} nats per row every "
                f"n_iter_no_change={self.n_iter_no_change} steps when max_iter={self.max_iter} "
                "steps forced training to end. Raise max_iter for a better fit, or raise tol.",
                ConvergenceWarning,
                stacklevel=5,
            )
