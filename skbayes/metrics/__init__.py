"""Proper scores of predictive distributions, and scorers for scikit-learn's searches."""

from skbayes.metrics.calibration import calibration_error
from skbayes.metrics.scorers import (
    SCORERS,
    LossScorer,
    brier_scorer,
    calibration_error_scorer,
    crps_scorer,
    neg_log_predictive_density_scorer,
    predictive_distribution,
)
from skbayes.metrics.scores import (
    brier,
    crps,
    interval_coverage,
    mean_interval_width,
    neg_log_predictive_density,
)

__all__ = [
    "SCORERS",
    "LossScorer",
    "brier",
    "brier_scorer",
    "calibration_error",
    "calibration_error_scorer",
    "crps",
    "crps_scorer",
    "interval_coverage",
    "mean_interval_width",
    "neg_log_predictive_density",
    "neg_log_predictive_density_scorer",
    "predictive_distribution",
]
