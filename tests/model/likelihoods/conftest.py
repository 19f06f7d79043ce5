"""Every regression likelihood with SciPy's density for its outputs and parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats

from skbayes.model import LIKELIHOODS, RegressionLikelihood, TargetUnits


@dataclass(frozen=True)
class Case:
    """A likelihood, and how SciPy writes it in the units of the user."""

    name: str
    # From the location (of the mean, or its logarithm), and the parameters ``[K, 1, t]``.
    scipy: Callable[..., Any]
    units: TargetUnits

    def likelihood(self, units: TargetUnits | None = None) -> RegressionLikelihood:
        return LIKELIHOODS[self.name].likelihood(2, units=self.units if units is None else units)

    def outputs_and_parameters(self) -> tuple[torch.Tensor, torch.Tensor]:
        generator = torch.Generator().manual_seed(0)
        likelihood = self.likelihood()
        outputs = torch.randn(3, 5, likelihood.n_outputs, generator=generator).double()
        parameters = torch.randn(3, likelihood.n_parameters, generator=generator).double()
        return outputs, 0.5 * parameters

    def distribution(self) -> Any:
        """SciPy's distributions ``[K, B, t]`` for these outputs and parameters."""
        outputs, parameters = self.outputs_and_parameters()
        location = self.units.loc + self.units.scale * outputs[..., :2].numpy()
        others = [x.numpy()[:, None] for x in parameters.split(2, -1) if x.shape[-1]]
        if outputs.shape[-1] > 2:
            others.insert(0, outputs[..., 2:].numpy())
        return self.scipy(location, self.units.scale, *others)

    def targets(self) -> np.ndarray:
        """Targets ``(K, B, t)`` in the units of the user, around the middle."""
        rng = np.random.RandomState(0)
        return self.distribution().ppf(rng.uniform(0.02, 0.98, size=(3, 5, 2)))


def _noise(rho: np.ndarray) -> np.ndarray:
    return 1e-3 + np.exp(rho)


def _gamma(log_mean: np.ndarray, _: np.ndarray, rho: np.ndarray) -> Any:
    shape = _noise(rho) ** -2
    return stats.gamma(shape, scale=np.exp(log_mean) / shape)


def _negative_binomial(log_mean: np.ndarray, _: np.ndarray, rho: np.ndarray) -> Any:
    size = _noise(rho) ** -2
    return stats.nbinom(size, size / (size + np.exp(log_mean)))


class _LogitNormal:
    """SciPy has no logit-normal: the normal of its log odds, on the interval from 0 to 1."""

    def __init__(self, loc: np.ndarray, scale: np.ndarray) -> None:
        self.args = (np.broadcast_to(scale, loc.shape),)
        self.dist = None
        self._odds = stats.norm(loc, scale)

    def ppf(self, q: np.ndarray) -> np.ndarray:
        return special.expit(self._odds.ppf(q))

    def cdf(self, y: np.ndarray) -> np.ndarray:
        return self._odds.cdf(special.logit(y))

    def logpdf(self, y: np.ndarray) -> np.ndarray:
        return self._odds.logpdf(special.logit(y)) - np.log(y) - np.log1p(-y)

    def mean(self) -> np.ndarray:
        def integrand(z: float) -> np.ndarray:
            return special.expit(self._odds.mean() + z * self._odds.std()) * stats.norm.pdf(z)

        return integrate.quad_vec(integrand, -12, 12, epsrel=1e-12)[0]


_AFFINE = TargetUnits.of(np.array([1.0, -30.0]), np.array([0.5, 7.0]), standardize=True)
_LOG = TargetUnits.of(np.array([1.0, 5.0]), np.array([0.5, 1.5]), standardize=True)
_LOGIT = TargetUnits.of(np.array([0.5, -1.0]), np.array([0.5, 1.5]), standardize=True)
_LOG_LINK = TargetUnits.of(np.array([1.0, 5.0]), np.ones(2), standardize=True)

CASES = [
    Case("normal", lambda f, unit, rho: stats.norm(f, unit * _noise(rho)), _AFFINE),
    Case("heteroscedastic", lambda f, unit, h: stats.norm(f, unit * np.exp(h - 1)), _AFFINE),
    Case(
        "heteroscedastic_student_t",
        lambda f, unit, h, eta: stats.t(1 + np.exp(eta), f, unit * np.exp(h - 1)),
        _AFFINE,
    ),
    Case("laplace", lambda f, unit, rho: stats.laplace(f, unit * _noise(rho)), _AFFINE),
    Case(
        "student_t",
        lambda f, unit, rho, eta: stats.t(1 + np.exp(eta), f, unit * _noise(rho)),
        _AFFINE,
    ),
    Case(
        "lognormal",
        lambda f, unit, rho: stats.lognorm(unit * _noise(rho), scale=np.exp(f)),
        _LOG,
    ),
    Case("logit_normal", lambda f, unit, rho: _LogitNormal(f, unit * _noise(rho)), _LOGIT),
    Case("gamma", _gamma, _LOG_LINK),
    Case("poisson", lambda f, _: stats.poisson(np.exp(f)), _LOG_LINK),
    Case("negative_binomial", _negative_binomial, _LOG_LINK),
]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param
