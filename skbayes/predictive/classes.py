"""The predictive distribution of classes."""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skbayes.lazy_torch import Tensor, torch
from skbayes.predictive.mixture import (
    PredictiveMixture,
    central_levels,
    check_coverage,
    log_mean_exp,
)

if TYPE_CHECKING:
    from typing_extensions import Self

# Sums of probabilities that fall short of a coverage by no more than this have reached it.
_MASS_TOLERANCE = 1e-12


class ClassDistribution(PredictiveMixture):
    """Distribution of the class, or of the labels, of each row.

    An equal mixture over posterior draws: every component is what one draw, a whole function,
    holds the class probabilities to be. Their mean is the predictive probability; their
    spread is what the data leave open about it. Observations are in the user's own
    labels, log probabilities and entropies in nats.

    There are two kinds. `CategoricalMixture`: each row has one of ``n_classes`` classes.
    `BernoulliMixture`: each row has any subset of ``n_classes`` labels (multilabel); there
    ``(n_samples,)`` below reads ``(n_samples, n_classes)`` and each label has its
    marginal distribution.

    Parameters
    ----------
    log_probs : Tensor of shape (D, n, t, V)
        Log probability of each of ``V`` values of ``t`` targets, for ``D`` draws and ``n`` rows.
    values : ndarray of shape (V,)
        What the user calls the values; sorted.
    classes : ndarray of shape (n_classes,)
        What the user calls the columns of `probabilities`.
    """

    def __init__(self, log_probs: Tensor, values: NDArray[Any], classes: NDArray[Any]) -> None:
        self._log_probs = log_probs
        self._values = values
        self.classes = classes

    @abstractmethod
    def _of_classes(self, values: Tensor) -> NDArray[np.float64]:
        """From ``[..., t, V]``, a number for each value, to ``[..., n_classes]``."""

    @abstractmethod
    def _smallest_sets(self, coverage: float) -> Tensor:
        """Members of the smallest sets, bool ``[n, n_classes]``."""

    @abstractmethod
    def logits(self) -> NDArray[np.float64]:
        """Unbounded scores with the predictive probabilities as their softmax or sigmoid."""

    @property
    def _shape(self) -> torch.Size:
        return self._log_probs.shape[:3]

    @property
    def n_classes(self) -> int:
        """Number of classes, or of labels."""
        return len(self.classes)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(n_samples={self.n_samples}, n_classes={self.n_classes}, "
            f"n_components={self.n_components})"
        )

    def component_probabilities(self) -> NDArray[np.float64]:
        """Probabilities under each draw, ``(n_components, n_samples, n_classes)``."""
        return self._of_classes(self._log_probs.exp())

    def function_values(self) -> NDArray[np.float64]:
        """Probabilities under each draw, ``(n_components, n_samples, n_classes)``."""
        return self.component_probabilities()

    def probabilities(self) -> NDArray[np.float64]:
        """Predictive probabilities, the mean over draws, ``(n_samples, n_classes)``."""
        return self._of_classes(self._mean_log_probs().exp())

    def log_probabilities(self) -> NDArray[np.float64]:
        """Logarithms of `probabilities`, finite where those round to 0 or 1."""
        return self._of_classes(self._mean_log_probs())

    def mode(self) -> NDArray[Any]:
        """Most probable class of each row, ``(n_samples,)``; of equals the first."""
        labels: NDArray[Any] = self._values[self._mode_index()]
        return labels[:, 0] if self.n_outputs == 1 else labels

    def is_mode(self, y: ArrayLike) -> NDArray[np.bool_]:
        """Whether the observation is the most probable class, ``(n_samples,)``."""
        return self._to_user(self._from_user(y) == torch.from_numpy(self._mode_index()))

    def confidence(self) -> NDArray[np.float64]:
        """Predictive probability of `mode`, ``(n_samples,)``."""
        return self._to_user(self._mean_log_probs().amax(-1).exp())

    def interval(self, coverage: ArrayLike = 0.9) -> NDArray[np.float64]:
        """Central credible interval of the probability of each class.

        A pair of quantiles over the draws: where the probability lies, given the data. It is not
        an interval for a new observation; `prediction_set` is.

        Parameters
        ----------
        coverage : float or array-like of shape (n_coverages,), default=0.9
            Posterior probability inside the interval, in (0, 1).

        Returns
        -------
        ndarray of shape (n_samples, n_classes, 2) or (n_samples, n_classes, n_coverages, 2)
            Lower and upper end.

        Raises
        ------
        ValueError
            If `coverage` lies outside (0, 1).
        """
        levels, is_one = central_levels(coverage)
        ends = np.moveaxis(
            np.quantile(self.component_probabilities(), levels, axis=0), (0, 1), (-2, -1)
        )
        return ends[..., 0, :] if is_one else ends

    def prediction_set(self, coverage: float = 0.9) -> NDArray[np.bool_]:
        """Smallest set of classes that holds a new observation with probability `coverage`.

        Classes join in the order of their predictive probability until the set has the mass;
        of equals the first in `classes` joins first. With several labels a row, the set is
        to hold *every* label of the row, and it is empty where the row probably has none.
        The labels' dependence through the draws is accounted for.

        Parameters
        ----------
        coverage : float, default=0.9
            Least probability of the set, in (0, 1).

        Returns
        -------
        ndarray of shape (n_samples, n_classes), dtype bool
            Whether the class is in the set.

        Raises
        ------
        ValueError
            If `coverage` lies outside (0, 1).
        """
        members: NDArray[np.bool_] = self._smallest_sets(check_coverage(coverage)).numpy()
        return members

    def entropy(self) -> NDArray[np.float64]:
        """Entropy of the predictive probabilities, ``(n_samples,)``, in nats: the total.

        The sum of `aleatoric_entropy` and `mutual_information`.
        """
        return self._to_user(_entropy(self._mean_log_probs()))

    def aleatoric_entropy(self) -> NDArray[np.float64]:
        """Mean entropy of the components, ``(n_samples,)``, in nats."""
        return self._to_user(_entropy(self._log_probs).mean(0))

    def mutual_information(self) -> NDArray[np.float64]:
        """Mutual information of class and function, ``(n_samples,)``, in nats.

        The epistemic part of the entropy: what knowing the true function would tell about the
        class (Houlsby et al. 2011; Depeweg et al. 2018).
        """
        # As the mean divergence of the components from the mixture: without the cancellation
        # of two entropies, and never negative beyond rounding.
        log_ratio = self._log_probs - self._mean_log_probs()
        divergence = (self._log_probs.exp() * log_ratio).sum(-1).mean(0)
        return self._to_user(divergence.clamp_(min=0.0))

    def spread(self) -> NDArray[np.float64]:
        """Standard deviations of the indicators of the classes, of the shape of `probabilities`."""
        probabilities = self.probabilities()
        return np.sqrt(probabilities * (1 - probabilities))

    def brier(self, y: ArrayLike) -> NDArray[np.float64]:
        """Squared distance of the probabilities from the observation, ``(n_samples,)``.

        Lower is better (Brier 1950). The sum over classes; halved for two classes, and so for a
        label, as scikit-learn does.
        """
        index = self._from_user(y).unsqueeze(-1)
        probs = self._mean_log_probs().exp()
        observed = torch.zeros_like(probs).scatter_(-1, index, 1.0)
        squares = (probs - observed).square().sum(-1)
        return self._to_user(squares / 2 if len(self._values) == 2 else squares)

    def _rows(self, index: Tensor) -> Self:
        other = copy.copy(self)
        other._log_probs = self._log_probs[:, index]
        return other

    def _mean_log_probs(self) -> Tensor:
        return log_mean_exp(self._log_probs)

    def _mode_index(self) -> NDArray[np.int64]:
        # NumPy's argmax returns the first of equals; PyTorch's need not.
        index: NDArray[np.int64] = self._mean_log_probs().numpy().argmax(-1)
        return index

    def _encode(self, y: NDArray[Any]) -> Tensor:
        number_of = {value: number for number, value in enumerate(self._values.tolist())}
        numbers = [number_of.get(label, -1) for label in y.ravel().tolist()]
        index = torch.tensor(numbers, dtype=torch.int64).reshape(y.shape)
        if bool((index < 0).any()):
            unknown = {repr(label) for label in y.ravel().tolist() if label not in number_of}
            raise ValueError(
                f"y contains labels that the model does not know: {', '.join(sorted(unknown))}. "
                f"It knows {self._values.tolist()}."
            )
        return index

    def _component_log_prob(self, y: Tensor) -> Tensor:
        index = y.expand(self._shape).unsqueeze(-1)
        return self._log_probs.gather(-1, index).squeeze(-1)

    def _component_sample(self, index: int, rng: np.random.RandomState) -> NDArray[Any]:
        cumulative = self._log_probs[index].exp().cumsum(-1).numpy()
        uniform = rng.random_sample((*cumulative.shape[:-1], 1))
        # Rounding may leave the last sum short of 1: what lies beyond is the last value.
        sampled = (uniform >= cumulative[..., :-1]).sum(-1)
        labels: NDArray[Any] = self._values[sampled]
        return labels


def _entropy(log_probs: Tensor) -> Tensor:
    """Entropy over the last axis."""
    return -(log_probs.exp() * log_probs).sum(-1)


class CategoricalMixture(ClassDistribution):
    """Equal mixture of categorical distributions: each row has one of several classes.

    Parameters
    ----------
    logits : Tensor of shape (D, n, C)
        Log probabilities of the classes up to a constant, for each draw and row.
    classes : ndarray of shape (C,)
        Labels of the classes, sorted.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> probabilities = torch.tensor([[[0.5, 0.3, 0.2]], [[0.7, 0.2, 0.1]]])
    >>> mixture = CategoricalMixture(probabilities.log(), np.array(["blue", "green", "red"]))
    >>> mixture.probabilities().round(3), mixture.mode()
    (array([[0.6 , 0.25, 0.15]]), array(['blue'], dtype='<U5'))
    >>> mixture.prediction_set(0.8)
    array([[ True,  True, False]])
    """

    def __init__(self, logits: Tensor, classes: NDArray[Any]) -> None:
        # Double precision whatever the network used: the tails need it.
        log_probs = torch.log_softmax(logits.to(torch.float64), -1)
        super().__init__(log_probs.unsqueeze(2), classes, classes)

    def logits(self) -> NDArray[np.float64]:
        """Unbounded scores: the log odds of the second of two classes, ``(n_samples,)``.

        With more classes their log probabilities, ``(n_samples, n_classes)``.
        """
        log_probs = self.log_probabilities()
        return log_probs[:, 1] - log_probs[:, 0] if self.n_classes == 2 else log_probs

    def _of_classes(self, values: Tensor) -> NDArray[np.float64]:
        array: NDArray[np.float64] = values.squeeze(-2).numpy()
        return array

    def _smallest_sets(self, coverage: float) -> Tensor:
        probs = self._mean_log_probs().exp().squeeze(-2)
        ordered, order = probs.sort(dim=-1, descending=True, stable=True)
        mass_before = ordered.cumsum(-1) - ordered
        joins = mass_before < coverage - _MASS_TOLERANCE
        return torch.zeros_like(joins).scatter_(-1, order, joins)


class BernoulliMixture(ClassDistribution):
    """Equal mixture of independent Bernoulli distributions: each row has any of several labels.

    Within a component the labels are independent; in the mixture they are not.

    Parameters
    ----------
    logits : Tensor of shape (D, n, L)
        Log odds of each label, for each draw and row.

    Examples
    --------
    >>> import torch
    >>> mixture = BernoulliMixture(torch.tensor([[[3.0, -3.0, 0.0]]]))
    >>> mixture.probabilities().round(3), mixture.mode()
    (array([[0.953, 0.047, 0.5  ]]), array([[1, 0, 0]]))
    """

    def __init__(self, logits: Tensor) -> None:
        logits = logits.to(torch.float64)
        log_sigmoid = torch.nn.functional.logsigmoid
        log_probs = torch.stack([log_sigmoid(-logits), log_sigmoid(logits)], -1)
        super().__init__(log_probs, np.arange(2), np.arange(logits.shape[-1]))

    def logits(self) -> NDArray[np.float64]:
        """Log odds of each label, ``(n_samples, n_classes)``."""
        absent, present = self._mean_log_probs().unbind(-1)
        log_odds: NDArray[np.float64] = (present - absent).numpy()
        return log_odds

    def _of_classes(self, values: Tensor) -> NDArray[np.float64]:
        array: NDArray[np.float64] = values[..., 1].numpy()
        return array

    def _smallest_sets(self, coverage: float) -> Tensor:
        order = self._mean_log_probs()[..., 1].argsort(dim=-1, descending=True, stable=True)
        log_absent = self._log_probs[..., 0].gather(-1, order.expand(self._shape))
        # The set of the k first labels holds all labels of a row if every later one is absent.
        log_mass = log_mean_exp(log_absent.flip(-1).cumsum(-1).flip(-1))
        joins = log_mass.exp() < coverage - _MASS_TOLERANCE
        return torch.zeros_like(joins).scatter_(-1, order, joins)
