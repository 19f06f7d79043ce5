"""Parameters of the estimators, checked beyond what scikit-learn's constraints can say."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.utils.validation import _check_sample_weight

from skbayes.estimators.scaling import FloatArray
from skbayes.estimators.tables import Table
from skbayes.inference import TrainingOptions

_AUTO_BATCH_SIZE = 200


def check_hidden_layer_sizes(hidden_layer_sizes: int | ArrayLike) -> tuple[int, ...]:
    """Hidden layer sizes as a tuple of positive integers."""
    sizes = np.atleast_1d(np.asarray(hidden_layer_sizes, dtype=object))
    if sizes.ndim > 1 or not all(
        isinstance(size, Integral) and not isinstance(size, bool) and int(size) > 0
        for size in sizes
    ):
        raise ValueError(
            "hidden_layer_sizes must be a positive integer or a sequence of positive "
            f"integers. Got {hidden_layer_sizes!r} instead."
        )
    return tuple(int(size) for size in sizes)


def check_device(name: str) -> torch.device:
    """The device, if PyTorch can put a tensor there."""
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(
            "device must name a device that PyTorch can use here, such as 'cpu', 'cuda' or "
            f"'mps'. Got {name!r} instead ({error})."
        ) from error
    return device


def check_n_posterior_samples(n_posterior_samples: int, n_members: int) -> None:
    """Every member needs a draw."""
    if n_posterior_samples < n_members:
        raise ValueError(
            "n_posterior_samples must be at least n_members, so that every member is heard. "
            f"Got n_posterior_samples={n_posterior_samples!r} and "
            f"n_members={n_members!r} instead."
        )


def check_posterior(posterior: str, last_layer_only: bool) -> None:
    """A distribution is needed for the last layer, if there is to be one there only."""
    if last_layer_only and posterior == "deterministic":
        raise ValueError(
            "last_layer_only=True asks for a distribution over the weights of the last layer, and "
            f"posterior={posterior!r} has none anywhere. With last_layer_only=True, posterior "
            "must be 'mean_field', 'low_rank' or 'full'."
        )


def check_row_weights(sample_weight: ArrayLike | None, table: Table) -> FloatArray | None:
    """Validated sample weights, of which at least one is positive."""
    if sample_weight is None:
        return None
    weights: FloatArray = _check_sample_weight(
        sample_weight, table, dtype=np.float64, ensure_non_negative=True
    )
    if not weights.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weights


def training_options(estimator: Any, n_rows: int) -> TrainingOptions:
    """Training options of an estimator whose parameters are valid one by one."""
    is_auto = estimator.batch_size == "auto"
    return TrainingOptions(
        max_iter=int(estimator.max_iter),
        batch_size=min(_AUTO_BATCH_SIZE, n_rows) if is_auto else int(estimator.batch_size),
        n_draws=int(estimator.n_draws),
        learning_rate=float(estimator.learning_rate_init),
        kl_weight=float(estimator.kl_weight),
        kl_warmup=float(estimator.kl_warmup),
        tol=float(estimator.tol),
        n_iter_no_change=int(estimator.n_iter_no_change),
        verbose=bool(estimator.verbose),
    )
