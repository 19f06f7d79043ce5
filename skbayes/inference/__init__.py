"""How belief is updated: posteriors, the ELBO and the trainer."""

from skbayes.inference.elbo import ELBO
from skbayes.inference.initial import initial_posterior, posterior_of_family
from skbayes.inference.posteriors import (
    POSTERIORS,
    MeanFieldNormal,
    Posterior,
    VariationalPosterior,
)
from skbayes.inference.threads import threads_for
from skbayes.inference.trainer import TrainingOptions, TrainingResult, fit_variational

__all__ = [
    "ELBO",
    "POSTERIORS",
    "MeanFieldNormal",
    "Posterior",
    "TrainingOptions",
    "TrainingResult",
    "VariationalPosterior",
    "fit_variational",
    "initial_posterior",
    "posterior_of_family",
    "threads_for",
]
