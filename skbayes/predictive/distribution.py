"""The predictive distribution of real-valued targets."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.mixture import PredictiveMixture, central_levels, percent_hint

if TYPE_CHECKING:
    from typing_extensions import Self

IntervalKind: TypeAlias = Literal["predictive", "mean"]

# Probability of a normal variable to lie within one standard deviation.
_WITHIN_ONE_STD = 0.6826894921370859


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
    def _component_means(self) -> Tensor:
        """Mean of each component, ``[D, n, t]``."""

    @abstractmethod
    def _component_var(self) -> Tensor:
        """Variance of each component, broadcastable to ``[D, n, t]``."""

    @abstractmethod
    def _component_cdf(self, y: Tensor, *, upper_tail: bool | Tensor) -> Tensor:
        """P(Y <= y), or P(Y > y) without cancellation where `upper_tail`, ``[D, n, t]``."""

    @abstractmethod
    def _quantile(self, q: Tensor) -> Tensor:
        """Quantiles of the mixture for each of the probabilities ``[L]``, ``[L, n, t]``."""

    @abstractmethod
    def _crps(self, y: Tensor) -> Tensor:
        """Continuous ranked probability score at `y`, ``[n, t]``."""

    @property
    def _shape(self) -> torch.Size:
        return self._component_means.shape

    def function_values(self) -> NDArray[np.float64]:
        """Mean of each component, ``(n_components, n_samples, n_outputs)``."""
        means: NDArray[np.float64] = self._component_means.numpy()
        return means

    def mean(self) -> NDArray[np.float64]:
        """Mean, ``(n_samples,)``."""
        # By NumPy, as estimators take it, to the last bit.
        means: NDArray[np.float64] = self.function_values().mean(axis=0)
        return means[:, 0] if self.n_outputs == 1 else means

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
        """Probability of a value of at most `y`; shapes as of `log_prob`."""
        return self._at(y, lambda at: self._component_cdf(at, upper_tail=False).mean(0))

    def sf(self, y: ArrayLike) -> NDArray[np.float64]:
        """Probability of a value above `y`, without cancellation; shapes as of `log_prob`."""
        return self._at(y, lambda at: self._component_cdf(at, upper_tail=True).mean(0))

    def median(self) -> NDArray[np.float64]:
        """Median, ``(n_samples,)``."""
        return self.quantile(0.5)

    def ppf(self, q: ArrayLike) -> NDArray[np.float64]:
        """`quantile`, by the name that SciPy has for it."""
        return self.quantile(q)

    def pit(self, y: ArrayLike) -> NDArray[np.float64]:
        """Probability integral transform of the observations.

        Parameters
        ----------
        y : array-like of shape (n_samples,)

        Returns
        -------
        ndarray of shape (n_samples, 2)
            Probabilities of less than `y` and of at most `y`. They are equal for
            continuous targets. Over many rows a number drawn between them is uniform if the
            distribution is right (for counts: Czado et al. 2009).
        """
        observed = self._recorded(self._from_user(y))
        at_most = self._component_cdf(observed, upper_tail=False).mean(0)
        below = (at_most - self._point_mass(observed)).clamp(min=0.0)
        return np.stack([self._to_user(below), self._to_user(at_most)], axis=-1)

    def spread(self) -> NDArray[np.float64]:
        """Half the width of the central 68.3 % interval, of the shape of `mean`.

        The standard deviation of a normal distribution, and finite where tails have none.
        """
        lower, upper = np.moveaxis(self.interval(_WITHIN_ONE_STD), -1, 0)
        half_width: NDArray[np.float64] = 0.5 * (upper - lower)
        return half_width

    def crps(self, y: ArrayLike) -> NDArray[np.float64]:
        """Continuous ranked probability score, ``(n_samples,)``, in the units of the target.

        Lower is better (Gneiting & Raftery 2007, eq. 21, with the sign turned).
        """
        return self._to_user(self._crps(self._recorded(self._from_user(y))))

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
            raise ValueError(
                f"q must be one or more probabilities in (0, 1). Got {q!r} instead."
                f"{percent_hint(probabilities.flat)}"
            )
        if kind not in ("predictive", "mean"):
            raise ValueError(f"kind must be 'predictive' or 'mean'. Got {kind!r} instead.")
        if kind == "mean":
            # np.quantile puts the quantile axis first and the draws' axis away.
            values = np.quantile(self._component_means.numpy(), probabilities.ravel(), axis=0)
        else:
            with torch.inference_mode():  # which makes many small operations a tenth cheaper
                values = self._quantile(torch.tensor(probabilities.ravel())).numpy()
        values = np.moveaxis(values, 0, -1)
        if self.n_outputs == 1:
            values = values[:, 0, :]
        return values if probabilities.ndim else values[..., 0]

    def interval(
        self, coverage: ArrayLike = 0.9, *, kind: IntervalKind = "predictive"
    ) -> NDArray[np.float64]:
        """Central interval: a pair of quantiles of the mixture.

        Parameters
        ----------
        coverage : float or array-like of shape (n_coverages,), default=0.9
            Probability inside the interval, in (0, 1).
        kind : {"predictive", "mean"}, default="predictive"
            Of a new observation, or of the mean function given the data.

        Returns
        -------
        ndarray of shape (n_samples, 2) or (n_samples, n_coverages, 2)
            Lower and upper end.

        Raises
        ------
        ValueError
            If `coverage` lies outside (0, 1) or `kind` is unknown.
        """
        levels, is_one = central_levels(coverage)
        ends = self.quantile(levels.ravel(), kind=kind)
        ends = ends.reshape(*ends.shape[:-1], *levels.shape)
        return ends[..., 0, :] if is_one else ends

    def _recorded(self, y: Tensor) -> Tensor:
        """What observations count as: themselves by default."""
        return y

    def _point_mass(self, y: Tensor) -> Tensor:
        """Probability of exactly `y`, ``[n, t]``: none for continuous targets."""
        return torch.zeros_like(y)

    def _aleatoric_var(self) -> Tensor:
        return self._component_var().mean(0).expand(self.n_samples, self.n_outputs)

    def _epistemic_var(self) -> Tensor:
        # Means beyond the largest double have no variance in doubles either.
        return self._component_means.var(0, correction=0).nan_to_num(nan=math.inf, posinf=math.inf)

    def _pdf(self, y: Tensor) -> Tensor:
        return self._component_log_prob(y).exp().mean(0)

    def _encode(self, y: NDArray[Any]) -> Tensor:
        return torch.tensor(y.astype(np.float64))


class ParametricMixture(PredictiveDistribution):
    """Distribution whose components are of one family, told apart by their parameters."""

    @property
    @abstractmethod
    def _parts(self) -> tuple[Tensor, ...]:
        """What the constructor takes: tensors broadcastable to ``[D, n, t]``."""

    def _rows(self, index: Tensor) -> Self:
        _, n_rows, _ = self._shape

        def of_rows(part: Tensor) -> Tensor:
            part = part.view((1,) * (3 - part.ndim) + part.shape)
            return part[:, index] if part.shape[1] == n_rows else part

        return type(self)(*map(of_rows, self._parts))

    def _select(self, element: Tensor) -> Self:
        """Mixture of the rows and targets numbered `element`, as ``[D, len(element), 1]``."""
        _, n_rows, n_outputs = self._shape

        def of_elements(part: Tensor) -> Tensor:
            part = part.view((1,) * (3 - part.ndim) + part.shape)
            if part.shape[1] == part.shape[2] == 1:
                return part  # the same for all
            return part.expand(-1, n_rows, n_outputs).flatten(1)[:, element, None]

        return type(self)(*map(of_elements, self._parts))


class ScoredByDistances(ParametricMixture):
    """Distribution whose continuous ranked probability score comes from distances.

    ``E|Y - y| - E|Y - Y'| / 2`` (Gneiting & Raftery 2007, eq. 21).
    """

    @abstractmethod
    def _component_distance(self, y: Tensor) -> Tensor:
        """``E|Y - y|`` under each component, ``[D, n, t]``."""

    @abstractmethod
    def _mean_pair_distance(self) -> Tensor:
        """``E|Y - Y'|`` of two independent observations of a row, ``[n, t]``."""

    def _crps(self, y: Tensor) -> Tensor:
        return self._component_distance(y).mean(0) - 0.5 * self._mean_pair_distance()


def mean_over_pairs(pair_distance: Callable[[int, slice], Tensor], n_components: int) -> Tensor:
    """Mean distance over all ordered pairs of components, a component with itself included.

    One component at a time against those after it, so that memory stays at the size of the
    mixture.

    Parameters
    ----------
    pair_distance : callable
        ``pair_distance(i, js) -> [len(js), n, t]``, symmetric in its arguments.
    n_components : int
    """
    total = torch.zeros(())
    for index in range(n_components):
        distances = pair_distance(index, slice(index, None))
        total = total + 2 * distances.sum(0) - distances[0]
    return total / n_components**2
