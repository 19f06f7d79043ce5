"""Prediction with a fitted posterior."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skbayes.arrays import FloatArray
from skbayes.estimators.parameters import FitParameters
from skbayes.inference import Plan
from skbayes.lazy_torch import torch
from skbayes.model import Likelihood, Network, RowSource, predict_outputs
from skbayes.predictive import PredictiveMixture, RandomState
from skbayes.tables import InputEncoding, Table, as_pandas, slices_of
from skbayes.threads import threads_for

# Summaries are taken over blocks of rows whose mixtures hold about this many numbers, so that
# memory does not grow with the table.
_MIXTURE_SIZE = 2**22

# What an estimator predicts: real-valued targets or classes.
Predictive = TypeVar("Predictive", bound=PredictiveMixture)


def as_tensor(array: NDArray[Any]) -> torch.Tensor:
    """Tensor of a fitted array; a copy where a model was loaded with read-only memory maps."""
    return torch.from_numpy(np.require(array, requirements="W"))


def by_member(values: NDArray[Any], n_members: int) -> NDArray[Any]:
    """From one value for each kept draw to ``(n_members, n_draws, ...)``, each in its order.

    Draws that not every member has as many of are left out.
    """
    n_draws = len(values) // n_members
    values = values[: n_draws * n_members]
    return np.swapaxes(values.reshape(n_draws, n_members, *values.shape[1:]), 0, 1)


class FittedBayesianNetwork(FitParameters, ABC, Generic[Predictive]):
    """A fitted model: everything that prediction needs.

    Fitted state is NumPy arrays and plain values; tensors live inside single calls.
    """

    _encoding: InputEncoding
    plan_: Plan
    posterior_draws_: NDArray[Any]

    @abstractmethod
    def _make_likelihood(self) -> Likelihood:
        """The likelihood that the fitted (or just prepared) targets call for."""

    def _check_inputs(self, X: ArrayLike) -> Table:
        """Validated rows to predict."""
        check_is_fitted(self)
        return self._encoding.format.read(self, self._as_table(X, reset=False), reset=False)

    def _as_table(self, X: ArrayLike, *, reset: bool) -> Any:
        """Rows of columns, as tables are read from; `reset` is True in fit."""
        return as_pandas(X)

    def predict_dist(self, X: ArrayLike) -> Predictive:
        """Predictive distribution of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        PredictiveDistribution or ClassDistribution
            In the units or labels of the target. It holds `n_posterior_samples` numbers per row
            and target or class.
        """
        return self._predictive(self._check_inputs(X))

    def sample_f(
        self, X: ArrayLike, n_samples: int = 1, random_state: RandomState = 0
    ) -> FloatArray:
        """Draw functions from the posterior: means of the target, or class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples_X, n_features)
        n_samples : int, default=1
            Number of functions, taken from the `n_posterior_samples` draws that the model
            keeps; none twice unless more are asked for than there are.
        random_state : int, RandomState instance or None, default=0
            Seed.

        Returns
        -------
        ndarray of shape (n_samples_X, n_samples), (n_samples_X, n_outputs, n_samples) or \
(n_samples_X, n_classes, n_samples)
            A number for each row and function; with several targets one for each of them, and of
            a classifier one for each class or label.
        """
        table = self._check_inputs(X)
        n_kept = len(self.posterior_draws_)
        index = check_random_state(random_state).choice(
            n_kept, size=n_samples, replace=n_samples > n_kept
        )
        values = self._function_values(table, self.posterior_draws_[index])
        return np.moveaxis(values, 0, -1)

    def predict_by_member(self, X: ArrayLike) -> FloatArray:
        """What each posterior draw predicts without noise, member by member or chain by chain.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_members, n_draws, n_samples), or with a last axis of n_outputs or \
n_classes
            Means of the target, or class probabilities, along each chain in its order. Draws that
            not every member has as many of are left out.
        """
        values = self._function_values(self._check_inputs(X))
        functions: FloatArray = by_member(values, self.n_members_)
        return functions[..., 0] if getattr(self, "n_outputs_", 0) == 1 else functions

    def sample_y(
        self, X: ArrayLike, n_samples: int = 1, random_state: RandomState = 0
    ) -> NDArray[Any]:
        """Draw new observations, targets or labels, jointly over the rows of `X`.

        Parameters
        ----------
        X : array-like of shape (n_samples_X, n_features)
        n_samples : int, default=1
            Number of samples.
        random_state : int, RandomState instance or None, default=0
            Seed.

        Returns
        -------
        ndarray of shape (n_samples_X, n_samples) or (n_samples_X, n_outputs, n_samples)
            With several targets or labels a row, `n_outputs` is their number.
        """
        dist = self._predictive(self._check_inputs(X))
        return dist.sample(n_samples, check_random_state(random_state))

    def _make_network(self, likelihood: Likelihood) -> Network:
        """The network that fit built, from fitted attributes alone."""
        return self.plan_.network.build(self._encoding.columns, likelihood.n_outputs)

    def _predictive(self, table: Table) -> Predictive:
        """Predictive distribution of validated rows."""
        return self._mixture(self._encoding.encode(table), self.posterior_draws_)

    def _mixture(self, encoded: FloatArray | RowSource, draws: NDArray[Any]) -> Predictive:
        """Predictive distribution of encoded rows over draws."""
        likelihood, *arrays = self._outputs(encoded, draws)
        with threads_for(arrays[0].size):
            mixture = likelihood.predictive(*map(torch.from_numpy, arrays))
        return cast(Predictive, mixture)

    def _function_values(self, table: Table, draws: NDArray[Any] | None = None) -> FloatArray:
        """What each draw, or some of them, predicts without noise, ``(D, n, ...)``."""
        draws = self.posterior_draws_ if draws is None else draws
        likelihood, outputs, parameters = self._outputs(self._encoding.encode(table), draws)
        return likelihood.function_values(outputs, parameters)

    def _function_means(self, X: ArrayLike) -> FloatArray:
        """Means over all draws of what each predicts without noise, ``(n, ...)``."""
        return self._in_blocks(X, lambda table: (self._function_values(table).mean(axis=0),))[0]

    def _outputs(
        self, encoded: FloatArray | RowSource, draws: NDArray[Any]
    ) -> tuple[Likelihood, FloatArray, FloatArray]:
        """The likelihood, and what it reads: outputs of the network and its own parameters."""
        likelihood = self._make_likelihood()
        network = self._make_network(likelihood)
        outputs = predict_outputs(network, draws[:, : network.n_weights], encoded)
        return likelihood, outputs, draws[:, network.n_weights :].astype(np.float64)

    def _by_block(
        self,
        X: ArrayLike,
        summarise: Callable[[Predictive], tuple[NDArray[Any], ...]],
    ) -> tuple[NDArray[Any], ...]:
        """Summaries of the predictive distribution of all rows, block after block."""
        return self._in_blocks(X, lambda table: summarise(self._predictive(table)))

    def _in_blocks(
        self,
        X: ArrayLike,
        summarise: Callable[[Table], tuple[NDArray[Any], ...]],
    ) -> tuple[NDArray[Any], ...]:
        """Summaries of all rows, block after block."""
        table = self._check_inputs(X)
        n_numbers = len(self.posterior_draws_) * self._make_likelihood().n_outputs
        n_rows = max(1, _MIXTURE_SIZE // n_numbers)
        blocks = [summarise(table[rows]) for rows in slices_of(len(table), n_rows)]
        return tuple(np.concatenate(parts) for parts in zip(*blocks, strict=True))
