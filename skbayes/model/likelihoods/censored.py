"""Censored targets: what lies beyond a bound was recorded as the bound."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from skbayes.arrays import FloatArray
from skbayes.choice import Interval
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import LogLikelihoodGradient
from skbayes.model.likelihoods.constant import Constant
from skbayes.model.likelihoods.regression import LikelihoodFamily
from skbayes.model.likelihoods.scaled_noise import ScaledNoiseLikelihood
from skbayes.model.likelihoods.target_bounds import Bounds
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.model.likelihoods.wrapping import WrappingFamily, WrappingLikelihood
from skbayes.model.networks import InitialOutputs
from skbayes.predictive import ClippedMixture, LocationScaleMixture


class CensoredLikelihood(WrappingLikelihood):
    r"""A likelihood on the real line, of targets recorded within bounds.

    A target at or beyond a bound counts with the log probability of what lies beyond it (Tobit),
    any other with its log density. What is predicted is the recorded target.

    Parameters
    ----------
    base : ScaledNoiseLikelihood
        Of the target that was not cut.
    units : TargetUnits
        Those of `base`.
    bounds : Bounds
        In the units of the user.

    References
    ----------
    J. Tobin. "Estimation of relationships for limited dependent variables", Econometrica 26 (1958).

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from skbayes.model.likelihoods import NormalLikelihood, TargetUnits
    >>> base = NormalLikelihood(noise_std=torch.ones(1))
    >>> bounds = Bounds(np.array([-np.inf]), np.array([0.0]))
    >>> likelihood = CensoredLikelihood(base, TargetUnits.standard(1), bounds)
    >>> likelihood.log_prob(torch.zeros(1, 2, 1), torch.tensor([[-1.0], [0.0]]), torch.zeros(1, 0))
    tensor([[-1.4189, -0.6931]])
    """

    can_be_recorded = False  # tails are computed where a target is at a bound alone

    def __init__(self, base: ScaledNoiseLikelihood, units: TargetUnits, bounds: Bounds) -> None:
        super().__init__(base, units)
        self._bounds = bounds

    def initial_outputs(self) -> InitialOutputs:
        return self._base.initial_outputs()

    def log_noise(self, outputs: Tensor) -> Tensor | None:
        return self._base.log_noise(outputs)

    def encode(self, targets: FloatArray) -> FloatArray:
        return super().encode(self._bounds.clip(targets))

    def log_jacobian(self, targets: FloatArray) -> FloatArray:
        # The probability of a bound is the same in any unit.
        log_scale: FloatArray = np.log(self._units.scale)
        return -(self._bounds.inside(targets).astype(np.float64) @ log_scale)

    def log_prob(self, outputs: Tensor, targets: Tensor, parameters: Tensor) -> Tensor:
        densities = self._base.log_densities(outputs, targets, parameters)
        for where, tails in self._tails(outputs, targets, parameters):
            densities = densities.masked_scatter(where, tails)
        return densities.sum(-1)

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        """That of the rows within bounds in the closed form of `base`, and of the tails besides.

        By automatic differentiation of all where rows have several targets, of which one may be at
        a bound and another not, or where each model has targets of its own.
        """
        if self.n_targets > 1 or targets.ndim > 2:
            return super().gradient(outputs, targets, parameters, row_weights)
        beyond = list(self._beyond(targets))
        is_beyond = torch.stack([is_there for is_there, _, _ in beyond]).any(0)
        weights = (~is_beyond[:, 0]).to(outputs)
        weights = weights if row_weights is None else weights * row_weights
        # No residual where it counts for nothing: the square of a large one might not be finite.
        near = torch.where(is_beyond, outputs[..., :1], targets)
        result = self._base.gradient(outputs, near, parameters, weights)
        for is_there, bound, side in beyond:
            if len(index := is_there[:, 0].nonzero().squeeze(-1)):
                of_these = None if row_weights is None else row_weights[..., index]
                tail = self._tail_gradient(outputs[:, index], bound, side, parameters, of_these)
                result.log_likelihood.add_(tail.log_likelihood)
                result.outputs[:, index] += tail.outputs
                result.parameters.add_(tail.parameters)
        return result

    def _tail_gradient(
        self,
        outputs: Tensor,
        bound: Tensor,
        side: int,
        parameters: Tensor,
        row_weights: Tensor | None,
    ) -> LogLikelihoodGradient:
        """Of rows that are all at one bound."""
        with torch.enable_grad():  # of what scale and noise are, in a few operations
            outputs, parameters = (x.detach().requires_grad_() for x in (outputs, parameters))
            scale = self._base.scale(outputs, parameters)
            noise = self._base.noise(parameters).towards(side)
        with torch.no_grad():
            per_scale = -side / scale
            z = (outputs[..., :1] - bound) * per_scale
            log_tail, of_z, of_parameters = noise.tail_slopes(z)
            if row_weights is not None:
                weights = row_weights.unsqueeze(-1)
                log_tail, of_z = log_tail * weights, of_z * weights
                of_parameters = tuple(of * weights for of in of_parameters)
            of_scale = (of_z * z * per_scale).mul_(side)
            reached = (scale, *noise.parameters)
            slopes = [
                slope.sum_to_size(part.shape)
                for slope, part in zip((of_scale, *of_parameters), reached, strict=True)
            ]
            gradients = torch.autograd.grad(
                reached, (outputs, parameters), slopes, materialize_grads=True
            )
            gradients[0][..., :1] += of_z * per_scale
        return LogLikelihoodGradient(log_tail.sum((1, 2)), *gradients)

    @cached_property
    def _encoded_bounds(self) -> Constant:
        return Constant(torch.from_numpy(super().encode(np.stack(self._bounds))))

    def _beyond(self, targets: Tensor) -> Iterator[tuple[Tensor, Tensor, int]]:
        """Which targets are at or beyond each bound, the bound, and the side where it is."""
        # As targets are encoded, to the last bit: one at a bound has to be known as such.
        lower, upper = self._encoded_bounds.like(targets)
        yield targets <= lower, lower, -1
        yield targets >= upper, upper, 1

    def _tails(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Which targets ``[K, B, t]`` are at either bound, and log probabilities of beyond it."""
        location = outputs[..., : self.n_targets]
        for is_there, bound, side in self._beyond(targets):
            if not bool(is_there.any()):
                continue
            where = is_there.expand(location.shape)
            # These alone: a tail costs tens of times a density, and few targets are at a bound.
            at = bound.expand(location.shape)[where]
            scale = self._base.scale(outputs, parameters).expand(location.shape)[where]
            z = side * (at - location[where]) / scale
            yield where, self._base.noise(parameters).at(where).towards(side).log_tail(z)

    def predictive(self, outputs: Tensor, parameters: Tensor) -> ClippedMixture:
        uncensored = self._base.predictive(outputs, parameters)
        assert isinstance(uncensored, LocationScaleMixture)
        lower, upper = (torch.from_numpy(bound) for bound in self._bounds)
        return ClippedMixture(uncensored, lower, upper)


class Censored(WrappingFamily):
    """Targets that were cut off at a bound: prices with a cap, readings below a detection limit.

    A target at a bound, or beyond it, says that the true one lies there or further out, and counts
    with the probability of that ([1]_); others count with their density. What is predicted is the
    recorded target: no interval reaches beyond a bound, and the bound itself has a probability.
    ``predict_dist(X).uncensored`` is the distribution of the target without the cut.

    Parameters
    ----------
    likelihood : {"auto", "normal", "heteroscedastic", "heteroscedastic_student_t", "student_t", \
"laplace"} or instance of their classes, default="auto"
        Of the target without the cut; "auto" is what the estimator would take without bounds.
    lower, upper : float, default=None
        Bounds, in units of the target, or one for each target, array-like of shape (n_targets,);
        infinite or None where there is none. At least one is needed.

    References
    ----------
    .. [1] J. Tobin. "Estimation of relationships for limited dependent variables",
       Econometrica 26 (1958).

    Examples
    --------
    >>> import numpy as np
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import Censored
    >>> X = np.linspace(-2, 2, 100)[:, None]
    >>> y = np.minimum(X[:, 0] + 0.1 * np.sin(40 * X[:, 0]), 1.0)
    >>> model = BayesianMLPRegressor(likelihood=Censored(upper=1.0), budget=0.1, random_state=0)
    >>> dist = model.fit(X, y).predict_dist([[2.0]])
    >>> dist.quantile(0.9), bool(dist.uncensored.quantile(0.9)[0] > 1.5)
    (array([1.]), True)
    """

    name = "censored"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **WrappingFamily._parameter_constraints,
        "lower": [Interval(Real, None, None, closed="both"), "array-like", None],
        "upper": [Interval(Real, None, None, closed="both"), "array-like", None],
    }

    def __init__(
        self, likelihood: str | LikelihoodFamily = "auto", lower: Any = None, upper: Any = None
    ) -> None:
        self.likelihood = likelihood
        self.lower = lower
        self.upper = upper

    def bounds(self, n_targets: int) -> Bounds:
        bounds = Bounds.of(self.lower, self.upper, n_targets)
        if not np.isfinite(bounds).any():
            raise ValueError(
                "lower or upper must be finite: Censored(upper=500_001), say. "
                f"Got lower={self.lower!r} and upper={self.upper!r} instead."
            )
        return bounds

    def check_targets(self, targets: FloatArray) -> None:
        self.bounds(targets.shape[1])  # of which there have to be as many

    def build(self, n_targets: int, units: TargetUnits) -> CensoredLikelihood:
        # The mean of the recorded target is as large as the tail beyond it is heavy, which few rows
        # tell: where there is no variance it may be anything.
        base = self._build_base(n_targets, units).with_variance()
        return CensoredLikelihood(base, units, self.bounds(n_targets))
