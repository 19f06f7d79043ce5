"""The predictive distribution: an equal mixture over posterior draws."""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from skbayes.predictive.roots import invert_cdf

IntervalKind: TypeAlias = Literal["predictive", "mean"]
RandomState: TypeAlias = int | np.random.RandomState | None


class PredictiveDistribution(ABC):
    """Distribution of the target of each row, as an equal mixture over posterior draws.

    Every component is what one posterior draw, a whole function with its own noise,
    predicts. All values are in the units of the target, all log densities in nats.
    Where there are several targets, ``(n_samples,)`` below reads
    ``(n_samples, n_outputs)`` and each target has its marginal distribution.

    Subclasses describe the components by tensors ``[D, n, t]`` for ``D`` draws, ``n`` rows
    and ``t`` targets.
    """

    @property
    @abstractmethod
    def component_means(self) -> Tensor:
        """Mean of each component, ``[D, n, t]``."""

    @abstractmethod
    def _component_var(self) -> Tensor:
        """Variance of each component, broadcastable to ``[D, n, t]``."""

    @abstractmethod
    def _component_log_prob(self, y: Tensor) -> Tensor:
        """Log density of ``y [n, t]`` under each component, ``[D, n, t]``."""

    @abstractmethod
    def _component_cdf(self, y: Tensor, *, upper_tail: bool) -> Tensor:
        """P(Y <= y), or P(Y > y) without cancellation, ``[D, n, t]``."""

    @abstractmethod
    def _component_quantile(self, q: float) -> Tensor:
        """Quantile of each component, ``[D, n, t]``."""

    @abstractmethod
    def _component_sample(self, index: int, rng: np.random.RandomState) -> NDArray[np.float64]:
        """One observation of each row from component `index`, ``[n, t]``."""

    @abstractmethod
    def _crps(self, y: Tensor) -> Tensor:
        """Continuous ranked probability score of ``y [n, t]``, ``[n, t]``."""

    @property
    def n_components(self) -> int:
        """Number of posterior draws in the mixture."""
        return self.component_means.shape[0]

    @property
    def n_samples(self) -> int:
        """Number of rows."""
        return self.component_means.shape[1]

    @property
    def n_outputs(self) -> int:
        """Number of targets."""
        return self.component_means.shape[2]

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(n_samples={self.n_samples}, n_outputs={self.n_outputs}, "
            f"n_components={self.n_components})"
        )

    def mean(self) -> NDArray[np.float64]:
        """Mean, ``(n_samples,)``."""
        return self._to_user(self.component_means.mean(0))

    def var(self) -> NDArray[np.float64]:
        """Total variance, ``(n_samples,)``: aleatoric plus epistemic."""
        return self._to_user(self._aleatoric_var() + self._epistemic_var())

    def std(self) -> NDArray[np.float64]:
        """Total standard deviation, ``(n_samples,)``."""
        return self._to_user((self._aleatoric_var() + self._epistemic_var()).sqrt())

    def aleatoric_std(self) -> NDArray[np.float64]:
        """Root of the mean variance of the components, ``(n_samples,)``: the noise."""
        return self._to_user(self._aleatoric_var().sqrt())

    def epistemic_std(self) -> NDArray[np.float64]:
        """Standard deviation of the components' means, ``(n_samples,)``."""
        return self._to_user(self._epistemic_var().sqrt())

    def log_prob(self, y: ArrayLike) -> NDArray[np.float64]:
        """Log density of the observations `y`, ``(n_samples,)``, in nats."""
        log_prob = self._component_log_prob(self._from_user(y))
        return self._to_user(torch.logsumexp(log_prob, 0) - np.log(self.n_components))

    def cdf(self, y: ArrayLike) -> NDArray[np.float64]:
        """Probability of a value of at most `y`, ``(n_samples,)``."""
        return self._to_user(self._component_cdf(self._from_user(y), upper_tail=False).mean(0))

    def crps(self, y: ArrayLike) -> NDArray[np.float64]:
        """Continuous ranked probability score, ``(n_samples,)``, in the units of the target.

        Lower is better (Gneiting & Raftery 2007, eq. 20, with the sign turned).
        """
        return self._to_user(self._crps(self._from_user(y)))

    def quantile(self, q: ArrayLike, *, kind: IntervalKind = "predictive") -> NDArray[np.float64]:
        """Quantiles of the mixture itself.

        Parameters
        ----------
        q : float or array-like of shape (n_quantiles,)
            Probabilities, each in (0, 1).
        kind : {"predictive", "mean"}, default="predictive"
            Of a new observation, or of the mean function given the data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_quantiles)
            A trailing axis is added where `q` has one.

        Raises
        ------
        ValueError
            If a probability lies outside (0, 1) or `kind` is unknown.
        """
        probabilities = np.asarray(q, dtype=np.float64)
        if probabilities.ndim > 1 or not np.all((probabilities > 0) & (probabilities < 1)):
            raise ValueError(f"q must be one or more probabilities in (0, 1). Got {q!r} instead.")
        if kind not in ("predictive", "mean"):
            raise ValueError(f"kind must be 'predictive' or 'mean'. Got {kind!r} instead.")
        if kind == "mean":
            # np.quantile puts the quantile axis first and the draws' axis away.
            values = np.quantile(self.component_means.numpy(), probabilities.ravel(), axis=0)
        else:
            values = np.stack([self._quantile(float(p)).numpy() for p in probabilities.ravel()])
        values = np.moveaxis(values, 0, -1)
        if self.n_outputs == 1:
            values = values[:, 0, :]
        return values if probabilities.ndim else values[..., 0]

    def interval(
        self, coverage: float = 0.9, *, kind: IntervalKind = "predictive"
    ) -> NDArray[np.float64]:
        """Central interval: a pair of quantiles of the mixture.

        Parameters
        ----------
        coverage : float, default=0.9
            Probability inside the interval, in (0, 1).
        kind : {"predictive", "mean"}, default="predictive"
            Of a new observation, or of the mean function given the data.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            Lower and upper end.

        Raises
        ------
        ValueError
            If `coverage` lies outside (0, 1) or `kind` is unknown.
        """
        if not (isinstance(coverage, numbers.Real) and 0 < coverage < 1):
            raise ValueError(f"coverage must be a number in (0, 1). Got {coverage!r} instead.")
        tail = (1 - float(coverage)) / 2
        return self.quantile([tail, 1 - tail], kind=kind)

    def sample(self, n_samples: int = 1, random_state: RandomState = None) -> NDArray[np.float64]:
        """Draw new observations, jointly over the rows.

        Each sample takes one component, a whole function, for all rows, and adds noise.

        Parameters
        ----------
        n_samples : int, default=1
            Number of samples ``S``.
        random_state : int, RandomState or None, default=None
            Seed; None for a fresh one.

        Returns
        -------
        ndarray of shape (n_rows, S)
        """
        rng = _as_random_state(random_state)
        indices = rng.randint(self.n_components, size=n_samples)
        samples = np.stack([self._component_sample(index, rng) for index in indices], axis=-1)
        return samples[:, 0, :] if self.n_outputs == 1 else samples

    def _aleatoric_var(self) -> Tensor:
        return self._component_var().mean(0).expand(self.n_samples, self.n_outputs)

    def _epistemic_var(self) -> Tensor:
        return self.component_means.var(0, correction=0)

    def _quantile(self, q: float) -> Tensor:
        # A mixture's quantile lies between the least and the greatest of its components'.
        quantiles = self._component_quantile(q)
        lower, upper = quantiles.amin(0), quantiles.amax(0)

        def tail_excess(y: Tensor) -> Tensor:
            # From the nearer tail, so that small probabilities keep their digits.
            if q <= 0.5:
                return self._component_cdf(y, upper_tail=False).mean(0) - q
            return (1 - q) - self._component_cdf(y, upper_tail=True).mean(0)

        def pdf(y: Tensor) -> Tensor:
            return self._component_log_prob(y).exp().mean(0)

        return invert_cdf(tail_excess, pdf, lower, upper)

    def _from_user(self, y: ArrayLike) -> Tensor:
        values = np.asarray(y, dtype=np.float64)
        expected = (self.n_samples,) if self.n_outputs == 1 else (self.n_samples, self.n_outputs)
        if values.shape != expected and values.shape != (self.n_samples, self.n_outputs):
            raise ValueError(f"y must have shape {expected}. Got {values.shape} instead.")
        return torch.tensor(values.reshape(self.n_samples, self.n_outputs))

    def _to_user(self, values: Tensor) -> NDArray[np.float64]:
        """From ``[n, t]`` to ``(n,)`` where there is one target."""
        array: NDArray[np.float64] = values.numpy()
        return array[:, 0].copy() if self.n_outputs == 1 else array.copy()


def _as_random_state(random_state: RandomState) -> np.random.RandomState:
    if isinstance(random_state, np.random.RandomState):
        return random_state
    return np.random.RandomState(random_state)
