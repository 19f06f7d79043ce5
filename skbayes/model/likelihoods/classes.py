"""What the likelihoods of a classification share: the unit of the network's outputs."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skbayes.choice import Choice
from skbayes.lazy_torch import Tensor
from skbayes.model.likelihoods.base import Likelihood
from skbayes.model.networks import InitialOutputs
from skbayes.predictive import ClassDistribution

# Log odds, in nats, that an output of 1 stands for, as it stands for one standard deviation of the
# target in a regression. With learned prior scales a coefficient of a single standardised input
# then has the Cauchy prior of scale 1.26 on the log odds: that of Gelman et al. (2008), who
# recommend 2.5 for an input of standard deviation 1/2.
LOGIT_UNIT = 4.0


class ClassLikelihood(Likelihood):
    """Probabilities of classes, of which the network gives log odds in units of `LOGIT_UNIT`.

    References
    ----------
    A. Gelman, A. Jakulin, M. G. Pittau, Y.-S. Su. "A weakly informative default prior distribution
    for logistic and other regression models", Annals of Applied Statistics 2 (2008).
    """

    def initial_outputs(self) -> InitialOutputs:
        # Log odds of the order of 1: training starts from probabilities that are not sure.
        start = super().initial_outputs()
        return InitialOutputs(start.bias, start.weight_factor / LOGIT_UNIT)

    @abstractmethod
    def predictive(self, outputs: Tensor, parameters: Tensor) -> ClassDistribution: ...

    def predictive_loss(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor
    ) -> NDArray[np.float64]:
        """Brier score, summed over labels."""
        y = self.decode(targets.double().cpu().numpy())
        brier = self.predictive(outputs, parameters).brier(y)
        return brier.reshape(len(y), -1).sum(axis=1)


class ClassFamily(Choice):
    """A family of likelihoods for classes, before the classes are known."""

    @abstractmethod
    def build(self, classes: NDArray[Any]) -> ClassLikelihood:
        """The likelihood for these classes or labels."""
