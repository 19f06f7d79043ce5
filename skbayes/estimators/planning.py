"""The plan of a fit: what the parameters of an estimator come to for a table."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from skbayes.choice import is_auto, resolve
from skbayes.estimators import automatic
from skbayes.estimators.automatic import TableFacts
from skbayes.estimators.parameters import FitParameters
from skbayes.inference import (
    INFERENCES,
    POSTERIORS,
    Plan,
    PosteriorFamily,
    Sampler,
    TrainingOptions,
    Variational,
)
from skbayes.lazy_torch import torch
from skbayes.model import (
    PRIORS,
    ClassFamily,
    LikelihoodFamily,
    NetworkFamily,
    PriorFamily,
)

_AUTO_N_MEMBERS = 5


def make_plan(
    parameters: FitParameters,
    facts: TableFacts,
    likelihood: LikelihoodFamily | ClassFamily,
    prior_sigma: Any,
    *,
    skewed_likelihood: LikelihoodFamily | None = None,
    prefer_variational: bool = False,
) -> Plan:
    """The plan that parameters, valid one by one, call for; `automatic` has what "auto" means.

    Parameters
    ----------
    parameters : FitParameters
        An estimator.
    facts : TableFacts
        Of the rows to fit.
    likelihood : LikelihoodFamily or ClassFamily
    prior_sigma : float, sequence of float or "auto"
    skewed_likelihood : LikelihoodFamily, default=None
        What may be taken instead where residuals are skewed, which fits say that chains follow.
    prefer_variational : bool, default=False
        What ``inference="auto"`` is: variational where the posterior is to be the prior of later
        rows, and where candidates are compared.

    Raises
    ------
    ValueError
        Naming the parameters that do not go together, or a value beyond what scikit-learn's
        constraints can say.
    """
    plan = partial(
        _plan,
        parameters,
        facts,
        likelihood,
        prior_sigma,
        skewed_likelihood,
        prefer_variational=prefer_variational,
    )
    of_components = parameters.principal_components
    if not is_auto(of_components):
        return plan(principal_components=bool(of_components))
    columns_alone = plan(principal_components=False)
    if not automatic.tries_components(facts):
        return columns_alone
    found = plan(principal_components=True)
    # A given sigma is that of columns: a search over sigmas compares fits of them, not chains.
    if found.sampler is None or found.prior_sigma is not None:
        return columns_alone
    return replace(found, columns_alone=columns_alone)


def _plan(
    parameters: FitParameters,
    facts: TableFacts,
    likelihood: LikelihoodFamily | ClassFamily,
    prior_sigma: Any,
    skewed_likelihood: LikelihoodFamily | None,
    *,
    prefer_variational: bool,
    principal_components: bool,
) -> Plan:
    """The plan for columns as they are, or for their principal components."""
    prior: PriorFamily = (
        automatic.prior(facts) if is_auto(parameters.prior) else resolve(parameters.prior, PRIORS)
    )
    if principal_components:
        _check_components(parameters, facts)
        facts = facts.of_components()
    sampler, variational = _methods(parameters, facts, prefer_variational=prefer_variational)
    is_sampled = sampler is not None
    posterior = resolve(parameters.posterior, POSTERIORS)
    _check_callbacks(variational)
    _check_early_stopping(parameters, sampler)
    _check_bins(parameters, facts)
    standardize = parameters.standardize
    if is_auto(standardize):
        standardize = automatic.standardize(facts)
    network, *other_networks = parameters._network_families(facts, is_sampled=is_sampled)
    plan = Plan(
        standardize=standardize,
        readings=automatic.readings(parameters, standardize, facts, is_sampled=is_sampled),
        network=network,
        likelihood=likelihood,
        prior=prior,
        prior_sigma=_check_prior_sigma(prior_sigma, prior),
        posterior=posterior,
        variational=variational,
        sampler=sampler,
        kl_weights=variational.kl_weights() if sampler is None else sampler.start_weights(),
        n_members=_check_n_members(parameters, variational, sampler),
        training=_training_options(parameters, facts, variational, sampler, network),
        validation_fraction=(
            float(parameters.validation_fraction) if parameters.early_stopping else None
        ),
        n_posterior_samples=int(parameters.n_posterior_samples),
        precision=precision(
            parameters.dtype, facts, approximate=sampler is not None and not sampler.is_exact
        ),
        device=device(parameters.device),
        other_networks=tuple(other_networks),
        networks_by_chains=parameters._networks_by_chains(facts, is_sampled=is_sampled),
        may_shorten_start=(
            is_auto(parameters.max_iter)
            and automatic.may_shorten_start(facts, is_sampled=is_sampled)
        ),
        skewed_likelihood=skewed_likelihood if is_sampled else None,
        principal_components=principal_components,
    )
    check_device(plan)
    return plan


def precision(dtype: str, facts: TableFacts, *, approximate: bool) -> str:
    """Precision that `dtype` stands for.

    Parameters
    ----------
    dtype : {"auto", "float32", "float64"}
    facts : TableFacts
    approximate : bool
        Whether the errors of inference are far above those of rounding in single precision,
        which is then used unless `dtype` says otherwise.
    """
    if dtype != "auto":
        return dtype
    return "float32" if approximate or facts.is_single_precision else "float64"


def device(name: str) -> str:
    """Device that `name` stands for: of "auto" a CUDA GPU where PyTorch sees one."""
    if not is_auto(name):
        return name
    return "cuda" if torch.cuda.is_available() else "cpu"


def check_device(plan: Plan) -> torch.device:
    """The device of a plan, if PyTorch can put a number there and read it back."""
    try:
        found = torch.device(plan.device)
        torch.zeros((), device=found, dtype=getattr(torch, plan.precision)).item()
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
        reason = str(error).split(". ")[0]  # pages of backends may follow
        raise ValueError(
            "device must be 'auto' or name a device that PyTorch can use here, such as 'cpu', "
            f"'cuda' or 'mps'. Got {plan.device!r} instead ({reason})."
        ) from error
    return found


def _is_sampled(parameters: FitParameters) -> bool:
    """Whether `inference` asks for chains."""
    inference = parameters.inference
    method = INFERENCES.get(inference) if isinstance(inference, str) else type(inference)
    return method is not None and issubclass(method, Sampler)


def has_partial_fit(parameters: FitParameters) -> bool:
    """Whether an estimator has `partial_fit`: what chains leave behind is no prior.

    Raises
    ------
    AttributeError
        If not, saying why.
    """
    if _is_sampled(parameters):
        raise AttributeError(
            "partial_fit needs inference='variational' or 'auto': draws of chains cannot be "
            f"the prior of the next rows. Got inference={parameters.inference!r}."
        )
    return True


def check_partial_fit(parameters: FitParameters) -> None:
    """Bayes' rule needs a distribution over all weights to go on from."""
    posterior: PosteriorFamily = resolve(parameters.posterior, POSTERIORS)
    method = "variational" if is_auto(parameters.inference) else parameters.inference
    variational = resolve(method, INFERENCES)
    assert isinstance(variational, Variational)  # or there is no partial_fit
    needed = {
        "early_stopping": (not parameters.early_stopping, "False", parameters.early_stopping),
        "posterior": (
            posterior.name not in ("deterministic", "last_layer"),
            "a distribution over all weights, not a point",
            parameters.posterior,
        ),
        "kl_weight": (
            min(variational.kl_weights()) > 0,
            "positive: at 0 the prior, which is all that is known of earlier rows, has no say",
            variational.kl_weight,
        ),
    }
    for name, (is_met, allowed, given) in needed.items():
        if not is_met:
            raise ValueError(
                f"{name} must be {allowed}, for partial_fit. Got {name}={given!r} instead."
            )


def _methods(
    parameters: FitParameters, facts: TableFacts, *, prefer_variational: bool
) -> tuple[Sampler | None, Variational]:
    """The sampler, if there is one, and the variational fit that it starts from."""
    method = parameters.inference
    if is_auto(method):
        # What asks for a variational posterior gets one.
        posterior: PosteriorFamily = resolve(parameters.posterior, POSTERIORS)
        is_variational = (
            prefer_variational
            or parameters.early_stopping
            or posterior.name != "mean_field"
            or not automatic.is_sampled(facts)
        )
        budget = float(parameters.budget)
        n_draws = int(parameters.n_posterior_samples)
        method = (
            automatic.variational(facts)
            if is_variational
            else automatic.sampler(facts, budget, n_draws)
        )
    method = resolve(method, INFERENCES)
    if isinstance(method, Sampler):
        start = method.starting_fit()
        start._validate_params()
        return method, start
    assert isinstance(method, Variational)
    return None, method


def _check_callbacks(variational: Variational) -> None:
    for callback in variational.callbacks or ():
        if not callable(callback):
            raise ValueError(
                "callbacks must be a list of callables that take a TrainingStatus, or None. "
                f"Got {callback!r} among them instead."
            )


def _check_early_stopping(parameters: FitParameters, sampler: Sampler | None) -> None:
    """Chains sample the posterior of all rows, and it is not reached by stopping early."""
    if parameters.early_stopping and sampler is not None:
        raise ValueError(
            "early_stopping must be False with inference='mclmc' or 'hmc'. "
            f"Got early_stopping={parameters.early_stopping!r} and "
            f"inference={parameters.inference!r} instead."
        )


def _instead_of_dense_table(facts: TableFacts) -> str | None:
    """What X is; None of a dense table."""
    if not facts.is_table:
        return "X of more than two dimensions"
    return "sparse X" if facts.is_sparse else None


def _check_bins(parameters: FitParameters, facts: TableFacts) -> None:
    """Bins are those of the columns of a dense table."""
    n_bins, rows = parameters.n_bins, _instead_of_dense_table(facts)
    if is_auto(n_bins) or n_bins == 1 or rows is None:
        return
    raise ValueError(f"n_bins must be 1 or 'auto' with {rows}. Got n_bins={n_bins!r} instead.")


def _check_components(parameters: FitParameters, facts: TableFacts) -> None:
    """Components are those of the columns of a dense table."""
    rows = _instead_of_dense_table(facts)
    if rows is None:
        if facts.n_numeric:
            return
        rows = "X without numeric columns"
    raise ValueError(
        f"principal_components must be False or 'auto' with {rows}. "
        f"Got principal_components={parameters.principal_components!r} instead."
    )


def _check_n_members(
    parameters: FitParameters, variational: Variational, sampler: Sampler | None
) -> int:
    """Number of variational posteriors, each of which (or each chain) needs a draw that is kept."""
    n_members = variational.n_members
    if n_members == "auto":
        n_members = _AUTO_N_MEMBERS if sampler is None else sampler.n_chains
    name, least = ("n_members", n_members) if sampler is None else ("n_chains", sampler.n_chains)
    if parameters.n_posterior_samples < int(least):
        raise ValueError(
            f"n_posterior_samples must be at least {name}, so that each is heard. "
            f"Got n_posterior_samples={parameters.n_posterior_samples!r} and "
            f"{name}={least!r} instead."
        )
    return int(n_members)


def _training_options(
    parameters: FitParameters,
    facts: TableFacts,
    variational: Variational,
    sampler: Sampler | None,
    network: NetworkFamily,
) -> TrainingOptions:
    batch_size, max_iter = parameters.batch_size, parameters.max_iter
    if is_auto(batch_size):
        batch_size = automatic.batch_size(facts)
    if is_auto(max_iter):
        budget = float(parameters.budget)
        max_iter = automatic.max_iter(facts, budget, is_start=sampler is not None)
    n_iter_no_change = parameters.n_iter_no_change
    if is_auto(n_iter_no_change):
        n_iter_no_change = automatic.n_iter_no_change(facts, int(max_iter))
    learning_rate = parameters.learning_rate_init
    if is_auto(learning_rate):
        learning_rate = automatic.learning_rate(network.widest_layer)
    kl_warmup = variational.kl_warmup
    if is_auto(kl_warmup):
        kl_warmup = automatic.kl_warmup(facts)
    max_grad_norm = variational.max_grad_norm
    return TrainingOptions(
        max_iter=int(max_iter),
        batch_size=int(batch_size),
        n_draws=int(variational.n_draws),
        learning_rate=float(learning_rate),
        kl_weight=max(variational.kl_weights()),
        kl_warmup=float(kl_warmup),
        tol=float(parameters.tol),
        n_iter_no_change=int(n_iter_no_change),
        shuffle=bool(parameters.shuffle),
        max_grad_norm=None if max_grad_norm is None else float(max_grad_norm),
        balances_means=sampler is not None,
    )


def _check_prior_sigma(prior_sigma: Any, prior: PriorFamily) -> float | tuple[float, ...] | None:
    """One sigma, or one for each layer; None where scales are learned."""
    if isinstance(prior_sigma, str):
        if not prior.learns_scales:
            raise ValueError(
                f"prior_sigma={prior_sigma!r} learns the scales of a normal prior. With "
                f"prior={prior.name!r}, prior_sigma must be a positive number or one for each "
                "layer."
            )
        return None
    try:
        sigmas = np.asarray(prior_sigma, dtype=np.float64)
    except (TypeError, ValueError):
        sigmas = np.array([np.nan])
    if sigmas.ndim > 1 or not np.all(np.isfinite(sigmas) & (sigmas > 0)):
        raise ValueError(
            "prior_sigma must be 'auto', a positive number or a sequence of positive numbers. "
            f"Got {prior_sigma!r} instead."
        )
    return float(sigmas) if sigmas.ndim == 0 else tuple(sigmas.tolist())
