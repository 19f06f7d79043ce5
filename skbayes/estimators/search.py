"""Cross-validation of the prior sigma: the whole grid of sigmas and folds in one batch."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from sklearn.base import _fit_context, is_classifier
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import get_scorer
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing, check_random_state, indexable
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import _num_samples

from skbayes.arrays import FloatArray
from skbayes.estimators.base import BaseBayesianNetwork, Problem
from skbayes.estimators.candidates import Candidates, Folds, TrainedCandidates, together
from skbayes.estimators.classifier import Classification
from skbayes.estimators.parameter_docs import with_method_texts, with_shared_docs
from skbayes.estimators.parameters import PerceptronParameters
from skbayes.estimators.planning import precision
from skbayes.estimators.regressor import Regression
from skbayes.inference import (
    Plan,
    Progress,
    infer_candidates,
    posterior_at,
    start_of_family,
)
from skbayes.lazy_torch import torch
from skbayes.metrics import SCORERS
from skbayes.model import BayesianModel, Data, count_layers
from skbayes.tables import Rows

Scorer = Callable[..., float]


@dataclass(repr=False, eq=False, kw_only=True)
class PriorSigmaSearch(BaseBayesianNetwork[Any]):
    """Fit that chooses the prior sigma by cross-validation first."""

    prior_sigmas: ArrayLike = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
    cv: Any = 5
    scoring: str | Scorer = "neg_log_predictive_density"
    n_members_cv: int = 1
    n_jobs: int | None = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "prior_sigmas": ["array-like"],
        "cv": ["cv_object"],
        "scoring": [str, callable],
        "n_members_cv": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
    }

    @with_method_texts
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Any:
        """Choose the prior sigma, and fit the posterior with it.

        Parameters
        ----------
        {inputs}
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets in any units, or labels.
        sample_weight : array-like of shape (n_samples,), default=None
            How many copies of a row each row stands for, in training and, where the scorer
            takes weights, in the score. `cv` splits all rows; then those of zero weight are
            left out of every fold.
        groups : array-like of shape (n_samples,), default=None
            Groups of rows for a `cv` that splits by group.

        Returns
        -------
        {fitted}

        Raises
        ------
        ValueError
            If the data or a parameter is invalid.
        {divergence}

        Warns
        -----
        {unfinished}
        """
        with self._unchanged_on_error():
            rows = self._read(X, y, sample_weight)
            self._search(rows, X, y, groups)
            self._fit(rows, self.best_prior_sigma_)
        return self

    def _search(
        self,
        rows: Rows,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike | None,
    ) -> None:
        """Score every prior sigma in every fold, and choose the best."""
        sigmas = self._check_sigmas()
        X, y, groups = indexable(X, y, groups)
        splitter = check_cv(self.cv, y, classifier=is_classifier(self))
        folds = self._folds_of(rows, list(splitter.split(X, y, groups)), _num_samples(X))
        candidates = Candidates(sigmas, folds, int(self.n_members_cv))
        if len(rows.positions) < _num_samples(X):
            X, y = (_safe_indexing(part, rows.positions) for part in (X, y))
        self._keep_results(sigmas, self._score(candidates, rows, X, y))

    def _folds_of(self, rows: Rows, folds: Folds, n_rows: int) -> Folds:
        """Folds of the user's rows as folds of the rows that train: those of positive weight."""
        number = np.full(n_rows, -1)
        number[rows.positions] = np.arange(len(rows.positions))
        kept = [(number[train], number[test]) for train, test in folds]
        kept = [(train[train >= 0], test[test >= 0]) for train, test in kept]
        if not all(len(train) and len(test) for train, test in kept):
            raise ValueError(
                "cv must leave rows of positive weight to train on and to score in every fold. "
                f"Got cv={self.cv!r}."
            )
        return kept

    def _check_sigmas(self) -> FloatArray:
        sigmas = np.asarray(self.prior_sigmas)
        is_numeric = np.issubdtype(sigmas.dtype, np.number)
        if sigmas.ndim != 1 or not len(sigmas) or not is_numeric or not np.all(sigmas > 0):
            raise ValueError(
                "prior_sigmas must be a sequence of positive numbers. "
                f"Got {self.prior_sigmas!r} instead."
            )
        return sigmas.astype(np.float64)

    def _score(self, candidates: Candidates, rows: Rows, X: Any, y: Any) -> NDArray[np.float64]:
        """Score of each sigma in each fold, ``(n_sigmas, n_folds)``."""
        draws = self._fit_candidates(candidates, rows)
        scorer = SCORERS.get(self.scoring) if isinstance(self.scoring, str) else None
        scorer = get_scorer(self.scoring) if scorer is None else scorer
        scores = np.empty((len(candidates.sigmas), len(candidates.folds)))
        for sigma, fold, members in candidates.members():
            test = candidates.folds[fold][1]
            if not np.all(np.isfinite(draws[members])):
                scores[sigma, fold] = np.nan
                continue
            fitted = copy.copy(self)
            fitted.posterior_draws_ = draws[members].reshape(-1, draws.shape[-1])
            scored_weights = None if rows.row_weights is None else rows.row_weights[test]
            scores[sigma, fold] = _call_scorer(
                scorer, fitted, _safe_indexing(X, test), _safe_indexing(y, test), scored_weights
            )
        return scores

    def _fit_candidates(self, candidates: Candidates, rows: Rows) -> NDArray[Any]:
        """Draws of a variational posterior for each model of the search, ``(M, n_draws, P)``.

        They are not finite where training diverged.
        """
        plan, seed = self._candidate_plan(rows), self._seed()
        problem = self._pose(rows, plan, seed)
        everything = np.arange(len(candidates))
        n_parts = min(effective_n_jobs(self.n_jobs), len(candidates))
        if n_parts == 1:
            trained = [self._train(problem, candidates, rows, everything)]
        else:
            trained = Parallel(n_jobs=self.n_jobs)(
                delayed(_train_elsewhere)(copy.copy(self), candidates, rows, plan, seed, index)
                for index in np.array_split(everything, n_parts)
            )
        state, is_finite = together(trained)
        n_diverged = int((~is_finite).sum())
        if n_diverged:
            warnings.warn(
                f"{n_diverged} of {len(candidates)} models of the search diverged; their score is "
                "nan. Lower learning_rate_init, or leave out extreme prior_sigmas.",
                FitFailedWarning,
                stacklevel=5,
            )
        # As many as the final fit keeps in all.
        is_point = plan.posterior.is_point
        per_model = 1 if is_point else -(-plan.n_posterior_samples // int(self.n_members_cv))
        # Whoever trained the models, their draws are the same.
        generator = torch.Generator().manual_seed(int(check_random_state(seed).randint(2**31 - 1)))
        with torch.no_grad():
            start = start_of_family(plan.posterior, problem.model, len(candidates), generator)
            found = posterior_at(start, torch.from_numpy(state).to(start.state()))
            draws = found.sample(per_model, generator)
        kept: NDArray[Any] = draws.cpu().numpy()
        return kept

    def _train(
        self,
        problem: Problem,
        candidates: Candidates,
        rows: Rows,
        index: NDArray[np.int64],
    ) -> TrainedCandidates:
        """Fit the models at `index`, as a batch. What is random does not depend on the others."""
        like = problem.data.targets
        fold_weights = candidates.row_weights(rows.row_weights, problem.data.n_rows)
        n_layers = count_layers(problem.model.network)

        def pose(index: NDArray[np.int64]) -> tuple[BayesianModel, Data]:
            sigmas = np.broadcast_to(candidates.sigma(index)[:, None], (len(index), n_layers))
            weights = torch.from_numpy(fold_weights[candidates.fold(index)]).to(like)
            model = self._make_model(problem.model.likelihood, sigmas, like)
            return model, replace(problem.data, row_weights=weights)

        with Progress(self.verbose if index[0] == 0 else 0) as progress:
            try:
                result = infer_candidates(
                    pose, len(candidates), self.plan_, problem.generator, progress, only=index
                )
            except FloatingPointError as error:
                return TrainedCandidates(None, np.zeros(len(index), dtype=bool), str(error))
        return TrainedCandidates(result.posterior.state().cpu().numpy(), result.is_finite)

    def _candidate_plan(self, rows: Rows) -> Plan:
        """The plan of a variational fit at full weight, whatever `inference` is."""
        plan = self._plan(rows, 1.0, prefer_variational=True)
        method = plan.variational if plan.sampler is None else plan.sampler
        return replace(
            plan,
            sampler=None,
            training=replace(plan.training, kl_weight=max(method.kl_weights())),
            validation_fraction=None,
            precision=precision(self.dtype, self._facts(rows), approximate=True),
        )

    def _keep_results(self, sigmas: FloatArray, scores: NDArray[np.float64]) -> None:
        mean = scores.mean(axis=1)
        # A score that is not a number is worst.
        ranked = np.where(np.isnan(mean), -np.inf, mean)
        self.cv_results_: dict[str, Any] = {
            "param_prior_sigma": sigmas,
            "params": [{"prior_sigma": sigma} for sigma in sigmas.tolist()],
            **{f"split{fold}_test_score": scores[:, fold] for fold in range(scores.shape[1])},
            "mean_test_score": mean,
            "std_test_score": scores.std(axis=1),
            "rank_test_score": rankdata(-ranked, method="min").astype(np.int32),
        }
        self.best_index_ = int(np.argmax(ranked))
        self.best_score_ = float(mean[self.best_index_])
        self.best_prior_sigma_ = float(sigmas[self.best_index_])


def _train_elsewhere(
    search: PriorSigmaSearch,
    candidates: Candidates,
    rows: Rows,
    plan: Plan,
    seed: int,
    index: NDArray[np.int64],
) -> TrainedCandidates:
    """`PriorSigmaSearch._train` in another process, where the problem is posed anew."""
    return search._train(search._pose(rows, plan, seed), candidates, rows, index)


def _call_scorer(
    scorer: Scorer, estimator: Any, X: Any, y: Any, sample_weight: FloatArray | None
) -> float:
    if sample_weight is None:
        return float(scorer(estimator, X, y))
    parameters = inspect.signature(scorer).parameters.values()
    takes_weights = any(p.name == "sample_weight" or p.kind == p.VAR_KEYWORD for p in parameters)
    if not takes_weights:
        return float(scorer(estimator, X, y))
    return float(scorer(estimator, X, y, sample_weight=sample_weight))


@with_shared_docs
@dataclass(repr=False, eq=False)
class BayesianMLPRegressorCV(Regression, PriorSigmaSearch, PerceptronParameters):
    """Bayesian multilayer perceptron for regression with a cross-validated prior sigma.

    As `RidgeCV` is to `Ridge`: the prior sigma with the best score on held-out folds is chosen,
    and the model is fitted again to all rows. All sigmas and folds train as one batch,
    which costs a fraction of what `GridSearchCV` does. Inputs and targets are
    standardised once, by all rows.

    Parameters
    ----------
    {search_parameters}

    {first_parameters}

    likelihood : str, default="normal"
        As for `BayesianMLPRegressor`.

    {table_parameters}

    {network_parameters}

    {training_parameters}

    Attributes
    ----------
    {search_attributes}

    n_outputs_ : int
        Number of targets.

    noise_std_ : float or ndarray of shape (n_outputs,), or None
        As for `BayesianMLPRegressor`.

    {shared_attributes}

    See Also
    --------
    BayesianMLPRegressor : With a given or learned prior sigma.
    sklearn.model_selection.GridSearchCV : For any other parameter.

    References
    ----------
    {shared_references}

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianMLPRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = BayesianMLPRegressorCV(
    ...     (8,), prior_sigmas=[0.1, 1.0], cv=3, max_iter=600, tol=1.0, random_state=0
    ... ).fit(X, y)
    >>> search.best_prior_sigma_ in (0.1, 1.0)
    True
    >>> search.cv_results_["mean_test_score"].shape
    (2,)
    """


@with_shared_docs
@dataclass(repr=False, eq=False)
class BayesianMLPClassifierCV(Classification, PriorSigmaSearch, PerceptronParameters):
    """Bayesian multilayer perceptron classifier with a cross-validated prior sigma.

    As `LogisticRegressionCV` is to `LogisticRegression`: the prior sigma with the best score on
    held-out folds is chosen, and the model is fitted again to all rows. All sigmas and folds
    train as one batch, which costs a fraction of what `GridSearchCV` does. Inputs are
    standardised once, by all rows.

    Parameters
    ----------
    {search_parameters}

    {first_parameters}

    class_weight : dict, list of dict, "balanced" or None, default=None
        As for `BayesianMLPClassifier`.

    {table_parameters}

    {network_parameters}

    {training_parameters}

    Attributes
    ----------
    {search_attributes}

    classes_ : ndarray of shape (n_classes,)
        As for `BayesianMLPClassifier`.

    {shared_attributes}

    See Also
    --------
    BayesianMLPClassifier : With a given or learned prior sigma.
    sklearn.model_selection.GridSearchCV : For any other parameter.

    References
    ----------
    {shared_references}

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skbayes import BayesianMLPClassifierCV
    >>> X, y = load_iris(return_X_y=True)
    >>> search = BayesianMLPClassifierCV(
    ...     (8,), prior_sigmas=[0.1, 1.0], cv=3, max_iter=600, tol=1.0, random_state=0
    ... ).fit(X, y)
    >>> search.best_prior_sigma_
    1.0
    """
