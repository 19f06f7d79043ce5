"""Likelihoods of a module's outputs, in the units that PyTorch's users have."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from skbayes.choice import resolve
from skbayes.model import (
    LIKELIHOODS,
    BernoulliLikelihood,
    CategoricalLikelihood,
    ClassLikelihood,
    Likelihood,
    LikelihoodFamily,
    TargetUnits,
)
from skbayes.predictive import PredictiveMixture

_CLASSES = ("softmax", "bernoulli")


class NoLikelihood(Likelihood):
    """What a module has that was given no likelihood."""

    n_targets = n_outputs = n_parameters = 0

    def log_prob(self, outputs: Tensor, targets: Tensor, parameters: Tensor) -> Tensor:
        raise ValueError(_MISSING)

    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveMixture:
        raise ValueError(_MISSING)

    def predictive_loss(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor
    ) -> NDArray[np.float64]:
        raise ValueError(_MISSING)


_MISSING = (
    "likelihood must be given: BayesianModule(module, likelihood='normal'), say, or "
    "likelihood='softmax' and classes=10. Of elbo it may also be a callable."
)


def make_likelihood(likelihood: Any, n_targets: int, classes: int | ArrayLike | None) -> Likelihood:
    """The likelihood that a name or a family stands for.

    Parameters
    ----------
    likelihood : str, LikelihoodFamily, Likelihood or None
    n_targets : int
    classes : int, array-like or None
        Number or names of the classes or labels.

    Raises
    ------
    ValueError
        If the name is not known, or the classes are missing.
    """
    if likelihood is None:
        return NoLikelihood()
    if isinstance(likelihood, Likelihood):
        return likelihood
    if isinstance(likelihood, str) and likelihood in _CLASSES:
        if classes is None:
            raise ValueError(
                f"likelihood={likelihood!r} needs classes: their number, or their names."
            )
        names = np.arange(classes) if isinstance(classes, int) else np.asarray(classes)
        if likelihood == "bernoulli":
            return BernoulliLikelihood(len(names), logit_unit=1.0)
        return CategoricalLikelihood(names, contrasts=np.eye(len(names)))
    is_family = isinstance(likelihood, LikelihoodFamily)
    if not (is_family or (isinstance(likelihood, str) and likelihood in LIKELIHOODS)):
        raise ValueError(
            f"likelihood must be one of {sorted([*LIKELIHOODS, *_CLASSES])}, an instance of a "
            f"class of skbayes.likelihoods, or None. Got {likelihood!r} instead."
        )
    if classes is not None:
        raise ValueError(
            f"classes must be None for likelihood={likelihood!r}. Got classes={classes!r} instead."
        )
    family: LikelihoodFamily = resolve(likelihood, LIKELIHOODS)
    return family.build(n_targets, TargetUnits.standard(n_targets))


def encoded_targets(likelihood: Likelihood, y: Tensor, like: Tensor) -> Tensor:
    """Targets ``[..., t]`` of the precision of `like`; class numbers as they are.

    Raises
    ------
    ValueError
        If they have another number of columns, or are no numbers of classes.
    """
    y = y.to(like.device)
    if isinstance(likelihood, ClassLikelihood):
        # A label of its own is there or not.
        n_classes = max(2, likelihood.n_outputs) if likelihood.n_targets == 1 else 2
        lowest, highest = (int(y.min()), int(y.max())) if y.numel() else (0, 0)
        if y.is_floating_point() and bool((y != y.round()).any()):
            raise ValueError("y must hold numbers of classes, from 0. Got fractions.")
        if lowest < 0 or highest >= n_classes:
            raise ValueError(
                f"y must hold numbers of classes in [0, {n_classes - 1}]. Got "
                f"{lowest if lowest < 0 else highest}."
            )
    return y.to(like.dtype)
