"""How belief is updated: the posterior, the ELBO and the trainer."""

from skbayes.inference.elbo import MeanFieldELBO
from skbayes.inference.posterior import MeanFieldNormal
from skbayes.inference.threads import threads_for
from skbayes.inference.trainer import (
    TrainingOptions,
    TrainingResult,
    fit_mean_field,
    initial_posterior,
)

__all__ = [
    "MeanFieldELBO",
    "MeanFieldNormal",
    "TrainingOptions",
    "TrainingResult",
    "fit_mean_field",
    "initial_posterior",
    "threads_for",
]
