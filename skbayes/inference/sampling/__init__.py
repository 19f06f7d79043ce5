"""Sampling the posterior: chains that start from a variational fit, one kernel a file."""

from skbayes.choice import table_of
from skbayes.inference.sampling.base import Sampler
from skbayes.inference.sampling.chain_diagnostics import ChainDiagnostics, diagnose
from skbayes.inference.sampling.diagnostics import effective_sample_size, split_r_hat
from skbayes.inference.sampling.hmc import HMC
from skbayes.inference.sampling.mclmc import MCLMC
from skbayes.inference.sampling.sampler import SamplingResult, chain_starts, sample_posterior

__all__ = [
    "HMC",
    "MCLMC",
    "SAMPLERS",
    "ChainDiagnostics",
    "Sampler",
    "SamplingResult",
    "chain_starts",
    "diagnose",
    "effective_sample_size",
    "sample_posterior",
    "split_r_hat",
]

#: Samplers by name.
SAMPLERS: dict[str, type[Sampler]] = table_of(MCLMC, HMC)
