"""Fitting: from validated data to posterior draws."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Bunch, check_random_state

from skbayes.arrays import FloatArray
from skbayes.choice import is_auto
from skbayes.estimators.automatic import TableFacts
from skbayes.estimators.held_out_choice import choose_by_held_out_rows
from skbayes.estimators.planning import check_device, check_partial_fit, make_plan
from skbayes.estimators.prediction import FittedBayesianNetwork, Predictive, as_tensor
from skbayes.estimators.state import VariationalState
from skbayes.inference import Earlier, Inference, Plan, Progress, Watch, infer
from skbayes.lazy_torch import torch
from skbayes.metrics.baseline import worse_than_constant
from skbayes.model import (
    BayesianModel,
    ClassFamily,
    Data,
    Likelihood,
    LikelihoodFamily,
    Peers,
    weight_prior,
)
from skbayes.tables import (
    InputEncoding,
    Rows,
    Table,
    TableFormat,
    are_one_scale,
    canonical_rows,
    check_same_format,
    count_discrete,
    heaps_of,
    split_rows,
)

# Of the rows and draws, for a look at whether the fit says anything at all.
_N_CHECKED_ROWS, _N_CHECKED_DRAWS = 200, 50
# Of targets in units of the network: squares of more are not finite in single precision.
_FARTHEST = 1e17
# Squared errors relative to those of a constant; heavy tails may make those of a good fit larger.
_WORSE_THAN_CONSTANT = 1.5


# Of chains, for users.
_DIAGNOSTICS = (
    "r_hat",
    "effective_sample_size",
    "prediction_change",
    "energy_error",
    "n_reverted",
    "step_size",
    "n_gradients",
    "kl_weight",
)


class Problem(NamedTuple):
    """What inference is asked to solve."""

    model: BayesianModel
    data: Data
    held_out: Data | None
    generator: torch.Generator


class BaseBayesianNetwork(FittedBayesianNetwork[Predictive]):
    """Fitting of every Bayesian network: read, plan, infer, keep."""

    _variational_state: VariationalState

    @abstractmethod
    def _read(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None) -> Rows:
        """Validated rows to fit; what they say of the target is kept.

        Rows of zero weight are dropped: they may not touch any statistic.
        """

    def _read_part_of(
        self, peers: Peers, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> Rows:
        """As `_read`, for the rows of one of several processes."""
        rows = peers.together(lambda: self._read(X, y, sample_weight))
        check_same_format(rows, peers)
        return rows

    @abstractmethod
    def _likelihood_family(self, facts: TableFacts) -> LikelihoodFamily | ClassFamily:
        """What the parameters, or the labels just read, say."""

    def _skewed_likelihood(self, facts: TableFacts) -> LikelihoodFamily | None:
        """What may be taken instead where residuals are skewed."""
        return None

    @abstractmethod
    def _target_layout(self) -> dict[str, Any]:
        """What gives the outputs of the network their meaning, by name."""

    def _learn_units(self, rows: Rows, plan: Plan) -> None:
        """Learn the units in which the network is to see the targets, where they have any."""

    def _strata(self, rows: Rows) -> FloatArray | None:
        """Classes to keep the shares of where rows are held out, ``(n,)``."""
        return None

    def _keep_summaries(self) -> None:
        """Attributes that only one estimator has, from the posterior draws."""

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

    def _read_table(self, X: ArrayLike) -> Table:
        """Validated rows to fit."""
        if not self._goes_on():  # or else the rule goes by the rows that it began with
            self.__dict__.pop("_first_facts", None)
        X = self._as_table(X, reset=True)
        return self._format_of(X).read(self, X, reset=True)

    def _format_of(self, X: Any) -> TableFormat:
        """How the parameters say to read `X`."""
        return TableFormat.of(X, self.categorical_features, self.missing)

    def _fit(self, rows: Rows, prior_sigma: Any, *, prefer_variational: bool = False) -> None:
        """Find the posterior of rows, by the plan that they call for."""
        rows = self._canonical(rows)
        plan = self._plan(rows, prior_sigma, prefer_variational=prefer_variational)
        with Progress(self.verbose if rows.is_first_part else 0) as progress:
            if self._goes_on():
                plan = self._chosen_before(plan, also_readings=len(plan.readings) > 1)
            progress.note(str(plan))
            seed = self._seed() if rows.parts is None else rows.parts.seed
            plan = choose_by_held_out_rows(
                plan, lambda decided: self._pose(rows, decided, seed)[:2], seed, progress
            )
            problem = self._pose(rows, plan, seed)
            earlier = None
            if self._goes_on():
                earlier = Earlier(self._previous_state(plan, "warm_start=True"), is_prior=False)
            inference = self._infer(problem, plan, earlier, progress)
        self._keep(inference, problem.data, plan)

    def _update(self, rows: Rows) -> None:
        """Bayes' rule: the posterior so far is the prior, and `rows` the data."""
        rows = self._canonical(rows)
        prior_sigma = self.plan_.prior_sigma
        sigma = "auto" if prior_sigma is None else prior_sigma
        plan = self._plan(rows, sigma, prefer_variational=True)
        if self.plan_.sampler is not None:  # each chain goes on as a member
            plan = replace(plan, n_members=int(self.plan_.sampler.n_chains))
        plan = self.plan_ = self._chosen_before(plan, also_readings=True)
        problem = self._pose_learned(rows, plan, self._seed())
        earlier = Earlier(self._previous_state(plan, "partial_fit"), is_prior=True)
        with Progress(self.verbose) as progress:
            inference = self._infer(problem, plan, earlier, progress)
        self._keep(inference, problem.data, plan, update=True)

    def _chosen_before(self, plan: Plan, *, also_readings: bool) -> Plan:
        """The plan with what held-out rows chose in the fit that this one goes on from."""
        if is_auto(self.principal_components):
            has_components = self.plan_.principal_components
            if plan.columns_alone is not None and not has_components:
                plan = plan.columns_alone
            plan = replace(plan, principal_components=has_components, columns_alone=None)
        network = self._network_as_before(plan.network, self.plan_.network)
        readings = self.plan_.readings if also_readings else plan.readings
        skewed = self._skewed_likelihood(self._first_facts)
        is_skewed = repr(skewed) == repr(self.plan_.likelihood)
        return replace(
            plan,
            likelihood=self.plan_.likelihood if is_skewed else plan.likelihood,
            skewed_likelihood=None,
            network=network,
            other_networks=(),
            networks_by_chains=(),
            readings=readings,
            may_shorten_start=False,
        )

    def _canonical(self, rows: Rows) -> Rows:
        """Rows in canonical form, unless minibatches are to take them in their order, or they are
        a part that is in it.
        """
        return canonical_rows(rows) if self.shuffle and rows.parts is None else rows

    def _plan(self, rows: Rows, prior_sigma: Any, *, prefer_variational: bool) -> Plan:
        facts = self._facts(rows)
        return make_plan(
            self,
            facts,
            self._likelihood_family(facts),
            prior_sigma,
            skewed_likelihood=self._skewed_likelihood(facts),
            prefer_variational=prefer_variational,
        )

    def _facts(self, rows: Rows) -> TableFacts:
        """Facts of the table, or of the first one where later rows go on from it."""
        if not hasattr(self, "_first_facts"):
            self._first_facts = self._facts_of(rows)
        return self._first_facts

    def _facts_of(self, rows: Rows) -> TableFacts:
        table = rows.typical.table
        n_discrete, n_values = count_discrete(table, rows.typical.row_weights)
        is_table, is_of_classes = self._is_table(), is_classifier(self)
        targets = rows.typical.targets
        heaps = [] if is_of_classes else heaps_of(targets, rows.typical.row_weights)
        return TableFacts(
            rows.n_rows_in_all,
            self.n_features_in_,
            table.stored.shape[1],
            "classes" if is_of_classes else "numbers",
            is_single_precision=table.stored.dtype == np.float32,
            network=self._network_kind,
            is_table=is_table,
            is_sparse=table.is_sparse,
            is_one_scale=is_table and are_one_scale(table),
            n_discrete=n_discrete,
            n_discrete_values=n_values,
            n_targets=targets.shape[1],
            heaps=tuple(heaps),
        )

    def _is_table(self) -> bool:
        """Whether columns are features."""
        return True

    def _learn(self, rows: Rows, plan: Plan) -> None:
        """Learn scales, categories and units. Prediction reads what is kept here, so that a
        later `set_params` does not reach a fitted model.
        """
        earlier = None
        if self._goes_on() and self._encoding.format == rows.table.format:
            before, now = ((p.readings, p.principal_components) for p in (self.plan_, plan))
            earlier = self._encoding if before == now else None
        self.plan_ = plan
        typical = rows.typical
        self._encoding = InputEncoding.of(
            typical.table,
            typical.row_weights,
            standardize=plan.standardize,
            **plan.readings[0]._asdict(),
            principal_components=plan.principal_components,
            earlier=earlier,
        )
        self._learn_units(typical, plan)

    def _goes_on(self) -> bool:
        """Whether `fit` starts where the previous one ended."""
        return self.warm_start and self._has_posterior()

    def _has_posterior(self) -> bool:
        """Whether a fit can go on from an earlier one."""
        return hasattr(self, "_variational_state")

    def _is_update(self) -> bool:
        """Whether `partial_fit` has a posterior to update; checks that it can."""
        self._validate_params()  # scikit-learn does so before the first call alone
        check_partial_fit(self)
        if self._has_posterior() and not self._variational_state.is_posterior:
            raise ValueError(
                "partial_fit updates a posterior, and the previous fit was interrupted before it "
                "had one. Call fit again first."
            )
        return self._has_posterior()

    def _seed(self) -> int:
        """Of everything random in a fit."""
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _pose(self, rows: Rows, plan: Plan, seed: int) -> Problem:
        """The problem of rows, once their scales, categories and units are learned."""
        self._learn(rows, plan)
        return self._pose_learned(rows, plan, seed)

    def _pose_learned(self, rows: Rows, plan: Plan, seed: int) -> Problem:
        """The model, the data and the source of randomness that a plan calls for."""
        generator = torch.Generator().manual_seed(seed)
        likelihood = self._make_likelihood()
        like = torch.empty(0, dtype=getattr(torch, plan.precision), device=check_device(plan))
        held_out = None
        if plan.validation_fraction is not None:
            seed = int(torch.randint(2**31 - 1, (), generator=generator))
            kept, out = split_rows(
                len(rows.table), plan.validation_fraction, self._strata(rows), seed
            )
            held_out = self._encode(rows.at(out), likelihood, like)
            rows = rows.at(kept)
        model = self._make_model(likelihood, plan.prior_sigma, like)
        return Problem(model, self._encode(rows, likelihood, like), held_out, generator)

    def _make_model(
        self, likelihood: Likelihood, prior_sigma: Any, like: torch.Tensor
    ) -> BayesianModel:
        """Network, likelihood and prior; several priors, where there are several sigmas."""
        network = self._make_network(likelihood)
        prior = weight_prior(
            network, self.plan_.prior, prior_sigma, like, likelihood.n_noise_outputs
        )
        return BayesianModel(network, likelihood, prior)

    def _encode(self, rows: Rows, likelihood: Likelihood, like: torch.Tensor) -> Data:
        """Rows as the network sees them."""
        row_weights = rows.row_weights
        return Data(
            self._encoding.source(rows.table, like.dtype).to(device=like.device),
            torch.from_numpy(likelihood.encode(rows.targets)).to(like).clamp(-_FARTHEST, _FARTHEST),
            None if row_weights is None else torch.from_numpy(row_weights).to(like),
            log_jacobian=rows.mean(likelihood.log_jacobian(rows.targets)),
            peers=None if rows.parts is None else rows.parts.peers,
        )

    def _infer(
        self, problem: Problem, plan: Plan, earlier: Earlier | None, progress: Progress
    ) -> Inference:
        model, data, held_out, generator = problem
        watch = Watch(callbacks=tuple(plan.variational.callbacks or ()), progress=progress)
        return infer(model, data, plan, generator, watch, held_out=held_out, earlier=earlier)

    def _previous_state(self, plan: Plan, caller: str) -> torch.Tensor:
        """The variational posterior of the previous fit."""
        self._variational_state.check_layout(self._layout(plan), caller)
        return as_tensor(self._variational_state.values)

    def _layout(self, plan: Plan) -> dict[str, Any]:
        """What gives the free parameters of a posterior their meaning, by name."""
        return {
            **plan.network.get_params(),
            "posterior": repr(plan.posterior),
            "n_members": plan.n_members,
            "n_features_in_": self.n_features_in_,
            "columns with missing numbers": self._encoding.gaps.tolist(),
            "categories": self._encoding.categories,
            "bins": len(self._encoding.bins),
            **self._target_layout(),
        }

    def _keep(self, inference: Inference, data: Data, plan: Plan, *, update: bool = False) -> None:
        """Keep what was found, as arrays, and warn of what is amiss."""
        self._variational_state = VariationalState(
            inference.variational.state().cpu().numpy(),
            self._layout(plan),
            is_posterior=plan.sampler is None or inference.diagnostics is not None,
        )
        self.kl_weight_ = inference.kl_weight
        self.n_members_ = int(inference.posterior.mean.shape[0])
        self.posterior_draws_ = inference.draws.cpu().contiguous().numpy()
        self.__dict__.pop("diagnostics_", None)  # of an earlier fit
        if plan.sampler is not None:
            # Every value is None where Ctrl-C came before the chains had draws enough.
            values = {name: getattr(inference.diagnostics, name, None) for name in _DIAGNOSTICS}
            self.diagnostics_ = Bunch(**values, reason=inference.interruption)
        # Learned scales stay as they are after an update: given the weights, they do not depend on
        # the data.
        if not update:
            self._keep_prior_sigmas(inference)
        self._keep_summaries()
        self._keep_history(inference, data)
        if inference.interruption is not None:
            warnings.warn(inference.interruption, stacklevel=5)
        for advice in inference.advice:
            warnings.warn(advice, ConvergenceWarning, stacklevel=5)
        if inference.interruption is None and (advice := self._advice_on_fit(data)):
            warnings.warn(advice, ConvergenceWarning, stacklevel=5)

    def _advice_on_fit(self, data: Data) -> str:
        """What to say of a fit that predicts its own rows worse than a constant would."""
        n_rows = data.n_rows_in_all
        index = torch.linspace(0, n_rows - 1, min(_N_CHECKED_ROWS, n_rows)).long()
        batch = data.batch_in_all(index)
        inputs = batch.dense_inputs.cpu().double().numpy()
        dist = self._mixture(inputs, self.posterior_draws_[:_N_CHECKED_DRAWS])
        y = self._make_likelihood().decode(batch.targets.cpu().double().numpy())
        weights = None if batch.row_weights is None else batch.row_weights.cpu().numpy()
        ratio = worse_than_constant(dist, y, weights)
        if ratio <= _WORSE_THAN_CONSTANT:
            return ""
        return (
            "The fit is worse than a constant: on rows that it was fitted to, its squared errors "
            f"are {ratio:.3g} times those of the mean (of classes: of their shares). Raise "
            "max_iter or budget, or lower learning_rate_init."
        )

    def _keep_prior_sigmas(self, inference: Inference) -> None:
        for name in ("prior_sigma_", "feature_prior_scales_"):
            self.__dict__.pop(name, None)  # of an earlier fit
        if inference.prior_sigmas is None:
            return
        blocks = {
            name: sigmas.cpu().double().numpy() for name, sigmas in inference.prior_sigmas.items()
        }
        self.prior_sigma_ = Bunch(**blocks)
        if "feature" in blocks:
            # Root mean square over members, relative to the sum over features.
            squares = self._encoding.by_feature(np.square(blocks["feature"]).mean(axis=0))
            scales: FloatArray = np.sqrt(squares)
            self.feature_prior_scales_ = scales / scales.sum()

    def _keep_history(self, inference: Inference, data: Data) -> None:
        training = inference.training
        # From densities of the targets that the network sees to those of the user's.
        bound_per_row = training.bounds.mean(axis=1) + data.log_jacobian
        self.n_iter_ = len(bound_per_row)
        self.loss_curve_ = -bound_per_row
        self.elbo_ = float(training.last_bounds().mean() + data.log_jacobian)
        self.member_scores_ = inference.scores + data.log_jacobian
        self.n_left_out_ = int(np.count_nonzero(~inference.sound))
        if self.n_left_out_:
            Progress(self.verbose).note(
                f"{self.n_left_out_} of {len(inference.sound)} members or chains ended far below "
                "the best, and are left out"
            )
        self.validation_scores_ = training.validation_scores if self.early_stopping else None
        self.best_validation_score_ = training.best_validation_score
