"""What a fitted model predicts, for ArviZ: summaries, diagnostics, cross-validation and pictures.

Needs ArviZ: ``pip install "skbayes[arviz]"``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from skbayes.estimators.prediction import by_member
from skbayes.metrics.scorers import unwrapped
from skbayes.predictive import ClassDistribution, PredictiveMixture, RandomState

__all__ = ["to_inference_data"]

# Of `diagnostics_`, what is said of each chain; ArviZ has a value for each of its draws.
_PER_CHAIN = ("step_size", "energy_error")


def to_inference_data(
    estimator: Any, X: ArrayLike, y: ArrayLike | None = None, *, random_state: RandomState = 0
) -> Any:
    """Predictions of each posterior draw, in the groups that ArviZ reads.

    Weights of a network have no meaning of their own, and units may change places between
    chains: what is compared is the functions, at the rows of `X`. Chains are those of the sampler.
    Of a variational fit each member counts as a chain: its draws are independent, so that the
    effective sample size is near their number and R-hat says how far the members' functions
    differ, not whether anything has converged.

    Draws that not every chain has as many of are left out, as in `predict_by_member`.

    Parameters
    ----------
    estimator : estimator with `predict_dist`, or what holds one
        Fitted, as for `skbayes.metrics.predictive_distribution`.
    X : array-like of shape (n_samples, n_features)
        The index of a data frame, if it names each row once, names the rows.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Observed targets.
    random_state : int, RandomState instance or None, default=0
        Seed of `posterior_predictive`.

    Returns
    -------
    arviz.InferenceData, or xarray.DataTree from ArviZ 1.0 on
        - `posterior`: `f`, the mean of the target or the class probabilities, with dimensions
          chain, draw, row, and output (of several targets) or class.
        - `posterior_predictive`: `y`, one new observation for each draw and row.
        - `log_likelihood`: `y`, in nats and in the units of the target; with `y`.
        - `observed_data`: `y`; with `y`.
        - `sample_stats`: `step_size` and `energy_error` of each chain, the same for all of its
          draws; of a sampled model, unless it was interrupted before it had draws enough.

    Raises
    ------
    ImportError
        If ArviZ is not installed.
    ValueError
        If `y` does not fit `X` or the model.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.arviz import to_inference_data
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = BayesianMLPRegressor(budget=0.1, random_state=0).fit(X, y)
    >>> data = to_inference_data(model, X, y)  # doctest: +SKIP
    >>> import arviz as az  # doctest: +SKIP
    >>> az.loo(data)  # doctest: +SKIP
    """
    try:
        import arviz
    except ImportError as error:
        raise ImportError(
            'to_inference_data needs ArviZ. Install it with: pip install "skbayes[arviz]".'
        ) from error
    model, rows = unwrapped(estimator, X)
    dist: PredictiveMixture = model.predict_dist(rows)

    def chains(values: NDArray[Any]) -> NDArray[Any]:
        chained: NDArray[Any] = by_member(values, model.n_members_)
        return chained

    functions = dist.function_values()
    is_one = dist.n_outputs == 1
    of_function, coords = ["row"], {"row": _row_names(X, dist.n_samples)}
    if isinstance(dist, ClassDistribution):
        of_function, coords["class"] = ["row", "class"], dist.classes
    elif is_one:
        functions = functions[..., 0]
    else:
        of_function, coords["output"] = ["row", "output"], np.arange(dist.n_outputs)
    samples = dist.component_samples(random_state)
    groups: dict[str, Any] = {
        "posterior": {"f": chains(functions)},
        "posterior_predictive": {"y": chains(samples)},
    }
    if y is not None:
        groups["log_likelihood"] = {"y": chains(dist.component_log_prob(y))}
        groups["observed_data"] = {"y": np.asarray(y).reshape(samples.shape[1:])}
    diagnostics = getattr(model, "diagnostics_", None)
    if diagnostics is not None and diagnostics.step_size is not None:
        shape = groups["posterior"]["f"].shape[:2]
        groups["sample_stats"] = {
            name: np.broadcast_to(diagnostics[name][:, None], shape).copy() for name in _PER_CHAIN
        }
    dims = {"f": of_function, "y": ["row"] if is_one else of_function}
    if int(arviz.__version__.split(".")[0]) >= 1:
        return arviz.from_dict(groups, coords=coords, dims=dims)
    return arviz.from_dict(**groups, coords=coords, dims=dims)


def _row_names(X: Any, n_rows: int) -> NDArray[Any]:
    names = X.index if isinstance(X, pd.DataFrame) else None
    return np.arange(n_rows) if names is None or not names.is_unique else names.to_numpy()
