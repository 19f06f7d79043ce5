"""Every family of components, as a mixture and as SciPy has it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from skbayes.predictive import (
    GammaMixture,
    LaplaceMixture,
    LogNormalMixture,
    NegativeBinomialMixture,
    NormalMixture,
    PoissonMixture,
    PredictiveDistribution,
    StudentTMixture,
)


@dataclass(frozen=True)
class Family:
    """A class of mixtures, and SciPy's distribution for the same parameters."""

    mixture: Callable[..., PredictiveDistribution]
    scipy: Callable[..., Any]
    # Ranges of the parameters: the location or mean, then the others.
    location: tuple[float, float]
    others: tuple[tuple[float, float], ...] = ()
    is_count: bool = False

    def random(
        self, n_components: int = 7, n_rows: int = 5, n_outputs: int = 1, seed: int = 0
    ) -> tuple[PredictiveDistribution, Any]:
        """A mixture and SciPy's components ``(D, n, t)``; others than locations per draw."""
        rng = np.random.RandomState(seed)
        shapes = [(n_components, n_rows, n_outputs)] + [(n_components, 1, n_outputs)] * len(
            self.others
        )
        ranges = (self.location, *self.others)
        values = [
            rng.uniform(*bounds, size=shape) for bounds, shape in zip(ranges, shapes, strict=True)
        ]
        components = self.scipy(*np.broadcast_arrays(*values))
        return self.mixture(*(torch.from_numpy(x) for x in values)), components


FAMILIES = {
    "normal": Family(NormalMixture, stats.norm, (-5, 5), ((0.1, 2),)),
    "laplace": Family(LaplaceMixture, stats.laplace, (-5, 5), ((0.1, 2),)),
    "student_t": Family(
        StudentTMixture,
        lambda loc, scale, df: stats.t(df, loc, scale),
        (-5, 5),
        ((0.1, 2), (2.5, 30)),
    ),
    "lognormal": Family(
        LogNormalMixture,
        lambda loc, scale: stats.lognorm(scale, scale=np.exp(loc)),
        (-2, 2),
        ((0.1, 1),),
    ),
    "gamma": Family(
        GammaMixture,
        lambda mean, shape: stats.gamma(shape, scale=mean / shape),
        (0.1, 20),
        ((0.3, 40),),
    ),
    "poisson": Family(PoissonMixture, stats.poisson, (0.05, 30), is_count=True),
    "negative_binomial": Family(
        NegativeBinomialMixture,
        lambda mean, size: stats.nbinom(size, size / (size + mean)),
        (0.05, 30),
        ((0.3, 20),),
        is_count=True,
    ),
}


@pytest.fixture(params=sorted(FAMILIES))
def family(request: pytest.FixtureRequest) -> Family:
    return FAMILIES[request.param]
