"""Parameters of the estimators, checked beyond what scikit-learn's constraints can say."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.utils.validation import _check_sample_weight

from skbayes.estimators.sampling import is_sampled
from skbayes.estimators.scaling import FloatArray
from skbayes.estimators.tables import Table
from skbayes.inference import Callback, TrainingOptions

_AUTO_BATCH_SIZE = 200
_AUTO_MAX_ITER = 4000
_AUTO_N_MEMBERS = 5
# A mean-field fit at full weight underfits, and chains would spend their warm-up climbing out of
# it. With a tenth of the divergence it fits well, and its standard deviations keep their ratios.
_START_KL_FACTOR = 0.1
_START_MAX_ITER = 2000


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


def check_device(name: str, dtype: torch.dtype) -> torch.device:
    """The device, if PyTorch can put a number of this dtype there and read it back."""
    try:
        device = torch.device(name)
        torch.zeros((), device=device, dtype=dtype).item()
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
        reason = str(error).split(". ")[0]  # pages of backends may follow
        raise ValueError(
            "device must name a device that PyTorch can use here, such as 'cpu', 'cuda' or "
            f"'mps'. Got {name!r} instead ({reason})."
        ) from error
    return device


def check_n_members(estimator: Any) -> int:
    """Number of variational posteriors, each of which (or each chain) needs a draw that is kept."""
    sampled = is_sampled(estimator.inference)
    n_members, n_chains = estimator.n_members, estimator.n_chains
    if n_members == "auto":
        n_members = n_chains if sampled else _AUTO_N_MEMBERS
    name, least = ("n_chains", n_chains) if sampled else ("n_members", n_members)
    if estimator.n_posterior_samples < least:
        raise ValueError(
            f"n_posterior_samples must be at least {name}, so that each is heard. "
            f"Got n_posterior_samples={estimator.n_posterior_samples!r} and "
            f"{name}={least!r} instead."
        )
    return int(n_members)


def check_posterior(posterior: str, last_layer_only: bool) -> None:
    """A distribution is needed for the last layer, if there is to be one there only."""
    if last_layer_only and posterior == "deterministic":
        raise ValueError(
            "last_layer_only=True asks for a distribution over the weights of the last layer, and "
            f"posterior={posterior!r} has none anywhere. With last_layer_only=True, posterior "
            "must be 'mean_field', 'low_rank' or 'full'."
        )


def check_early_stopping(estimator: Any) -> None:
    """Chains sample the posterior of all rows, and it is not reached by stopping early."""
    if estimator.early_stopping and is_sampled(estimator.inference):
        raise ValueError(
            "early_stopping must be False with inference='mclmc' or 'hmc'. "
            f"Got early_stopping={estimator.early_stopping!r} and "
            f"inference={estimator.inference!r} instead."
        )


def has_partial_fit(estimator: Any) -> bool:
    """Whether an estimator has `partial_fit`: what chains leave behind is no prior.

    Raises
    ------
    AttributeError
        If not, saying why.
    """
    if is_sampled(estimator.inference):
        raise AttributeError(
            "partial_fit is there only with inference='variational': draws of chains cannot be "
            f"the prior of the next rows. Got inference={estimator.inference!r}."
        )
    return True


def check_partial_fit(estimator: Any) -> None:
    """Bayes' rule needs a distribution over all weights to go on from."""
    needed = {
        "early_stopping": (not estimator.early_stopping, "False"),
        "posterior": (estimator.posterior != "deterministic", "a distribution, not a point"),
        "last_layer_only": (not estimator.last_layer_only, "False: other weights are points"),
        "kl_weight": (
            estimator.kl_weight > 0,
            "positive: at 0 the prior, which is all that is known of earlier rows, has no say",
        ),
    }
    for name, (is_met, allowed) in needed.items():
        if not is_met:
            raise ValueError(
                f"{name} must be {allowed}, for partial_fit. "
                f"Got {name}={getattr(estimator, name)!r} instead."
            )


def check_callbacks(callbacks: Sequence[Callback] | None) -> tuple[Callback, ...]:
    """Callbacks as a tuple of callables."""
    if callbacks is None:
        return ()
    for callback in callbacks:
        if not callable(callback):
            raise ValueError(
                "callbacks must be a list of callables that take a TrainingStatus, or None. "
                f"Got {callback!r} among them instead."
            )
    return tuple(callbacks)


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
    sampled = is_sampled(estimator.inference)
    max_iter = estimator.max_iter
    if max_iter == "auto":
        max_iter = _START_MAX_ITER if sampled else _AUTO_MAX_ITER
    return TrainingOptions(
        max_iter=int(max_iter),
        batch_size=min(_AUTO_BATCH_SIZE, n_rows) if is_auto else int(estimator.batch_size),
        n_draws=int(estimator.n_draws),
        learning_rate=float(estimator.learning_rate_init),
        kl_weight=float(estimator.kl_weight) * (_START_KL_FACTOR if sampled else 1.0),
        kl_warmup=float(estimator.kl_warmup),
        tol=float(estimator.tol),
        n_iter_no_change=int(estimator.n_iter_no_change),
        verbose=bool(estimator.verbose),
        shuffle=bool(estimator.shuffle),
        max_grad_norm=None if estimator.max_grad_norm is None else float(estimator.max_grad_norm),
    )
