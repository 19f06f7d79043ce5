"""Fitting with a prior sigma that is given or learned, not searched for."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, TypeVar

from numpy.typing import ArrayLike
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from skbayes.estimators.base import BaseBayesianNetwork
from skbayes.estimators.parameter_docs import with_method_texts

_Self = TypeVar("_Self", bound="GivenPriorSigma")


@dataclass(repr=False, eq=False, kw_only=True)
class GivenPriorSigma(BaseBayesianNetwork[Any]):
    """An estimator with the parameter `prior_sigma`."""

    prior_sigma: float | str | ArrayLike = "auto"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "prior_sigma": [
            StrOptions({"auto"}),
            Interval(Real, 0, None, closed="neither"),
            "array-like",
        ],
    }

    @with_method_texts
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self: _Self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> _Self:
        """Fit the posterior.

        Parameters
        ----------
        {inputs}
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, in any units. Of a classifier class labels, or indicators 0 and 1 of each of
            several labels; the latter may be sparse.
        {sample_weight}

        Returns
        -------
        {fitted}

        Raises
        ------
        ValueError
            If the data or a parameter is invalid, if `y` holds values that the likelihood
            rules out, or if there are fewer than two classes.
        {divergence}

        Warns
        -----
        {unfinished}
        """
        with self._unchanged_on_error():
            self._fit(self._read(X, y, sample_weight), self.prior_sigma)
        return self
