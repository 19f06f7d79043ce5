"""Proper scores of predictive distributions, and scorers for scikit-learn's searches."""

from skbayes.metrics.calibration import calibration_error
from skbayes.metrics.groups import scores_by_group
from skbayes.metrics.intervals import (
    interval_coverage,
    interval_score,
    mean_interval_width,
    pinball,
)
from skbayes.metrics.scorers import (
    SCORERS,
    LossScorer,
    brier_scorer,
    calibration_error_scorer,
    crps_scorer,
    interval_coverage_scorer,
    interval_score_scorer,
    mean_interval_width_scorer,
    neg_log_predictive_density_scorer,
    pinball_scorer,
    predictive_distribution,
)
from skbayes.metrics.scores import (
    brier,
    crps,
    neg_log_predictive_density,
)
from skbayes.metrics.uncertainty import accuracy_versus_uncertainty

__all__ = [
    "SCORERS",
    "LossScorer",
    "accuracy_versus_uncertainty",
    "brier",
    "brier_scorer",
    "calibration_error",
    "calibration_error_scorer",
    "crps",
    "crps_scorer",
    "interval_coverage",
    "interval_coverage_scorer",
    "interval_score",
    "interval_score_scorer",
    "mean_interval_width",
    "mean_interval_width_scorer",
    "neg_log_predictive_density",
    "neg_log_predictive_density_scorer",
    "pinball",
    "pinball_scorer",
    "predictive_distribution",
    "scores_by_group",
]
