"""One fit by several processes, each of which reads a part of the rows."""

from __future__ import annotations

import atexit
import hashlib
import os
import re
from datetime import timedelta
from typing import Any, TypeVar

from numpy.typing import ArrayLike

from skbayes.estimators.given_sigma import GivenPriorSigma
from skbayes.estimators.planning import device
from skbayes.lazy_torch import dist, torch
from skbayes.model import Peers
from skbayes.tables import Parts, common_rows

_Estimator = TypeVar("_Estimator", bound=GivenPriorSigma)

# Parameters that processes may differ in: the first one's counts, or none does.
_OWN_PARAMETERS = ("random_state", "verbose")
# Where functions are, in their text.
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def fit_shard(
    estimator: _Estimator,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    group: dist.ProcessGroup | None = None,
    timeout: float = 600.0,
) -> _Estimator:
    """Fit an estimator to the rows of several processes, each of which passes those it has.

    Every process of the group calls this, with an estimator of the same parameters and a part of
    the rows (a shard) of its own. Log-likelihoods and their gradients are added up over the
    processes at every step; everything else each process computes for itself, and all alike. All
    end with the same fitted estimator, which is as any other: it predicts and is saved by itself.

    Parameters
    ----------
    estimator : BayesianMLPRegressor, BayesianMLPClassifier, BayesianNetRegressor or \
BayesianNetClassifier
        With ``warm_start=False``, ``early_stopping=False``, no callbacks, and for a classifier a
        `class_weight` that is not "balanced". The first process's `random_state` counts.
    X : array-like of shape (n_samples, n_features)
        Dense, at least one row. Shards may differ in size and in what rows they have.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        A shard need not have all classes.
    sample_weight : array-like of shape (n_samples,), default=None
        As in `fit`.
    group : torch.distributed.ProcessGroup, default=None
        None for all processes.
    timeout : float, default=600.0
        Seconds to wait for the other processes in one exchange, where this call is the first to
        make a group of them; a group that is there has its own.

    Returns
    -------
    estimator
        The one passed, fitted.

    Raises
    ------
    ValueError
        In every process, if the rows of one cannot be fitted, or if what they pass does not go
        together; if a parameter is not supported; or if there is no group and ``torchrun`` has not
        started this process.
    RuntimeError
        If another process ended or did not answer in time, or if the processes came to different
        results: then they run on machines or libraries of different kinds.

    Notes
    -----
    Where ``torchrun`` has started the processes and nothing else has made a group of them, this
    does, with the backend NCCL for an estimator whose `device` is a GPU and gloo else; the group
    lasts until the process ends.

    Scales, categories, bins and units are learned from all rows, or from 50,000 drawn from all
    shards where there are more. Identical rows are merged within a shard, not between
    shards. A minibatch takes rows of every shard in proportion. ``docs/large.md`` says when this is
    worth it.

    Examples
    --------
    In a script that ``torchrun --nproc_per_node=4 script.py`` starts four times, each process
    fits a quarter of the rows::

        rank, n = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        regressor = fit_shard(BayesianMLPRegressor(random_state=0), X[rank::n], y[rank::n])

    A group of one process, which has all rows:

    >>> import torch.distributed as dist
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianMLPRegressor
    >>> from skbayes.distributed import fit_shard
    >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = BayesianMLPRegressor(inference="variational", max_iter=300, random_state=0)
    >>> fit_shard(regressor, X, y).predict_interval(X[:5]).shape
    (5, 2)
    >>> dist.destroy_process_group()
    """
    peers = _peers_of(group, estimator, timeout)
    peers.together(lambda: _check(estimator))
    if peers.size == 1:
        return estimator.fit(X, y, sample_weight)
    with estimator._unchanged_on_error():
        _fit_together(estimator, peers, X, y, sample_weight)
    return estimator


def _fit_together(
    estimator: GivenPriorSigma,
    peers: Peers,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
) -> None:
    peers.agree({"the estimator": type(estimator).__name__, **_parameters(estimator)})
    rows = estimator._read_part_of(peers, X, y, sample_weight)
    peers.agree({"the names of columns": [*getattr(estimator, "feature_names_in_", ())]})
    rows = estimator._canonical(rows)
    parts = Parts(
        peers,
        sample=estimator._canonical(common_rows(rows, peers)),
        n_rows=sum(peers.sizes(len(rows.table))),
        seed=int(peers.gather(torch.tensor([estimator._seed()]))[0]),
    )
    estimator._fit(rows._replace(parts=parts), estimator.prior_sigma)
    _check_same_result(estimator, peers)


def _peers_of(group: dist.ProcessGroup | None, estimator: GivenPriorSigma, timeout: float) -> Peers:
    """The processes of a group, which is made where there is none."""
    if not (dist.is_available() and dist.is_initialized()):
        if group is not None or not dist.is_available() or "WORLD_SIZE" not in os.environ:
            raise ValueError(
                "fit_shard needs a group of processes: start the script with torchrun, or call "
                "torch.distributed.init_process_group first."
            )
        name = device(str(getattr(estimator, "device", "cpu")))
        is_gpu = name.startswith("cuda") and torch.cuda.is_available()
        if is_gpu:  # "cuda" is one of its own for each process of a machine
            own = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
            torch.cuda.set_device(own if name == "cuda" else torch.device(name))
        dist.init_process_group("nccl" if is_gpu else "gloo", timeout=timedelta(seconds=timeout))
        atexit.register(_leave)  # a group that is not left breaks the end of the process
    return Peers(group)


def _leave() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()


def _check(estimator: Any) -> None:
    """Refuse what needs all rows in one place, or may end the fit of one process alone."""
    if not isinstance(estimator, GivenPriorSigma):
        raise ValueError(
            "estimator must be a BayesianMLPRegressor, BayesianMLPClassifier, BayesianNetRegressor "
            f"or BayesianNetClassifier, for fit_shard. Got {estimator!r} instead."
        )
    estimator._validate_params()
    for name in ("warm_start", "early_stopping"):
        if getattr(estimator, name):
            raise ValueError(
                f"{name} must be False, for fit_shard. Got {getattr(estimator, name)!r} instead."
            )
    if estimator.get_params().get("class_weight") == "balanced":
        raise ValueError(
            "class_weight must be a dict of weights or None, for fit_shard, where no process sees "
            "all rows. Got 'balanced' instead."
        )
    inference = estimator.inference
    variational = getattr(inference, "start", inference)
    if getattr(variational, "callbacks", None):
        raise ValueError("callbacks must be None, for fit_shard: they may end one process alone.")


def _parameters(estimator: GivenPriorSigma) -> dict[str, str]:
    """Parameters that all processes must have, as texts that do not tell processes apart."""
    given = estimator.get_params(deep=False)
    return {
        name: _ADDRESS.sub("", repr(value))
        for name, value in given.items()
        if name not in _OWN_PARAMETERS
    }


def _check_same_result(estimator: GivenPriorSigma, peers: Peers) -> None:
    """Chains amplify a difference in the last bit, such as other hardware makes."""
    digest = hashlib.sha256(estimator.posterior_draws_.tobytes()).hexdigest()
    if len(set(peers.gather_text(digest))) > 1:
        raise RuntimeError(
            "The processes came to different results. They must run on machines of one kind, with "
            "the same versions of PyTorch and NumPy and the same number of threads."
        )
