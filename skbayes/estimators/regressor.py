"""Bayesian multilayer perceptron for regression."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin, _fit_context
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import Tags, check_array
from sklearn.utils.metaestimators import available_if

from skbayes.arrays import FloatArray
from skbayes.choice import StrOptions, allowed, is_auto, resolve
from skbayes.estimators import automatic
from skbayes.estimators.automatic import TableFacts
from skbayes.estimators.base import BaseBayesianNetwork
from skbayes.estimators.given_sigma import GivenPriorSigma
from skbayes.estimators.parameter_docs import with_method_texts, with_shared_docs
from skbayes.estimators.parameters import PerceptronParameters
from skbayes.estimators.planning import has_partial_fit
from skbayes.estimators.prediction import as_tensor
from skbayes.estimators.regressor_predictions import RegressorPredictions
from skbayes.inference import Plan, Progress
from skbayes.lazy_torch import torch
from skbayes.model import LIKELIHOODS, LikelihoodFamily, RegressionLikelihood, WrappingFamily
from skbayes.predictive import PredictiveDistribution
from skbayes.tables import Rows, check_row_weights, heaps_of, read_target, target_units


@dataclass(repr=False, eq=False, kw_only=True)
class Regression(RegressorMixin, RegressorPredictions, BaseBayesianNetwork[PredictiveDistribution]):
    """What the regressors share: real-valued targets and their likelihood."""

    likelihood: str | LikelihoodFamily = "auto"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "likelihood": [StrOptions({"auto"}), *allowed(LIKELIHOODS, LikelihoodFamily)],
    }

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        given: Any = self.likelihood
        is_name = isinstance(given, str) and given in LIKELIHOODS
        family = LIKELIHOODS[given]() if is_name else given
        tags.target_tags.positive_only = (
            isinstance(family, LikelihoodFamily) and family.positive_only
        )
        return tags

    def _read(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        *,
        update: bool = False,
    ) -> Rows:
        table = self._check_inputs(X) if update else self._read_table(X)
        targets = self._check_targets(
            read_target(self, table, y, multi_output=True, y_numeric=True)
        )
        rows = Rows.of(table, targets, check_row_weights(sample_weight, table))
        n_outputs = rows.targets.shape[1]
        if update and n_outputs != self.n_outputs_:
            raise ValueError(
                f"y must have as many targets as before, {self.n_outputs_}. "
                f"Got {n_outputs} instead."
            )
        self.n_outputs_ = n_outputs
        if not is_auto(self.likelihood):
            self._check_family(rows)
        return rows

    def _check_family(self, rows: Rows) -> None:
        """Refuse targets that cannot occur; and say what others there may be instead."""
        family = resolve(self.likelihood, LIKELIHOODS)
        family.check_targets(rows.targets)
        if self.verbose and WrappingFamily.takes(family):
            for hint in _hints_of_heaps(rows):
                Progress(self.verbose).note(hint)

    def _likelihood_family(self, facts: TableFacts) -> LikelihoodFamily:
        return self._family_by(automatic.likelihood(facts), facts)

    def _skewed_likelihood(self, facts: TableFacts) -> LikelihoodFamily | None:
        if not self._leaves_noise_open():
            return None
        return self._family_by(automatic.likelihood(facts, skewed=True), facts)

    def _leaves_noise_open(self) -> bool:
        """Whether `likelihood` says nothing of the density."""
        given: Any = self.likelihood
        return is_auto(given.likelihood if isinstance(given, WrappingFamily) else given)

    def _family_by(self, default: LikelihoodFamily, facts: TableFacts) -> LikelihoodFamily:
        """What `likelihood` says, with `default` for what it says nothing of."""
        if is_auto(self.likelihood):
            return automatic.with_heaps(default, facts)
        family: LikelihoodFamily = resolve(self.likelihood, LIKELIHOODS)
        return family.with_default(default)

    def _learn_units(self, rows: Rows, plan: Plan) -> None:
        family = plan.likelihood
        assert isinstance(family, LikelihoodFamily)
        self._target_units = target_units(
            rows.targets,
            rows.row_weights,
            family.unit_rule,
            family.bounds(self.n_outputs_),
            family.has_density(rows.targets),
            standardize=bool(plan.standardize),
        )

    def _target_layout(self) -> dict[str, Any]:
        return {"likelihood": repr(self.plan_.likelihood), "n_outputs_": self.n_outputs_}

    def _check_targets(self, y: NDArray[Any]) -> FloatArray:
        """Targets ``(n, t)`` in double precision."""
        checked: FloatArray = check_array(
            y, dtype=np.float64, ensure_2d=False, input_name="y", estimator=self
        )
        if checked.ndim == 2 and checked.shape[1] == 1:
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected. Please change the "
                "shape of y to (n_samples,), for example using ravel().",
                DataConversionWarning,
                stacklevel=5,
            )
        return checked.reshape(len(checked), -1)

    def _make_likelihood(self) -> RegressionLikelihood:
        likelihood = self.plan_.likelihood
        assert isinstance(likelihood, LikelihoodFamily)
        return likelihood.build(self.n_outputs_, self._target_units)

    def _keep_summaries(self) -> None:
        likelihood = self._make_likelihood()
        n_weights = self.posterior_draws_.shape[1] - likelihood.n_parameters
        draws = as_tensor(self.posterior_draws_[:, n_weights:]).double()
        self.likelihood_parameters_ = {
            name: self._one_or_each(values.quantile(0.5, dim=0))
            for name, values in likelihood.named_parameters(draws).items()
        }
        variance = likelihood.noise_variance(draws)
        self.noise_std_ = None if variance is None else self._one_or_each(variance.mean(0).sqrt())

    def _one_or_each(self, values: torch.Tensor) -> float | FloatArray:
        """A float for one target, an array for several."""
        array: FloatArray = values.numpy()
        return float(array[0]) if self.n_outputs_ == 1 else array


def _hints_of_heaps(rows: Rows) -> Iterator[str]:
    """Where targets look as if they had been cut off, or are one value too often."""
    for heap in heaps_of(rows.targets, rows.row_weights):
        column = f" of target {heap.target}" if rows.targets.shape[1] > 1 else ""
        if heap.side == "apart":
            why = "they have a probability of their own with"
            family = f"Hurdle(at={heap.value:.12g})"
        else:
            why = "if what lies beyond was recorded as that, take"
            family = f"Censored({heap.side}={heap.value:.12g})"
        yield (
            f"{100 * heap.share:.1f} % of the values{column} are {heap.value:.12g}: {why} "
            f"likelihood=skbayes.likelihoods.{family}"
        )


_Self = TypeVar("_Self", bound="PartialRegressorFit")


class PartialRegressorFit(Regression, GivenPriorSigma):
    """`partial_fit` of the regressors that have a prior sigma to go on with."""

    @available_if(has_partial_fit)
    @with_method_texts
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self: _Self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> _Self:
        """Update the posterior with new rows, by Bayes' rule.

        {update}

        Parameters
        ----------
        {inputs}
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        {sample_weight}

        Returns
        -------
        {fitted}

        Raises
        ------
        ValueError
            If the data or a parameter is invalid, or a parameter that shapes the
            posterior has changed since the first call.
        {divergence}

        Warns
        -----
        {unfinished}
        """
        with self._unchanged_on_error():
            if self._is_update():
                self._update(self._read(X, y, sample_weight, update=True))
            else:
                self._fit(
                    self._read(X, y, sample_weight), self.prior_sigma, prefer_variational=True
                )
        return self


@with_shared_docs
@dataclass(repr=False, eq=False)
class BayesianMLPRegressor(PartialRegressorFit, PerceptronParameters):
    """Bayesian multilayer perceptron for regression.

    A neural network whose weights have a posterior distribution instead of values. By default it is
    sampled by a few chains ([4]_), each started from a variational fit that maximises the evidence
    lower bound (ELBO, [1]_); the noise of each target is learned with it. Predictions are mixtures
    over draws of whole functions, so that intervals cover both the noise and what the
    data leave open.

    Inputs and targets need no scaling.

    {parameter_order}

    Parameters
    ----------
    {first_parameters}

    likelihood : {"auto", "normal", "heteroscedastic", "heteroscedastic_student_t", "student_t", \
"laplace", "lognormal", "logit_normal", "gamma", "poisson", "negative_binomial"} or instance of a \
class of `skbayes.likelihoods`, default="auto"
        Distribution of the target given the function; ``docs/likelihoods.md`` has densities.

        - "auto": "student_t" for fewer than 200 rows, else "heteroscedastic_student_t"; within
          `skbayes.likelihoods.Censored` where targets are cut off at an end, and
          `skbayes.likelihoods.Hurdle` where many have one value that stands by itself. Where fits
          before the chains have skewed residuals, the noise is skewed:
          ``HeteroscedasticStudentT(skewed=True)``.
        - "normal": one noise level per target, learned.
        - "heteroscedastic": normal, and the network gives the noise level too.
        - "heteroscedastic_student_t": the same with heavy tails, whose degrees of freedom are
          learned: a target that is far from where the noise is small costs less.
        - "student_t": heavy tails; scale and degrees of freedom are learned. Outliers hardly
          move the fit. Where the degrees of freedom may be 2 or fewer, standard deviations
          are infinite.
        - "laplace": absolute errors count, not squared ones; the scale is learned.
        - "lognormal", "gamma": positive targets whose noise grows with their mean.
        - "logit_normal": targets strictly between 0 and 1;
          `skbayes.likelihoods.LogitNormal` has other intervals.
        - "poisson": counts whose variance is their mean.
        - "negative_binomial": counts with more variance than that; how much is learned.

        Targets that were cut off at a bound, above or below, are for
        `skbayes.likelihoods.Censored`; no interval then reaches beyond it. Targets that are often
        one value are for `skbayes.likelihoods.Hurdle`.

        Targets that cannot occur are refused. Intervals for counts have whole ends and hold at
        least their coverage.

    {table_parameters}

    {network_parameters}

    {given_sigma_parameter}

    {training_parameters}

    Attributes
    ----------
    n_outputs_ : int
        Number of targets.

    noise_std_ : float or ndarray of shape (n_outputs,), or None
        Learned standard deviation of the noise, in units of the target: the root mean
        square over posterior draws. A float for one target. None where the noise is not the
        same for every row ("normal", "student_t" and "laplace" by themselves are those where it
        is):
        `predict_uncertainty` gives that of each row.

    likelihood_parameters_ : dict of str to float or ndarray of shape (n_outputs,)
        Posterior medians of the learned parameters of the likelihood, in units of the target:
        "scale" (normal, Student-t, Laplace; of ``log(y)`` for lognormal, and of the log odds for
        logit-normal), "df" and "skew" (Student-t,
        heteroscedastic or not; skewed), "shape" (gamma) or "size" (negative binomial).

    {learned_sigma_attributes}

    {shared_attributes}

    See Also
    --------
    sklearn.gaussian_process.GaussianProcessRegressor : Exact inference for few rows.
    sklearn.linear_model.BayesianRidge : Bayesian linear regression.

    Notes
    -----
    The mathematics is in ``docs/mathematics.md``.

    References
    ----------
    {shared_references}

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from skbayes import BayesianMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> regressor = BayesianMLPRegressor(budget=0.2, random_state=0).fit(X_train, y_train)
    >>> regressor.predict(X_test).shape
    (111,)
    >>> lower, upper = regressor.predict_interval(X_test, coverage=0.9).T
    >>> bool(((lower < y_test) & (y_test < upper)).mean() > 0.8)
    True
    """
