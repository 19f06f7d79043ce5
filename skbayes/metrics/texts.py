"""Texts that the docstrings of the metrics share."""

from skbayes.docstrings import with_texts

documented = with_texts(
    real_distribution="""
dist : PredictiveDistribution
    Predictive distribution of each row.
""",
    real_observations="""
y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    Observations.
""",
    coverage="""
coverage : float, default=0.9
    Nominal probability of the interval, in (0, 1).
""",
    sample_weight="""
sample_weight : array-like of shape (n_samples,), default=None
    Weight of each row in the mean.
""",
    in_units_of_the_target="""
float
    In the units of the target; the mean over several targets.
""",
)
