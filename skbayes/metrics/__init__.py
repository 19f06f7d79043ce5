"""Proper scores of predictive distributions, and scorers for scikit-learn's searches."""

from skbayes.metrics.scorers import (
    LossScorer,
    crps_scorer,
    neg_log_predictive_density_scorer,
    predictive_distribution,
)
from skbayes.metrics.scores import (
    crps,
    interval_coverage,
    mean_interval_width,
    neg_log_predictive_density,
)

__all__ = [
    "LossScorer",
    "crps",
    "crps_scorer",
    "interval_coverage",
    "mean_interval_width",
    "neg_log_predictive_density",
    "neg_log_predictive_density_scorer",
    "predictive_distribution",
]
