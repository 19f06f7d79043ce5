"""What the likelihoods share that wrap one on the whole real line."""

from __future__ import annotations

from typing import Any, ClassVar

from skbayes.choice import StrOptions, is_auto, resolve, table_of
from skbayes.lazy_torch import Tensor
from skbayes.model.likelihoods.heteroscedastic import Heteroscedastic
from skbayes.model.likelihoods.heteroscedastic_student_t import HeteroscedasticStudentT
from skbayes.model.likelihoods.laplace import Laplace
from skbayes.model.likelihoods.normal import Normal
from skbayes.model.likelihoods.regression import (
    LikelihoodFamily,
    PlainFamily,
    RegressionLikelihood,
    UnitRule,
)
from skbayes.model.likelihoods.scaled_noise import ScaledNoiseLikelihood
from skbayes.model.likelihoods.student_t import StudentT
from skbayes.model.likelihoods.units import TargetUnits

# Families on the whole real line, whose tails are known.
_BASES: dict[str, type[PlainFamily]] = table_of(
    Normal, Heteroscedastic, HeteroscedasticStudentT, StudentT, Laplace
)


class WrappingLikelihood(RegressionLikelihood):
    """A likelihood of targets of which some are no matter of the density that it wraps.

    Parameters
    ----------
    base : ScaledNoiseLikelihood
        Of the others.
    units : TargetUnits
        Those of `base`.
    """

    def __init__(self, base: ScaledNoiseLikelihood, units: TargetUnits) -> None:
        super().__init__(base.n_targets, units=units)
        self.n_outputs = base.n_outputs
        self.n_parameters = base.n_parameters
        self.n_noise_outputs = base.n_noise_outputs
        self._base = base

    def parameter_prior(self) -> tuple[Tensor, Tensor]:
        return self._base.parameter_prior()

    def named_parameters(self, parameters: Tensor) -> dict[str, Tensor]:
        return self._base.named_parameters(parameters)


class WrappingFamily(LikelihoodFamily):
    """A family of targets of which some are no matter of the density that it wraps.

    Attributes
    ----------
    likelihood : str or LikelihoodFamily
        What it wraps; "auto" is what an estimator would take without.
    """

    likelihood: str | LikelihoodFamily
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "likelihood": [StrOptions({"auto", *_BASES}), *_BASES.values()],
    }

    @property
    def unit_rule(self) -> UnitRule:
        return self._base().unit_rule

    def with_default(self, default: LikelihoodFamily) -> LikelihoodFamily:
        if not is_auto(self.likelihood):
            default = self._base()
        return type(self)(**{**self.get_params(deep=False), "likelihood": default})

    @staticmethod
    def takes(family: LikelihoodFamily) -> bool:
        """Whether a family can be wrapped."""
        return isinstance(family, tuple(_BASES.values()))

    def _base(self) -> PlainFamily:
        if is_auto(self.likelihood):
            raise ValueError(
                f"likelihood of {type(self).__name__} must be one of {sorted(_BASES)} where no "
                "estimator chooses it. Got likelihood='auto' instead."
            )
        base: PlainFamily = resolve(self.likelihood, _BASES)
        return base

    def _build_base(self, n_targets: int, units: TargetUnits) -> ScaledNoiseLikelihood:
        base = self._base().build(n_targets, units)
        assert isinstance(base, ScaledNoiseLikelihood)
        return base
