"""Training and sampling of a `BayesianModule` for those who want no loop of their own."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils._pytree import tree_map
from torch.utils.data import DataLoader

from skbayes.choice import resolve
from skbayes.inference import (
    ELBO,
    SAMPLERS,
    Batches,
    BatchSource,
    Callback,
    Progress,
    Sampler,
    SamplingResult,
    TrainingOptions,
    TrainingResult,
    Watch,
    chain_starts,
    sample_posterior,
    train,
)
from skbayes.model import Data, NestedRows
from skbayes.threads import threads_for
from skbayes.torch.bayesian_module import BayesianModule
from skbayes.torch.likelihood import encoded_targets

Source = DataLoader[Any] | tuple[Any, Tensor]


def fit(
    module: BayesianModule,
    data: Source,
    *,
    max_iter: int = 2000,
    batch_size: int = 128,
    learning_rate: float = 0.005,
    n_draws: int = 2,
    kl_weight: float = 1.0,
    kl_warmup: float = 0.25,
    max_grad_norm: float | None = 0.3,
    tol: float = 5e-4,
    n_iter_no_change: int = 100,
    callbacks: Sequence[Callback] = (),
    verbose: bool | int = False,
    random_state: int = 0,
) -> TrainingResult:
    """Maximise the evidence lower bound with the trainer of the estimators.

    Parameters
    ----------
    module : BayesianModule
        With a likelihood; its posterior, and the buffers of its module, are changed in place.
    data : torch.utils.data.DataLoader or tuple (x, y)
        A loader of pairs ``(x, y)``, gone through again and again; or all rows, where `x` is a
        tensor, a tuple or a dict of tensors. Targets as for `BayesianModule.elbo`, one set a row.
    max_iter : int, default=2000
        Most optimisation steps.
    batch_size : int, default=128
        Rows of a step, where `data` is not a loader.
    learning_rate : float, default=0.005
        Of Adam; it falls to zero at the end.
    n_draws : int, default=2
        Draws of the weights a step, in antithetic pairs.
    kl_weight : float, default=1.0
        Weight of the divergence.
    kl_warmup : float, default=0.25
        Share of `max_iter` over which the divergence is faded in.
    max_grad_norm : float or None, default=0.3
        Largest norm of the gradient of the bound per row.
    tol : float, default=5e-4
        Gain of the bound per row, in nats over `n_iter_no_change` steps, that is worth going on.
    n_iter_no_change : int, default=100
        Steps over which the gain is measured.
    callbacks : sequence of callable, default=()
        Called with a `skbayes.TrainingStatus` every 50 steps; training ends when one returns true.
    verbose : bool or int, default=False
        Whether to print progress: 1 for a line that is rewritten (about twenty lines in a log), 2
        for more lines.
    random_state : int, default=0
        Seed of the draws and, without a loader, of the order of the rows.

    Returns
    -------
    TrainingResult
        `bounds`, the bound per row at each step in nats, and `ending`, why training ended.

    Raises
    ------
    FloatingPointError
        If training diverges twice.
    ValueError
        If the shapes of outputs and targets do not fit.

    Examples
    --------
    >>> import torch
    >>> from skbayes.torch import BayesianModule, fit
    >>> x = torch.linspace(-1, 1, 50).unsqueeze(1)
    >>> bayesian = BayesianModule(torch.nn.Linear(1, 1), likelihood="normal")
    >>> result = fit(bayesian, (x, 3 * x[:, 0]), max_iter=200)
    >>> result.bounds.shape
    (200, 1)
    """
    if module.stored_draws is not None:
        raise ValueError("module must have a variational posterior: this one has been sampled.")
    generator = torch.Generator().manual_seed(random_state)
    batches = _batches(module, data, batch_size, generator)
    options = TrainingOptions(
        max_iter=max_iter,
        batch_size=batch_size,
        n_draws=n_draws,
        learning_rate=learning_rate,
        kl_weight=kl_weight,
        kl_warmup=kl_warmup,
        tol=tol,
        n_iter_no_change=n_iter_no_change,
        max_grad_norm=max_grad_norm,
    )
    with torch.no_grad():
        objective = ELBO(module.model(), module.posterior, n_draws=n_draws, kl_weight=kl_weight)
        with Progress(verbose) as progress:
            watch = Watch(callbacks=tuple(callbacks), progress=progress)
            result = train(objective, batches, options, generator, watch)
        module.replace_posterior(result.posterior)
        module.keep_module_state()
    return result


def sample(
    module: BayesianModule,
    data: Source,
    sampler: str | Sampler = "mclmc",
    *,
    verbose: bool | int = False,
    random_state: int = 0,
) -> tuple[BayesianModule, SamplingResult]:
    """Run chains from the posterior of a module, and keep their draws as its posterior.

    Parameters
    ----------
    module : BayesianModule
        Trained; it stays as it is. Points keep their values.
    data : torch.utils.data.DataLoader or tuple (x, y)
        As for `fit`. The rows of a loader are read into memory once.
    sampler : {"mclmc", "hmc"} or instance of a class of `skbayes.samplers`, default="mclmc"
        Its `n_chains`, `n_warmup`, `n_samples`, `thin`, `kl_weight` and, for MCLMC, `batch_size`.
    verbose : bool or int, default=False
        Whether to print progress: 1 for a line that is rewritten (about twenty lines in a log), 2
        for more lines.
    random_state : int, default=0
        Seed.

    Returns
    -------
    sampled : BayesianModule
        A copy whose draws are those of the chains: calls take one of them at random, `predict` as
        many as it is asked for.
    result : SamplingResult
        `posterior.draws` of shape (n_chains, n_samples, n_weights), and how the chains moved.

    Raises
    ------
    FloatingPointError
        If no chain ever moves.
    ValueError
        If `sampler` is not one, or leaves its `kl_weight` to be chosen.

    Examples
    --------
    >>> import torch
    >>> from skbayes.samplers import MCLMC
    >>> from skbayes.torch import BayesianModule, fit, sample
    >>> x = torch.linspace(-1, 1, 50).unsqueeze(1)
    >>> y = 3 * x[:, 0] + 0.1 * torch.sin(20 * x[:, 0])
    >>> bayesian = BayesianModule(torch.nn.Linear(1, 1), likelihood="normal")
    >>> _ = fit(bayesian, (x, y), max_iter=200)
    >>> chains = MCLMC(n_chains=2, n_warmup=200, n_samples=20, thin=5)
    >>> sampled, result = sample(bayesian, (x, y), chains)
    >>> sampled.stored_draws.shape
    torch.Size([40, 3])
    """
    method: Sampler = resolve(sampler, SAMPLERS)
    if not isinstance(method, Sampler):
        raise ValueError(f"sampler must be 'mclmc', 'hmc' or a sampler. Got {sampler!r} instead.")
    method._validate_params()
    if len(method.kl_weights()) > 1:
        raise ValueError(
            "kl_weight must be a number here: the start is given, and held-out rows would have "
            f"no say in it. Got kl_weight={method.kl_weight!r} instead."
        )
    generator = torch.Generator().manual_seed(random_state)
    rows = _in_memory(module, data)
    with torch.no_grad():
        model = module.model()
        n_multiply_adds = method.rows_per_gradient(rows.n_rows) * method.n_chains * model.n_entries
        with threads_for(n_multiply_adds), Progress(verbose) as progress:
            start, scale = chain_starts(module.posterior, model, int(method.n_chains), generator)
            result = sample_posterior(model, rows, start, scale, method, generator, progress)
    sampled = copy.deepcopy(module)
    sampled.stored_draws = result.posterior.draws.transpose(0, 1).flatten(0, 1).contiguous()
    return sampled, result


class LoaderBatches:
    """Batches of a `DataLoader`, for ever."""

    log_jacobian = 0.0
    is_shared = False

    def __init__(self, module: BayesianModule, loader: DataLoader[Any]) -> None:
        self._module = module
        self._loader = loader
        self._batches: Iterator[Any] = iter(loader)
        self._n_rows = _rows_of(loader)
        self.scale = 1.0

    @property
    def total_weight(self) -> NDArray[np.float64]:
        return np.array([float(self._n_rows)])

    def __next__(self) -> Data:
        try:
            batch = next(self._batches)
        except StopIteration:
            self._batches = iter(self._loader)
            batch = next(self._batches)
        data = _as_data(self._module, batch)
        self.scale = self._n_rows / data.n_rows
        return data


def _rows_of(loader: DataLoader[Any]) -> int:
    try:
        n_rows = len(loader.dataset)  # type: ignore[arg-type]
    except TypeError:
        n_rows = 0
    if n_rows < 1:
        raise ValueError(
            "data must be a DataLoader over a dataset with a length of at least 1: the bound "
            "weighs the prior against all rows."
        )
    return n_rows


def _batches(
    module: BayesianModule, data: Source, batch_size: int, generator: torch.Generator
) -> BatchSource:
    if isinstance(data, DataLoader):
        return LoaderBatches(module, data)
    rows = _as_data(module, data)
    return Batches(rows, min(batch_size, rows.n_rows), generator)


def _in_memory(module: BayesianModule, data: Source) -> Data:
    if not isinstance(data, DataLoader):
        return _as_data(module, data)
    parts = list(data)
    joined = tree_map(lambda *tensors: torch.cat(tensors), *parts)
    return _as_data(module, joined)


def _as_data(module: BayesianModule, pair: Any) -> Data:
    """Rows on the device and of the precision of the module."""
    if not (isinstance(pair, (tuple, list)) and len(pair) == 2 and isinstance(pair[1], Tensor)):
        raise ValueError(
            "data must be a pair (x, y), or a loader of such pairs, with y a tensor. Got "
            f"{type(pair).__name__}."
        )
    x, y = pair
    state = module.posterior_state
    if isinstance(x, Tensor):
        dtype = state.dtype if x.is_floating_point() else None
        inputs: Any = x.to(device=state.device, dtype=dtype)
    else:
        parts = dict(x) if isinstance(x, dict) else tuple(x)
        inputs = NestedRows(parts).to(dtype=state.dtype, device=state.device)
    targets = encoded_targets(module.likelihood, y, state.detach())
    if targets.ndim == 1:
        targets = targets.unsqueeze(-1)
    n_targets = module.likelihood.n_targets
    if targets.ndim != 2 or targets.shape[1] != n_targets or len(targets) != len(inputs):
        raise ValueError(
            f"y must have shape (n_rows, {n_targets}), or (n_rows,) for one target, with as many "
            f"rows as x has, {len(inputs)}. Got {tuple(y.shape)}. For a target at each place of a "
            "row, use BayesianModule.elbo in a loop."
        )
    return Data(inputs, targets)
