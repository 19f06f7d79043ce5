"""One of two processes that infer together; the first one infers alone as well.

Saves what both ways found to the file that is named on the command line.
"""

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
import torch.distributed as dist

from skbayes.inference import (
    MCLMC,
    SAMPLERS,
    Sampler,
    StoredDraws,
    TrainingOptions,
    fit_variational,
    initial_posterior,
    sample_posterior,
)
from skbayes.inference.cold_chains import choose_chain_weight
from skbayes.inference.divergence_weight import compare_divergence_weights, rows_in_folds
from skbayes.inference.health import fit_of_chains
from skbayes.inference.posteriors import MeanField
from skbayes.inference.sampling import diagnose
from skbayes.inference.short_chains import in_folds, score_short_chains
from skbayes.model import (
    BayesianModel,
    Data,
    Likelihood,
    NormalLikelihood,
    Peers,
    Perceptron,
    fan_in_prior,
)
from skbayes.model.likelihoods.heteroscedastic import HeteroscedasticLikelihood

DOUBLE = torch.float64
N_ROWS = 60
OPTIONS = TrainingOptions(
    max_iter=60,
    batch_size=N_ROWS,
    n_draws=2,
    learning_rate=0.02,
    kl_weight=1.0,
    kl_warmup=0.1,
    tol=0.0,
    n_iter_no_change=1000,
    max_grad_norm=0.3,
)
CHAINS = MCLMC(n_warmup=20, n_samples=6, thin=5)


def make_problem(likelihood: Likelihood) -> tuple[BayesianModel, Data]:
    generator = torch.Generator().manual_seed(0)
    network = Perceptron(2, (6,), likelihood.n_outputs, "tanh")
    model = BayesianModel(network, likelihood, fan_in_prior(network.fan_in(), 1.0))
    inputs = torch.randn(N_ROWS, 2, dtype=DOUBLE, generator=generator)
    weights = torch.rand(N_ROWS, dtype=DOUBLE, generator=generator) + 0.5
    return model, Data(inputs, inputs.sum(1, keepdim=True).sin(), weights)


def train(model: BayesianModel, data: Data, options: TrainingOptions) -> dict[str, object]:
    generator = torch.Generator().manual_seed(1)
    start = initial_posterior(model, 2, generator)
    result = fit_variational(model, data, start, options, generator)
    return {"state": result.posterior.state(), "bounds": result.bounds}


def sample(model: BayesianModel, data: Data, sampler: Sampler) -> dict[str, object]:
    generator = torch.Generator().manual_seed(1)
    start = initial_posterior(model, 3, generator).mean.clone()
    result = sample_posterior(model, data, start, torch.full_like(start, 0.1), sampler, generator)
    diagnostics = diagnose(result, model, data, generator)
    return {
        "draws": result.posterior.draws,
        "fit": fit_of_chains(StoredDraws(result.posterior.draws), model, data, generator),
        "change": diagnostics.prediction_change,
    }


def choose(model: BayesianModel, data: Data) -> dict[str, object]:
    generator = torch.Generator().manual_seed(1)
    weights = (1.0, 0.1)
    chosen = compare_divergence_weights(model, data, weights, MeanField(), OPTIONS, generator)
    return {"weight": chosen.weight, "loss": chosen.loss}


def choose_for_chains(model: BayesianModel, data: Data) -> dict[str, object]:
    generator = torch.Generator().manual_seed(1)
    options = replace(OPTIONS, kl_weight=0.1)
    auto = replace(CHAINS, kl_weight="auto")
    chosen = choose_chain_weight(model, data, auto, MeanField(), options, generator)
    return {"chain weight": chosen, "next": torch.rand(3, generator=generator)}


def score_in_folds(model: BayesianModel, data: Data) -> dict[str, object]:
    generator = torch.Generator().manual_seed(1)
    folds = rows_in_folds(data.n_rows_in_all, generator)
    (scores,) = score_short_chains(
        model, data, folds, [in_folds(CHAINS)], MeanField(), OPTIONS, generator
    )
    return scores._asdict()


def round_robin(n_each: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of two parts that take `n_each` successive rows in turn."""
    turn = torch.arange(N_ROWS) // n_each % 2
    return torch.nonzero(turn == 0).squeeze(1), torch.nonzero(turn == 1).squeeze(1)


def main(file: str) -> None:
    dist.init_process_group("gloo")
    peers = Peers()
    model, data = make_problem(NormalLikelihood())
    noisy_model, _ = make_problem(HeteroscedasticLikelihood())
    unequal = torch.arange(N_ROWS).split([40, 20])
    minibatches = replace(OPTIONS, batch_size=10, shuffle=False)
    balanced = replace(OPTIONS, balances_means=True)
    hmc = SAMPLERS["hmc"](n_warmup=6, n_samples=4, thin=1)
    cases: dict[str, tuple[tuple[torch.Tensor, ...], Callable[[Data], dict[str, object]]]] = {
        "training": (unequal, lambda part: train(model, part, OPTIONS)),
        "minibatches": (round_robin(5), lambda part: train(model, part, minibatches)),
        "balanced": (unequal, lambda part: train(noisy_model, part, balanced)),
        "mclmc": (unequal, lambda part: sample(model, part, CHAINS)),
        "hmc": (unequal, lambda part: sample(model, part, hmc)),
        "weight": (unequal, lambda part: choose(model, part)),
        "chain weight": (unequal, lambda part: choose_for_chains(model, part)),
        "folds": (unequal, lambda part: score_in_folds(model, part)),
        "batch": (
            unequal,
            lambda part: {"rows": part.batch_in_all(torch.tensor([50, 3, 41, 3])).dense_inputs},
        ),
    }
    found = {}
    with torch.no_grad():
        for case, (parts, run) in cases.items():
            part = replace(data.batch(parts[peers.rank]), peers=peers)
            found |= {f"{case} together {name}": x for name, x in run(part).items()}
        if peers.rank == 0:
            for case, (_, run) in cases.items():
                found |= {f"{case} alone {name}": x for name, x in run(data).items()}
    dist.destroy_process_group()
    np.savez(f"{file}{peers.rank}.npz", **found)


if __name__ == "__main__":
    main(sys.argv[1])
