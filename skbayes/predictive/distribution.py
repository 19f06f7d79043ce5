"""The predictive distribution of real-valued targets."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from skbayes.predictive.mixture import PredictiveMixture, check_coverage
from skbayes.predictive.roots import invert_cdf

IntervalKind: TypeAlias = Literal["predictive", "mean"]


class PredictiveDistribution(PredictiveMixture):
    """Distribution of the real-valued target of each row.

    An equal mixture over posterior draws: every component is what one draw, a whole function
    with its own noise, predicts. All values are in the units of the target, all log
    densities in nats. Where there are several targets, ``(n_samples,)`` below reads
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
    def _component_cdf(self, y: Tensor, *, upper_tail: bool) -> Tensor:
        """P(Y <= y), or P(Y > y) without cancellation, ``[D, n, t]``."""

    @abstractmethod
    def _component_quantile(self, q: float) -> Tensor:
        """Quantile of each component, ``[D, n, t]``."""

    @abstractmethod
    def _crps(self, y: Tensor) -> Tensor:
        """Continuous ranked probability score of ``y [n, t]``, ``[n, t]``."""

    @property
    def _shape(self) -> torch.Size:
        return self.component_means.shape

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
        tail = (1 - check_coverage(coverage)) / 2
        return self.quantile([tail, 1 - tail], kind=kind)

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

    def _encode(self, y: NDArray[Any]) -> Tensor:
        return torch.tensor(y.astype(np.float64))
