"""The phases of inference, and what a step of each costs."""

from __future__ import annotations

from collections.abc import Sequence

from skbayes.inference import divergence_weight, independent, trainer
from skbayes.inference.plan import Plan
from skbayes.inference.progress import Phase
from skbayes.inference.sampling import Sampler
from skbayes.inference.sampling import sampler as chains
from skbayes.model import BayesianModel, Data


def multiply_adds(model: BayesianModel, data: Data, batch_size: int, n_vectors: int) -> float:
    """Of the forward pass of a step of this process; the same for all processes."""
    n_processes = 1 if data.peers is None else data.peers.size
    n_rows = min(batch_size, data.n_rows_in_all) / n_processes
    return float(n_vectors) * n_rows * model.n_entries


def multiply_adds_of_chains(model: BayesianModel, data: Data, sampler: Sampler) -> float:
    """Of the forward pass of a step of all chains."""
    n_rows = sampler.rows_per_gradient(data.n_rows_in_all)
    return multiply_adds(model, data, n_rows, int(sampler.n_chains))


def phase_of_choice(
    model: BayesianModel,
    data: Data,
    plan: Plan,
    share_of_steps: float = 1.0,
) -> list[Phase]:
    """The choice of a weight of the divergence, if there is one."""
    n_models = divergence_weight.n_models(
        plan.kl_weights, data.n_rows_in_all, in_folds=plan.compares_in_folds
    )
    if not n_models:
        return []
    options = plan.training
    cost = multiply_adds(model, data, options.batch_size, n_models * options.n_draws)
    n_steps = divergence_weight.steps_of_choice(options, share_of_steps)
    return [Phase(independent.PHASE, n_steps, cost)]


def phases_of(model: BayesianModel, data: Data, plan: Plan) -> list[Phase]:
    """What `infer` is going to do, as far as it is known before it begins."""
    return [*phase_of_choice(model, data, plan), *phases_of_fit(model, data, plan)]


def phases_of_short_chains(
    model: BayesianModel, data: Data, plan: Plan, samplers: Sequence[Sampler]
) -> list[Phase]:
    """A comparison of chains that start from one fit, some rows being held out."""
    return [
        _training(model, data, plan, int(samplers[0].n_chains)),
        *(_chains(model, data, sampler) for sampler in samplers),
    ]


def phases_of_fit(model: BayesianModel, data: Data, plan: Plan) -> list[Phase]:
    """The variational fit, and chains if there are any."""
    phases = [_training(model, data, plan, plan.n_members)]
    if plan.sampler is not None:
        phases.append(_chains(model, data, plan.sampler))
    return phases


def _training(model: BayesianModel, data: Data, plan: Plan, n_members: int) -> Phase:
    options = plan.training
    cost = multiply_adds(model, data, options.batch_size, n_members * options.n_draws)
    return Phase(trainer.PHASE, options.max_iter, cost)


def _chains(model: BayesianModel, data: Data, sampler: Sampler) -> Phase:
    n_steps = int(sampler.n_warmup) + int(sampler.n_samples) * int(sampler.thin)
    return Phase(chains.PHASE, n_steps, multiply_adds_of_chains(model, data, sampler))
