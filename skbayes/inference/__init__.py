"""How belief is updated: posteriors, the ELBO and its trainer, the samplers."""

from skbayes.choice import Choice, table_of
from skbayes.inference.batches import Batches, BatchSource
from skbayes.inference.divergence_weight import FEW_ROWS, WeightScores, steps_of_choice
from skbayes.inference.elbo import ELBO
from skbayes.inference.independent import IndependentResult, fit_independently
from skbayes.inference.infer import (
    Earlier,
    Inference,
    compare_weights,
    infer,
    infer_candidates,
    try_chains,
)
from skbayes.inference.monitor import Callback, TrainingStatus, ValidationScore, Watch
from skbayes.inference.phases import phase_of_choice, phases_of, phases_of_short_chains
from skbayes.inference.plan import NumberReading, Plan
from skbayes.inference.posteriors import (
    POSTERIORS,
    MeanFieldNormal,
    Posterior,
    PosteriorFamily,
    StoredDraws,
    VariationalPosterior,
)
from skbayes.inference.progress import Phase, Progress
from skbayes.inference.sampling import (
    MCLMC,
    SAMPLERS,
    ChainDiagnostics,
    Sampler,
    SamplingResult,
    chain_starts,
    effective_sample_size,
    sample_posterior,
    split_r_hat,
)
from skbayes.inference.short_chains import HeldOutScores, in_folds
from skbayes.inference.starts import initial_posterior, posterior_at, start_of_family
from skbayes.inference.trainer import TrainingOptions, TrainingResult, fit_variational, train
from skbayes.inference.variational import Variational

__all__ = [
    "ELBO",
    "FEW_ROWS",
    "INFERENCES",
    "MCLMC",
    "POSTERIORS",
    "SAMPLERS",
    "BatchSource",
    "Batches",
    "Callback",
    "ChainDiagnostics",
    "Earlier",
    "HeldOutScores",
    "IndependentResult",
    "Inference",
    "MeanFieldNormal",
    "NumberReading",
    "Phase",
    "Plan",
    "Posterior",
    "PosteriorFamily",
    "Progress",
    "Sampler",
    "SamplingResult",
    "StoredDraws",
    "TrainingOptions",
    "TrainingResult",
    "TrainingStatus",
    "ValidationScore",
    "Variational",
    "VariationalPosterior",
    "Watch",
    "WeightScores",
    "chain_starts",
    "compare_weights",
    "effective_sample_size",
    "fit_independently",
    "fit_variational",
    "in_folds",
    "infer",
    "infer_candidates",
    "initial_posterior",
    "phase_of_choice",
    "phases_of",
    "phases_of_short_chains",
    "posterior_at",
    "sample_posterior",
    "split_r_hat",
    "start_of_family",
    "steps_of_choice",
    "train",
    "try_chains",
]

#: Ways to find the posterior by name.
INFERENCES: dict[str, type[Choice]] = {**table_of(Variational), **SAMPLERS}
