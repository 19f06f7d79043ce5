"""One fit by several processes, on one machine or on several."""

from skbayes.estimators.shards import fit_shard

__all__ = ["fit_shard"]
