"""Every regression likelihood with SciPy's density for its outputs and parameters.

And what the tests of likelihoods that wrap another share.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats
from two_pieces import TwoPieceStudentT

from skbayes.likelihoods import (
    Heteroscedastic,
    HeteroscedasticStudentT,
    Laplace,
    Normal,
    StudentT,
)
from skbayes.model import LIKELIHOODS, LikelihoodFamily, RegressionLikelihood, TargetUnits


@dataclass(frozen=True)
class Case:
    """A likelihood, and how SciPy writes it in the units of the user."""

    name: str
    # From the location (of the mean, or its logarithm), and the parameters ``[K, 1, t]``.
    scipy: Callable[..., Any]
    units: TargetUnits
    is_skewed: bool = False

    def likelihood(self, units: TargetUnits | None = None) -> RegressionLikelihood:
        family = LIKELIHOODS[self.name]()
        if self.is_skewed:
            family.set_params(skewed=True)
        return family.build(2, self.units if units is None else units)

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
        "heteroscedastic_student_t",
        lambda f, unit, h, eta, log_skew: TwoPieceStudentT(
            2 + np.exp(eta), f, unit * np.exp(h - 1), log_skew
        ),
        _AFFINE,
        is_skewed=True,
    ),
    Case(
        "student_t",
        lambda f, unit, rho, eta, log_skew: TwoPieceStudentT(
            2 + np.exp(eta), f, unit * _noise(rho), log_skew
        ),
        _AFFINE,
        is_skewed=True,
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


@pytest.fixture(params=CASES, ids=lambda case: case.name + " skewed" * case.is_skewed)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


class Wrapping:
    """What is the same for every likelihood that wraps one on the whole real line."""

    FAMILIES: ClassVar[dict[str, LikelihoodFamily]] = {
        "normal": Normal(),
        "heteroscedastic": Heteroscedastic(),
        "heteroscedastic_student_t": HeteroscedasticStudentT(),
        "heteroscedastic_student_t skewed": HeteroscedasticStudentT(skewed=True),
        "student_t": StudentT(),
        "laplace": Laplace(),
    }
    UNITS = _AFFINE

    def build(
        self, family: LikelihoodFamily, n_targets: int
    ) -> tuple[Any, torch.Tensor, torch.Tensor]:
        """The likelihood of both targets, or of the second; outputs and parameters."""
        generator = torch.Generator().manual_seed(0)
        loc, scale = self.UNITS.loc[-n_targets:], self.UNITS.scale[-n_targets:]
        likelihood = family.build(n_targets, TargetUnits.of(loc, scale, standardize=True))
        outputs = torch.randn(3, 5, likelihood.n_outputs, generator=generator).double()
        parameters = 0.5 * torch.randn(3, likelihood.n_parameters, generator=generator).double()
        return likelihood, outputs, parameters

    def scipy(
        self,
        family: LikelihoodFamily,
        outputs: torch.Tensor,
        parameters: torch.Tensor,
        least_df: float,
    ) -> Any:
        """SciPy's distributions of what is wrapped ``(K, B, t)``, in the units of the user.

        The first two outputs are the locations, the last two those of the noise, if any.
        """
        location = self.UNITS.loc + self.UNITS.scale * outputs[..., :2].numpy()
        others = [x.numpy()[:, None] for x in parameters.split(2, -1) if x.shape[-1]]
        if family.name.startswith("heteroscedastic"):
            scale = np.exp(outputs[..., -2:].numpy() - 1)
        else:
            scale = 1e-3 + np.exp(others.pop(0))
        scale = self.UNITS.scale * scale
        if isinstance(family, Laplace):
            return stats.laplace(location, scale)
        if not family.name.endswith("student_t"):
            return stats.norm(location, scale)
        if len(others) > 1:
            return TwoPieceStudentT(2 + np.exp(others[0]), location, scale, others[1])
        return stats.t(least_df + np.exp(others[0]), location, scale)

    def check_gradient(
        self,
        likelihood: RegressionLikelihood,
        outputs: torch.Tensor,
        parameters: torch.Tensor,
        targets: torch.Tensor,
        per_model: str,
    ) -> None:
        """It agrees with finite differences, and leaves no graph."""
        if per_model == "targets":
            targets = torch.stack([targets, targets.flip(0), targets])
        weights = torch.tensor([1.0, 2.0, 0.5, 1.0, 0.0]).double()
        if per_model == "weights":
            weights = torch.stack([weights, weights.flip(0), torch.ones_like(weights)])
        gradient = likelihood.gradient(outputs, targets, parameters, weights)

        def total(outputs: torch.Tensor, parameters: torch.Tensor) -> float:
            return float((likelihood.log_prob(outputs, targets, parameters) * weights).sum())

        assert float(gradient.log_likelihood.sum()) == pytest.approx(total(outputs, parameters))
        step = 1e-6
        for inputs, found in ((outputs, gradient.outputs), (parameters, gradient.parameters)):
            assert not found.requires_grad
            for index in np.ndindex(*inputs.shape):
                kept = float(inputs[index])
                values = []
                for sign in (1, -1):
                    inputs[index] = kept + sign * step
                    values.append(total(outputs, parameters))
                inputs[index] = kept
                slope = (values[0] - values[1]) / (2 * step)
                assert float(found[index]) == pytest.approx(slope, rel=1e-5, abs=1e-6)

    def check_finite(
        self,
        likelihood: RegressionLikelihood,
        outputs: torch.Tensor,
        parameters: torch.Tensor,
        targets: torch.Tensor,
        dtype: torch.dtype,
    ) -> None:
        """Gradients are, in either precision."""
        gradient = likelihood.gradient(
            outputs.to(dtype), targets.to(dtype), parameters.to(dtype), None
        )
        # Of the noise it says something only where the outputs give it.
        for values in gradient if likelihood.n_noise_outputs else gradient[:-1]:
            assert values.dtype == dtype
            assert bool(values.isfinite().all())


@pytest.fixture(params=sorted(Wrapping.FAMILIES))
def wrapped(request: pytest.FixtureRequest) -> LikelihoodFamily:
    """A family that can be wrapped."""
    return Wrapping.FAMILIES[request.param]


@pytest.fixture
def wrapping() -> Wrapping:
    return Wrapping()
