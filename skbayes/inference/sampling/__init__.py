"""Sampling the posterior: chains that start from a variational fit."""

from skbayes.inference.sampling.diagnostics import effective_sample_size, split_r_hat
from skbayes.inference.sampling.sampler import (
    SamplingOptions,
    SamplingResult,
    chain_starts,
    sample_posterior,
)

__all__ = [
    "SamplingOptions",
    "SamplingResult",
    "chain_starts",
    "effective_sample_size",
    "sample_posterior",
    "split_r_hat",
]
