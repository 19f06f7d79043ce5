"""What every predictive distribution is: an equal mixture over posterior draws."""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skbayes.lazy_torch import Tensor, torch

if TYPE_CHECKING:
    from typing_extensions import Self

RandomState: TypeAlias = int | np.random.RandomState | None


class PredictiveMixture(ABC):
    """Distribution of the target of each row, as an equal mixture over posterior draws.

    Every component is what one posterior draw, a whole function, predicts. All values are
    in the units (or labels) of the target, all log densities in nats. Where there are
    several targets, ``(n_samples,)`` below reads ``(n_samples, n_outputs)`` and each target
    has its marginal distribution.
    """

    @property
    @abstractmethod
    def _shape(self) -> torch.Size:
        """Draws ``D``, rows ``n`` and targets ``t``."""

    @abstractmethod
    def _component_log_prob(self, y: Tensor) -> Tensor:
        """Log density of ``y [n, t]`` under each component, ``[D, n, t]``."""

    @abstractmethod
    def _component_sample(self, index: int, rng: np.random.RandomState) -> NDArray[Any]:
        """One observation of each row from component `index`, ``[n, t]``."""

    @abstractmethod
    def _encode(self, y: NDArray[Any]) -> Tensor:
        """Observations ``[n, t]`` as a tensor, or a ValueError for what cannot occur."""

    @abstractmethod
    def _rows(self, index: Tensor) -> Self:
        """The rows at `index`, int64."""

    @abstractmethod
    def function_values(self) -> NDArray[np.float64]:
        """What each posterior draw predicts without noise, ``(n_components, n_samples, ...)``."""

    @abstractmethod
    def spread(self) -> NDArray[np.float64]:
        """How far observations lie from what is predicted, of the shape of one function."""

    @property
    def n_components(self) -> int:
        """Number of posterior draws in the mixture."""
        return self._shape[0]

    @property
    def n_samples(self) -> int:
        """Number of rows."""
        return self._shape[1]

    @property
    def n_outputs(self) -> int:
        """Number of targets."""
        return self._shape[2]

    def __len__(self) -> int:
        return self.n_samples

    def __getitem__(self, rows: Any) -> Self:
        """The distribution of some rows: a number, a slice, a list of numbers or a mask."""
        index = np.atleast_1d(np.arange(self.n_samples)[rows])
        return self._rows(torch.from_numpy(index))

    def __iter__(self) -> Iterator[Self]:
        return (self[row] for row in range(self.n_samples))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(n_samples={self.n_samples}, n_outputs={self.n_outputs}, "
            f"n_components={self.n_components})"
        )

    def log_prob(self, y: ArrayLike) -> NDArray[np.float64]:
        """Log density at `y`, in nats; the log probability where the target is discrete.

        Parameters
        ----------
        y : scalar or array-like of shape (n_samples,) or (n_samples, n_values)
            An observation of each row; the same value for all rows; or several values for each
            row, where ``(1, n_values)`` are the same for all.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_values)
        """
        return self._at(y, lambda observed: log_mean_exp(self._component_log_prob(observed)))

    def component_log_prob(self, y: ArrayLike) -> NDArray[np.float64]:
        """Log density of one observation of each row under each posterior draw, in nats.

        Parameters
        ----------
        y : array-like of shape (n_samples,)

        Returns
        -------
        ndarray of shape (n_components, n_samples)
        """
        return self._to_user(self._component_log_prob(self._from_user(y)).expand(self._shape))

    def pdf(self, y: ArrayLike) -> NDArray[np.float64]:
        """Density at `y`, or probability of a discrete target; shapes as of `log_prob`."""
        density: NDArray[np.float64] = np.exp(self.log_prob(y))
        return density

    def logpdf(self, y: ArrayLike) -> NDArray[np.float64]:
        """`log_prob`, by the name that SciPy has for it."""
        return self.log_prob(y)

    def rvs(self, size: int = 1, random_state: RandomState = None) -> NDArray[Any]:
        """`sample`, by the name that SciPy has for it.

        Parameters
        ----------
        size : int, default=1
        random_state : int, RandomState or None, default=None

        Returns
        -------
        ndarray of shape (n_rows, size)
        """
        return self.sample(size, random_state)

    def sample(self, n_samples: int = 1, random_state: RandomState = None) -> NDArray[Any]:
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

    def component_samples(self, random_state: RandomState = None) -> NDArray[Any]:
        """Draw one new observation of each row from every component.

        Parameters
        ----------
        random_state : int, RandomState or None, default=None
            Seed; None for a fresh one.

        Returns
        -------
        ndarray of shape (n_components, n_samples)
        """
        rng = _as_random_state(random_state)
        samples = np.stack([self._component_sample(i, rng) for i in range(self.n_components)])
        return samples[..., 0] if self.n_outputs == 1 else samples

    @property
    def _user_shape(self) -> tuple[int, ...]:
        """Of one value for each row and target, as users have it."""
        return (self.n_samples,) if self.n_outputs == 1 else (self.n_samples, self.n_outputs)

    def _from_user(self, y: ArrayLike) -> Tensor:
        values, expected = np.asarray(y), self._user_shape
        if values.shape != expected and values.shape != (self.n_samples, self.n_outputs):
            raise ValueError(f"y must have shape {expected}. Got {values.shape} instead.")
        return self._encode(values.reshape(self.n_samples, self.n_outputs))

    def _at(self, y: ArrayLike, function: Callable[[Tensor], Tensor]) -> NDArray[np.float64]:
        """``function([n, t]) -> [n, t]`` of a value, one for each row, or several for each."""
        values, expected = np.asarray(y), self._user_shape
        if values.ndim == 0:
            values = np.broadcast_to(values, expected)
        elif values.ndim == len(expected) + 1 and values.shape != (self.n_samples, self.n_outputs):
            try:
                values = np.broadcast_to(values, (*expected, values.shape[-1]))
            except ValueError:
                raise ValueError(
                    f"y must be a number, or have shape {expected} or {expected} and one more "
                    f"axis of values. Got {values.shape} instead."
                ) from None
            columns = [self._at(values[..., k], function) for k in range(values.shape[-1])]
            return np.stack(columns, axis=-1)
        return self._to_user(function(self._from_user(values)))

    def _to_user(self, values: Tensor) -> NDArray[Any]:
        """From ``[..., n, t]`` to ``(..., n)`` where there is one target."""
        array: NDArray[Any] = values.numpy()
        return array[..., 0].copy() if self.n_outputs == 1 else array.copy()


def log_mean_exp(values: Tensor) -> Tensor:
    """``log(mean(exp(values)))`` over the first axis, without under- or overflow."""
    return torch.logsumexp(values, 0) - np.log(values.shape[0])


def check_coverages(coverage: ArrayLike) -> tuple[list[float], bool]:
    """One coverage or several, each in (0, 1); and whether it is one, without an axis."""
    if np.ndim(coverage) == 1 and np.size(coverage):
        return [check_coverage(value) for value in np.asarray(coverage).tolist()], False
    return [check_coverage(coverage)], True  # type: ignore[arg-type]


def central_levels(coverage: ArrayLike) -> tuple[NDArray[np.float64], bool]:
    """Levels ``(n_coverages, 2)`` of the quantiles at the ends of central intervals; and whether
    it is one coverage, without an axis.
    """
    coverages, is_one = check_coverages(coverage)
    tails = (1 - np.array(coverages)) / 2
    return np.stack([tails, 1 - tails], axis=1), is_one


def check_coverage(coverage: float) -> float:
    """`coverage`, if it is a number in (0, 1)."""
    if not (isinstance(coverage, numbers.Real) and 0 < coverage < 1):
        hint = percent_hint([coverage] if isinstance(coverage, numbers.Real) else [])
        raise ValueError(f"coverage must be a number in (0, 1). Got {coverage!r} instead.{hint}")
    return float(coverage)


def percent_hint(values: Iterable[Any]) -> str:
    """What was probably meant by numbers that should be in (0, 1): a percentage; or nothing."""
    numbers_given = [float(value) for value in values]
    if not numbers_given or not all(1 < number < 100 for number in numbers_given):
        return ""
    meant = ", ".join(f"{number / 100:g}" for number in numbers_given)
    return f" Perhaps {meant} is meant: it is a probability, not a percentage."


def _as_random_state(random_state: RandomState) -> np.random.RandomState:
    if isinstance(random_state, np.random.RandomState):
        return random_state
    return np.random.RandomState(random_state)
