"""Every family of components, as a mixture and as SciPy has it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from two_pieces import TwoPieceStudentT

from skbayes.predictive import (
    GammaMixture,
    LaplaceMixture,
    LogNormalMixture,
    NegativeBinomialMixture,
    NormalMixture,
    PoissonMixture,
    PredictiveDistribution,
    SkewedStudentTMixture,
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
    # Relative error of a score that has no closed form.
    crps_error: float = 1e-7

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
    "skewed_student_t": Family(
        SkewedStudentTMixture,
        lambda loc, scale, df, log_skew: TwoPieceStudentT(df, loc, scale, log_skew),
        (-5, 5),
        ((0.1, 2), (2.5, 30), (-1, 1.5)),
        # Its curvature jumps at the modes.
        crps_error=1e-5,
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


#: Mixtures of `LocationScaleMixture`, and SciPy's distributions of the same parameters.
LOCATION_SCALE = {
    name: FAMILIES[name] for name in ("laplace", "normal", "skewed_student_t", "student_t")
}


@pytest.fixture(params=sorted(LOCATION_SCALE))
def name(request: pytest.FixtureRequest) -> str:
    """Of a family of `LOCATION_SCALE`."""
    return request.param


@pytest.fixture
def spread_components() -> Callable[[str, list[float]], tuple[Any, Any]]:
    """Five components for rows about some centres: a mixture, and SciPy's, ``(5, n, 1)``."""

    def make(name: str, centres: list[float]) -> tuple[Any, Any]:
        rng = np.random.RandomState(0)
        loc = rng.normal(size=(5, len(centres), 1)) + np.array(centres)[:, None]
        scale = rng.uniform(0.2, 1.5, size=(5, 1, 1))
        df = np.array([2.1, 2.5, 3.0, 8.0, 30.0])[:, None, None]
        log_skew = rng.uniform(-1, 1.5, size=(5, 1, 1))
        values = [loc, scale, df, log_skew][: 1 + len(LOCATION_SCALE[name].others)]
        family = LOCATION_SCALE[name]
        return family.mixture(*map(torch.from_numpy, values)), family.scipy(*values)

    return make


@pytest.fixture
def many_rows(name: str) -> tuple[Any, torch.Tensor]:
    """One component of scale 1 for 1500 rows, and their means."""
    loc = torch.from_numpy(np.random.RandomState(0).normal(size=(1, 1500, 1)))
    one = torch.ones(1, 1, 1, dtype=torch.float64)
    others = [one, 3 * one, 0.7 * one][: len(LOCATION_SCALE[name].others)]
    return LOCATION_SCALE[name].mixture(loc, *others), loc


@pytest.fixture
def check_pit() -> Callable[[PredictiveDistribution], None]:
    """Of random observations of 1500 rows it is uniform."""

    def check(dist: PredictiveDistribution) -> None:
        below, at_most = dist.pit(dist.sample(1, random_state=2)[:, 0]).T
        transform = below + np.random.RandomState(1).uniform(size=1500) * (at_most - below)
        # The mean distance of 1500 uniform numbers from uniformity is 0.87 / sqrt(1500) = 0.022;
        # twice that is exceeded once in a hundred times.
        assert stats.kstest(transform, "uniform").statistic < 0.045

    return check
