"""What every likelihood offers: a log density, its gradient and a predictive distribution."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skbayes.arrays import FloatArray
from skbayes.lazy_torch import Tensor, torch
from skbayes.model.networks import InitialOutputs
from skbayes.predictive import PredictiveMixture


class LogLikelihoodGradient(NamedTuple):
    """Weighted log-likelihood of a batch, and its gradients."""

    log_likelihood: Tensor  # [K], summed over rows and targets, nats
    outputs: Tensor  # [K, B, o]
    parameters: Tensor  # [K, q]
    log_noise: Tensor | None = None  # as `Likelihood.log_noise` has it


def in_double(x: Tensor) -> Tensor:
    """`x` in double precision, where its device has it."""
    return x if x.device.type == "mps" else x.double()


class Likelihood(ABC):
    """Conditional density of the targets given the network's outputs.

    A likelihood may own ``q`` parameters (a noise scale, say). They are the last entries
    of the model's flat vector, so inference treats them as it treats weights.

    Attributes
    ----------
    n_targets : int
        Number of target columns ``t``.
    n_outputs : int
        Number of network outputs ``o`` that the likelihood reads.
    n_noise_outputs : int
        The last ones of them, which say how large the noise is.
    n_parameters : int
        Number ``q`` of its own parameters.
    can_be_recorded : bool
        Whether `gradient` is the same operations every time, and waits for no value, so that a GPU
        may repeat them from a recording.
    """

    can_be_recorded: ClassVar[bool] = True
    n_targets: int
    n_outputs: int
    n_noise_outputs: int = 0
    n_parameters: int

    def parameter_prior(self) -> tuple[Tensor, Tensor]:
        """Location and scale, each ``[q]``, of the normal prior of the parameters, if any."""
        return torch.empty(0, dtype=torch.float64), torch.empty(0, dtype=torch.float64)

    def initial_outputs(self) -> InitialOutputs:
        """Where training starts: biases of zero and random weights unless overridden."""
        bias = torch.zeros(self.n_outputs, dtype=torch.float64)
        return InitialOutputs(bias, torch.ones_like(bias))

    @abstractmethod
    def log_prob(self, outputs: Tensor, targets: Tensor, parameters: Tensor) -> Tensor:
        """Log density of each row.

        Parameters
        ----------
        outputs : Tensor of shape (K, B, o)
        targets : Tensor of shape (B, t) or (K, B, t)
        parameters : Tensor of shape (K, q)

        Returns
        -------
        Tensor of shape (K, B)
            Nats, summed over targets.
        """

    def log_noise(self, outputs: Tensor) -> Tensor | None:
        """Logarithm of the scale of the noise that outputs ``[K, B, o]`` give, ``[K, B, t]``.

        None where they give none.
        """
        return None

    @abstractmethod
    def predictive(self, outputs: Tensor, parameters: Tensor) -> PredictiveMixture:
        """Mixture over draws, in the units of the user.

        Parameters
        ----------
        outputs : Tensor of shape (D, n, o)
        parameters : Tensor of shape (D, q)
        """

    def function_values(self, outputs: FloatArray, parameters: FloatArray) -> FloatArray:
        """What each draw predicts without noise: means, or probabilities of classes.

        Read off the mixture here. Where they are simple functions of the outputs a likelihood says
        so, and needs no PyTorch.

        Parameters
        ----------
        outputs : ndarray of shape (D, n, o)
            May be overwritten.
        parameters : ndarray of shape (D, q)

        Returns
        -------
        ndarray of shape (D, n, t) or (D, n, n_classes)
            In the units of the user.
        """
        tensors = torch.from_numpy(outputs), torch.from_numpy(parameters)
        return self.predictive(*tensors).function_values()

    def encode(self, targets: NDArray[np.float64]) -> NDArray[np.float64]:
        """Targets ``(n, t)`` of the user in the units of the network: unchanged by default."""
        return targets

    def decode(self, targets: NDArray[np.float64]) -> NDArray[Any]:
        """Targets of the user from encoded ones ``(n, t)``, as predictions are scored with:
        unchanged by default.
        """
        return targets

    @abstractmethod
    def predictive_loss(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor
    ) -> NDArray[np.float64]:
        """How far off the mixture over draws is, for each row, ``(n,)``; lower is better.

        A proper score that no row can dominate, as one can dominate a mean log density.

        Parameters
        ----------
        outputs : Tensor of shape (D, n, o)
        targets : Tensor of shape (n, t)
            Encoded.
        parameters : Tensor of shape (D, q)
        """

    def normal_scores(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor
    ) -> NDArray[np.float64]:
        """Normal quantiles of the probabilities of what is below each target, ``(n, t)``.

        Of targets that are numbers. Shapes are those of `predictive_loss`.
        """
        raise NotImplementedError

    def log_jacobian(self, targets: NDArray[np.float64]) -> NDArray[np.float64]:
        """What makes a log density of encoded targets one of the user's, ``(n,)``, in nats.

        Parameters
        ----------
        targets : ndarray of shape (n, t)
            In the units of the user.
        """
        return np.zeros(len(targets))

    def gradient(
        self, outputs: Tensor, targets: Tensor, parameters: Tensor, row_weights: Tensor | None
    ) -> LogLikelihoodGradient:
        """Weighted log-likelihood and its gradients, by automatic differentiation.

        A likelihood whose gradient has a short closed form overrides this for speed.

        Parameters
        ----------
        outputs : Tensor of shape (K, B, o)
        targets : Tensor of shape (B, t) or (K, B, t)
        parameters : Tensor of shape (K, q)
        row_weights : Tensor of shape (B,) or (K, B), or None
            None for a weight of 1 each.
        """
        with torch.enable_grad():
            outputs = outputs.detach().requires_grad_()
            parameters = parameters.detach().requires_grad_()
            log_prob = self.log_prob(outputs, targets, parameters)
            if row_weights is not None:
                log_prob = log_prob * row_weights
            log_likelihood = log_prob.sum(-1)
            gradients = torch.autograd.grad(
                log_likelihood.sum(), (outputs, parameters), allow_unused=True
            )
        filled = [
            torch.zeros_like(x) if gradient is None else gradient
            for x, gradient in zip((outputs, parameters), gradients, strict=True)
        ]
        log_noise = self.log_noise(outputs.detach())
        return LogLikelihoodGradient(log_likelihood.detach(), filled[0], filled[1], log_noise)
