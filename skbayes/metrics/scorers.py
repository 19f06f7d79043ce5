"""Scorers for scikit-learn's model selection: callables ``(estimator, X, y)``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import ArrayLike
from sklearn import get_config
from sklearn.utils.metadata_routing import MetadataRequest

from skbayes.metrics.calibration import calibration_error
from skbayes.metrics.intervals import (
    interval_coverage,
    interval_score,
    mean_interval_width,
    pinball,
)
from skbayes.metrics.scores import brier, crps, neg_log_predictive_density
from skbayes.predictive import PredictiveDistribution, PredictiveMixture

_COVERAGE = 0.9


def predictive_distribution(estimator: Any, X: ArrayLike) -> PredictiveMixture:
    """Predictive distribution of an estimator, whatever it is wrapped in.

    Parameters
    ----------
    estimator : estimator with `predict_dist`, or what holds one
        Fitted. A Pipeline that ends in one, a search for one (`best_estimator_`), a wrapper with
        `estimator_` such as `skbayes.ConformalRegressor`, or any of these in one another. A
        wrapper's own calibration is not in the distribution.
    X : array-like of shape (n_samples, n_features)
        Inputs of the estimator, or of the first step of the Pipeline.

    Returns
    -------
    PredictiveDistribution or ClassDistribution

    Raises
    ------
    TypeError
        If there is no such estimator inside.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import PolynomialFeatures
    >>> from skbayes import BayesianMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(PolynomialFeatures(), BayesianMLPRegressor((), budget=0.05))
    >>> len(predictive_distribution(model.fit(X[:99], y[:99]), X[99:]))
    343
    """
    model, rows = unwrapped(estimator, X)
    dist: PredictiveMixture = model.predict_dist(rows)
    return dist


def unwrapped(estimator: Any, X: Any) -> tuple[Any, Any]:
    """The estimator inside that has `predict_dist`, and the rows as it sees them."""
    while not hasattr(estimator, "predict_dist"):
        if hasattr(estimator, "named_steps"):
            if len(estimator) > 1:
                X = estimator[:-1].transform(X)
            estimator = estimator[-1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif hasattr(estimator, "estimator_"):
            estimator = estimator.estimator_
        else:
            raise TypeError(
                f"{type(estimator).__name__} has no predict_dist, and holds no fitted estimator "
                "that has: is it fitted, and with refit=True?"
            )
    return estimator, X


@dataclass(frozen=True)
class LossScorer:
    """Turn a loss of the predictive distribution into a scorer: greater is better.

    Parameters
    ----------
    loss : callable
        ``loss(dist, y, sample_weight=None) -> float``. `functools.partial` fixes other
        parameters: ``LossScorer(partial(interval_score, coverage=0.5))``.
    weight_request : bool, str or None, default=None
        What `set_score_request` was told.

    Notes
    -----
    Coverage and width of intervals are for watching, with several scorers at a time: a search by
    either alone is content with the shares of all targets, or with intervals that hold
    nothing. `interval_score` weighs the two.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import cross_val_score
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.metrics import neg_log_predictive_density_scorer
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = BayesianMLPRegressor(budget=0.02, random_state=0)
    >>> scores = cross_val_score(regressor, X, y, scoring=neg_log_predictive_density_scorer)
    >>> scores.shape
    (5,)
    """

    loss: Callable[..., float]
    weight_request: bool | str | None = None

    def __call__(
        self, estimator: Any, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """Score a fitted estimator, or a Pipeline that ends in one."""
        return -self.loss(predictive_distribution(estimator, X), y, sample_weight=sample_weight)

    def set_score_request(self, *, sample_weight: bool | str | None) -> LossScorer:
        """Say whether `GridSearchCV` and other routers are to weight the rows that they score.

        Parameters
        ----------
        sample_weight : bool, str or None
            Whether `sample_weight` is passed on; the name under which it was passed to the
            router; or None, with which the router raises an error if it is given weights.

        Returns
        -------
        LossScorer
            A new one: the scorers of this module are shared.

        Raises
        ------
        RuntimeError
            If metadata routing is not enabled, as for scorers of scikit-learn.
        """
        if not get_config()["enable_metadata_routing"]:
            raise RuntimeError(
                "set_score_request has no effect unless metadata routing is enabled, with "
                "sklearn.set_config(enable_metadata_routing=True)."
            )
        return replace(self, weight_request=sample_weight)

    def get_metadata_routing(self) -> MetadataRequest:
        """Metadata that the scorer asks routers for."""
        request = MetadataRequest(owner=self)
        request.score.add_request(param="sample_weight", alias=self.weight_request)
        return request


def _coverage_error(
    dist: PredictiveDistribution, y: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    covered = interval_coverage(dist, y, coverage=_COVERAGE, sample_weight=sample_weight)
    return abs(covered - _COVERAGE)


def _width(
    dist: PredictiveDistribution, y: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    return mean_interval_width(dist, coverage=_COVERAGE, sample_weight=sample_weight)


#: Mean log predictive density (of classes: log probability), in nats: minus
#: `neg_log_predictive_density`.
neg_log_predictive_density_scorer = LossScorer(neg_log_predictive_density)
#: Minus the mean continuous ranked probability score, in units of the target.
crps_scorer = LossScorer(crps)
#: Minus the mean interval score at a coverage of 0.9, in units of the target.
interval_score_scorer = LossScorer(interval_score)
#: Minus the mean pinball loss of the 5 %, 50 % and 95 % quantiles, in units of the target.
pinball_scorer = LossScorer(pinball)
#: Minus the distance of the coverage of 90 % intervals from 0.9. Not a proper score.
interval_coverage_scorer = LossScorer(_coverage_error)
#: Minus the mean width of 90 % intervals, in units of the target. Not a proper score.
mean_interval_width_scorer = LossScorer(_width)
#: Minus the mean Brier score of a classifier.
brier_scorer = LossScorer(brier)
#: Minus the calibration error. To be read beside a proper score: it is best for a model
#: that always predicts the shares of the classes, or the distribution of all targets.
calibration_error_scorer = LossScorer(calibration_error)

#: Scorers by the name of the loss that they turn into a score, or of the score.
SCORERS: dict[str, LossScorer] = {
    "neg_log_predictive_density": neg_log_predictive_density_scorer,
    "crps": crps_scorer,
    "interval_score": interval_score_scorer,
    "interval_coverage": interval_coverage_scorer,
    "mean_interval_width": mean_interval_width_scorer,
    "pinball": pinball_scorer,
    "brier": brier_scorer,
    "calibration_error": calibration_error_scorer,
}
