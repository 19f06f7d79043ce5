"""Targets that are often one value, and have a density elsewhere."""

from __future__ import annotations

import math
from functools import cached_property
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray
from skbayes.choice import Interval
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.likelihoods.base import LogLikelihoodGradient
from skbayes.model.likelihoods.constant import Constant
from skbayes.model.likelihoods.regression import LikelihoodFamily
from skbayes.model.likelihoods.scaled_noise import ScaledNoiseLikelihood
from skbayes.model.likelihoods.target_bounds import values_of_targets
from skbayes.model.likelihoods.units import TargetUnits
from skbayes.model.likelihoods.wrapping import WrappingFamily, WrappingLikelihood
from skbayes.model.networks import InitialOutputs
from skbayes.predictive import HurdleMixture, LocationScaleMixture


class HurdleLikelihood(WrappingLikelihood):
    r"""One value with a probability that the network gives, and a density of all others.

    The first ``t`` outputs are those of the means of `base`, the next ``t`` the log odds of the
    value, and the last those of its noise, if there are any.

    Parameters
    ----------
    base : ScaledNoiseLikelihood
        Of targets that are elsewhere.
    units : TargetUnits
        Those of `base`.
    at : ndarray of shape (t,)
        The value, in the units of the user; NaN where there is none.

    References
    ----------
    J. G. Cragg. "Some statistical models for limited dependent variables with application to the
    demand for durable goods", Econometrica 39 (1971).

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from skbayes.model.likelihoods import NormalLikelihood, TargetUnits
    >>> base = NormalLikelihood(noise_std=torch.ones(1))
    >>> likelihood = HurdleLikelihood(base, TargetUnits.standard(1), np.zeros(1))
    >>> likelihood.log_prob(torch.zeros(1, 2, 2), torch.tensor([[-1.0], [0.0]]), torch.zeros(1, 0))
    tensor([[-2.1121, -0.6931]])
    """

    def __init__(self, base: ScaledNoiseLikelihood, units: TargetUnits, at: FloatArray) -> None:
        super().__init__(base, units)
        self.n_outputs += base.n_targets
        self._at = at

    def initial_outputs(self) -> InitialOutputs:
        # Even odds everywhere.
        start = self._base.initial_outputs()
        t = self.n_targets
        return InitialOutputs(*(torch.cat([x[:t], torch.zeros_like(x[:t]), x[t:]]) for x in start))

    def log_noise(self, outputs: Tensor) -> Tensor | None:
        return self._base.log_noise(self._split(outputs)[0])

    def log_jacobian(self, targets: FloatArray) -> FloatArray:
        # The probability of a value is the same in any unit.
        log_scale: FloatArray = np.log(self._units.scale)
        return -((targets != self._at).astype(np.float64) @ log_scale)

    def log_prob(self, outputs: Tensor, targets: Tensor, parameters: Tensor) -> Tensor:
        of_base, log_odds = self._split(outputs)
        is_there, elsewhere = self._told_apart(of_base, targets)
        log_odds = torch.where(self._encoded_at.like(targets).isnan(), -math.inf, log_odds)
        density = self._base.log_densities(of_base, elsewhere, parameters)
        density = density + torch.nn.functional.logsigmoid(-log_odds)
        return torch.where(is_there, torch.nn.functional.logsigmoid(log_odds), density).sum(-1)

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        """In closed form, as that of `base`, of one target.

        By automatic differentiation where rows have several, of which one may be at the value and
        another not, or where each model has targets of its own.
        """
        if self.n_targets > 1 or targets.ndim > 2:
            return super().gradient(outputs, targets, parameters, row_weights)
        of_base, log_odds = self._split(outputs)
        is_there, elsewhere = self._told_apart(of_base, targets)
        weights = (~is_there[:, 0]).to(outputs)
        weights = weights if row_weights is None else weights * row_weights
        result = self._base.gradient(of_base, elsewhere, parameters, weights)
        log_prob = torch.nn.functional.logsigmoid(torch.where(is_there, log_odds, -log_odds))
        of_odds = is_there.to(outputs) - torch.sigmoid(log_odds)
        if row_weights is not None:
            log_prob, of_odds = (x * row_weights.unsqueeze(-1) for x in (log_prob, of_odds))
        of_outputs = torch.cat([result.outputs[..., :1], of_odds, result.outputs[..., 1:]], -1)
        log_likelihood = result.log_likelihood + log_prob.sum((1, 2))
        return result._replace(log_likelihood=log_likelihood, outputs=of_outputs)

    @cached_property
    def _encoded_at(self) -> Constant:
        return Constant(torch.from_numpy(self.encode(self._at)))

    def _split(self, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs of `base`, and the log odds of the value, ``[K, B, t]``."""
        t = self.n_targets
        log_odds = outputs[..., t : 2 * t]
        if self._base.n_outputs == t:
            return outputs[..., :t], log_odds
        return torch.cat([outputs[..., :t], outputs[..., 2 * t :]], -1), log_odds

    def _told_apart(self, of_base: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Which targets have the value, and all of them, with no residual where they have."""
        # As targets are encoded, to the last bit: one at the value has to be known as such.
        is_there = targets == self._encoded_at.like(targets)
        location = of_base[..., : self.n_targets].detach()
        # The square of a large residual might not be finite, and 0 times that is not 0.
        return is_there, torch.where(is_there, location, targets)

    def predictive(self, outputs: Tensor, parameters: Tensor) -> HurdleMixture:
        of_base, log_odds = self._split(outputs)
        elsewhere = self._base.predictive(of_base, parameters)
        assert isinstance(elsewhere, LocationScaleMixture)
        return HurdleMixture(elsewhere, log_odds, torch.from_numpy(self._at))


class Hurdle(WrappingFamily):
    """Targets of which many have one value: spending that is zero, or else about a thousand.

    The network gives the probability of that value, and a density of targets that have another
    (a hurdle, or two-part model; [1]_). It lies anywhere: at an end, in the middle, or far from all
    others, as a code does. Where other targets would have been a little further out, but for
    a bound, `Censored` says so.

    Parameters
    ----------
    likelihood : {"auto", "normal", "heteroscedastic", "heteroscedastic_student_t", "student_t", \
"laplace"} or instance of their classes, default="auto"
        Of targets with another value; "auto" is what the estimator would take for as many rows.
    at : float, default=0.0
        The value, in units of the target, or one for each target, array-like of shape (n_targets,);
        None or NaN where there is none. At least one is needed.

    References
    ----------
    .. [1] J. G. Cragg. "Some statistical models for limited dependent variables with application
       to the demand for durable goods", Econometrica 39 (1971).

    Examples
    --------
    >>> import numpy as np
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.likelihoods import Hurdle
    >>> X = np.linspace(-2, 2, 100)[:, None]
    >>> y = np.where(X[:, 0] < 0, 0.0, 50 + X[:, 0])
    >>> model = BayesianMLPRegressor(likelihood=Hurdle(at=0.0), budget=0.1, random_state=0)
    >>> probability = model.fit(X, y).predict_dist([[-2.0], [2.0]]).pdf(0.0)
    >>> bool(probability[0] > 0.9), bool(probability[1] < 0.1)
    (True, True)
    """

    name = "hurdle"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **WrappingFamily._parameter_constraints,
        "at": [Interval(Real, None, None, closed="neither"), "array-like"],
    }

    def __init__(self, likelihood: str | LikelihoodFamily = "auto", at: Any = 0.0) -> None:
        self.likelihood = likelihood
        self.at = at

    def has_density(self, targets: FloatArray) -> NDArray[np.bool_]:
        elsewhere: NDArray[np.bool_] = targets != self._values(targets.shape[1])
        return elsewhere

    def check_targets(self, targets: FloatArray) -> None:
        self._values(targets.shape[1])  # of which there have to be as many

    def build(self, n_targets: int, units: TargetUnits) -> HurdleLikelihood:
        return HurdleLikelihood(self._build_base(n_targets, units), units, self._values(n_targets))

    def _values(self, n_targets: int) -> FloatArray:
        values = values_of_targets("at", self.at, np.nan, n_targets, has_gaps=True)
        if not np.isfinite(values).any() or np.isinf(values).any():
            raise ValueError(
                "at must be finite for one target or more, and NaN or None for others. "
                f"Got at={self.at!r} instead."
            )
        return values
