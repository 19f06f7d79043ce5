"""How belief is updated: posteriors, the ELBO and its trainer, the samplers."""

from skbayes.inference.elbo import ELBO
from skbayes.inference.independent import IndependentResult, fit_independently
from skbayes.inference.initial import initial_posterior, posterior_at, posterior_of_family
from skbayes.inference.monitor import Callback, TrainingStatus, ValidationScore, Watch
from skbayes.inference.posteriors import (
    POSTERIORS,
    MeanFieldNormal,
    Posterior,
    StoredDraws,
    VariationalPosterior,
)
from skbayes.inference.sampling import (
    SamplingOptions,
    SamplingResult,
    chain_starts,
    effective_sample_size,
    sample_posterior,
    split_r_hat,
)
from skbayes.inference.threads import threads_for
from skbayes.inference.trainer import TrainingOptions, TrainingResult, fit_variational

__all__ = [
    "ELBO",
    "POSTERIORS",
    "Callback",
    "IndependentResult",
    "MeanFieldNormal",
    "Posterior",
    "SamplingOptions",
    "SamplingResult",
    "StoredDraws",
    "TrainingOptions",
    "TrainingResult",
    "TrainingStatus",
    "ValidationScore",
    "VariationalPosterior",
    "Watch",
    "chain_starts",
    "effective_sample_size",
    "fit_independently",
    "fit_variational",
    "initial_posterior",
    "posterior_at",
    "posterior_of_family",
    "sample_posterior",
    "split_r_hat",
    "threads_for",
]
