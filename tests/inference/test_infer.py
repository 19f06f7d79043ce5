"""Inference behind one door, for a network that has no layers at all."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.base import clone

from skbayes.inference import (
    INFERENCES,
    POSTERIORS,
    Earlier,
    Inference,
    NumberReading,
    Plan,
    Sampler,
    TrainingOptions,
    Watch,
    infer,
)
from skbayes.model import (
    GROUPINGS,
    LIKELIHOODS,
    PRIORS,
    BayesianModel,
    CategoricalLikelihood,
    Data,
    InputColumns,
    Likelihood,
    NetworkFamily,
    Peers,
    TargetUnits,
    predictive_mixture,
    weight_prior,
)
from skbayes.model.networks import InitialOutputs, InitialWeights, WeightGroups
from skbayes.posteriors import LowRank, MeanField
from skbayes.priors import Normal
from skbayes.samplers import HMC, MCLMC
from skbayes.variational import Variational

DOUBLE = torch.float64
CHAINS = {"n_chains": 2, "n_warmup": 30, "n_samples": 6, "thin": 1}
OPTIONS = TrainingOptions(
    max_iter=60,
    batch_size=100,
    n_draws=2,
    learning_rate=0.02,
    kl_weight=1.0,
    kl_warmup=0.25,
    tol=5e-4,
    n_iter_no_change=100,
)


class SineWave:
    """``f_j(x) = a_j + b_j sin(omega x + phi)`` of one input: frequency and phase, then a and b.

    It has what the protocol asks for, and nothing else; gradients come from `torch.func`.
    """

    width = 4
    n_points = 0
    input_sources = None
    can_be_recorded = False

    def __init__(self, n_outputs: int) -> None:
        self.n_outputs = n_outputs
        self.n_weights = 2 + 2 * n_outputs

    def _one(self, weights: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        wave = torch.sin(weights[0] * inputs + weights[1])
        offset, height = weights[2:].chunk(2)
        return offset + wave * height

    def forward(self, weights: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        inputs = inputs.expand(len(weights), -1, -1)
        return torch.func.vmap(self._one)(weights, inputs)

    def evaluator(self, weights: torch.Tensor, gradient: torch.Tensor) -> "SineEvaluator":
        return SineEvaluator(self, weights, gradient)

    def fan_in(self) -> torch.Tensor:
        return torch.ones(self.n_weights, dtype=DOUBLE)

    def layer_index(self) -> torch.Tensor:
        return torch.tensor([0, 0] + [1] * 2 * self.n_outputs)

    def groups(self, grouping: str, n_noise_outputs: int = 0) -> WeightGroups:
        if grouping == "layer":
            return WeightGroups(self.layer_index(), {"wave": 1, "output": 1})
        return WeightGroups(torch.zeros(self.n_weights, dtype=torch.int64), {"all": 1})

    def initial_weights(
        self, n_models: int, generator: torch.Generator, outputs: InitialOutputs, like: torch.Tensor
    ) -> InitialWeights:
        weights = torch.randn(n_models, self.n_weights, generator=generator).to(like)
        weights[:, 2 : 2 + self.n_outputs] = outputs.bias.to(like)
        return InitialWeights(weights, torch.zeros(self.n_weights, dtype=torch.bool))


class SineEvaluator:
    def __init__(self, network: SineWave, weights: torch.Tensor, gradient: torch.Tensor) -> None:
        self._network, self._weights, self._gradient = network, weights, gradient

    def forward(
        self, inputs: torch.Tensor, generator: torch.Generator | None = None
    ) -> torch.Tensor:
        outputs, self._pull_back = torch.func.vjp(
            lambda weights: self._network.forward(weights, inputs), self._weights
        )
        return outputs

    def backward(self, output_gradient: torch.Tensor) -> None:
        self._gradient.copy_(self._pull_back(output_gradient)[0])


class SineWaves(NetworkFamily):
    name = "sine"

    def build(self, columns: InputColumns, n_outputs: int) -> SineWave:
        return SineWave(n_outputs)


def _plan(**changes: Any) -> Plan:
    plan = Plan(
        standardize=False,
        readings=(NumberReading(False, 1),),
        network=SineWaves(),
        likelihood=LIKELIHOODS["normal"](),
        prior=Normal(),
        prior_sigma=1.0,
        posterior=MeanField(),
        variational=Variational(),
        sampler=None,
        kl_weights=(1.0,),
        n_members=2,
        training=OPTIONS,
        validation_fraction=None,
        n_posterior_samples=10,
        precision="float64",
        device="cpu",
    )
    return replace(plan, **changes)


def _problem(plan: Plan, likelihood: Likelihood) -> tuple[BayesianModel, Data]:
    generator = torch.Generator().manual_seed(0)
    inputs = 2 * torch.rand(40, 1, dtype=DOUBLE, generator=generator)
    counts = torch.poisson(torch.exp(1 + torch.sin(3 * inputs)), generator=generator) + 1
    is_class = isinstance(likelihood, CategoricalLikelihood)
    targets = (
        (counts > 3).to(DOUBLE) if is_class else torch.from_numpy(likelihood.encode(counts.numpy()))
    )
    network = plan.network.build(InputColumns(1), likelihood.n_outputs)
    prior = weight_prior(network, plan.prior, plan.prior_sigma, targets)
    return BayesianModel(network, likelihood, prior), Data(inputs, targets)


def _infer(plan: Plan, likelihood: Likelihood | None = None, **options: Any) -> Inference:
    units = TargetUnits.standard(1)
    model, data = _problem(plan, likelihood or plan.likelihood.build(1, units))
    inference = infer(model, data, plan, torch.Generator().manual_seed(1), **options)
    assert inference.draws.shape[1] == model.n_entries
    assert inference.draws.isfinite().all()
    mixture = predictive_mixture(model.network, model.likelihood, inference.draws, data.inputs)
    assert np.isfinite(mixture.function_values()).all()
    return inference


@pytest.mark.parametrize("posterior", POSTERIORS)
@pytest.mark.parametrize("grouping", GROUPINGS)
def test_every_posterior_and_grouping(posterior: str, grouping: str) -> None:
    plan = _plan(
        posterior=POSTERIORS[posterior](), prior=Normal(grouping=grouping), prior_sigma=None
    )
    inference = _infer(plan)
    blocks = {"wave", "output"} if grouping == "layer" else {"all"}
    assert inference.prior_sigmas.keys() == blocks
    assert len(inference.draws) == (inference.sound.sum() if posterior == "deterministic" else 10)


@pytest.mark.parametrize("prior", PRIORS)
def test_every_prior(prior: str) -> None:
    assert _infer(_plan(prior=PRIORS[prior](), prior_sigma=(1.0, 2.0))).prior_sigmas is None


@pytest.mark.parametrize("method", INFERENCES)
@pytest.mark.parametrize("likelihood", [*LIKELIHOODS, "categorical"])
def test_every_likelihood_and_method(likelihood: str, method: str) -> None:
    is_class = likelihood == "categorical"
    family = LIKELIHOODS["normal" if is_class else likelihood]()
    if likelihood == "logit_normal":
        family.set_params(upper=100.0)
    sampler = INFERENCES[method]
    plan = _plan(
        likelihood=family,
        sampler=sampler(**CHAINS) if issubclass(sampler, Sampler) else None,
    )
    inference = _infer(plan, CategoricalLikelihood(np.arange(2)) if is_class else None)
    # A chain that is left out leaves the draws that the others have stored.
    n_stored = 10 if method == "variational" else 6 * inference.sound.sum()
    assert len(inference.draws) == min(10, n_stored)
    assert (inference.diagnostics is None) == (method == "variational")


def test_the_wave_is_found() -> None:
    plan = _plan(training=replace(OPTIONS, max_iter=2000), n_posterior_samples=40)
    model, data = _problem(plan, plan.likelihood.build(1, TargetUnits.standard(1)))
    data = replace(data, targets=1 + 2 * torch.sin(data.inputs + 0.5))
    inference = infer(model, data, plan, torch.Generator().manual_seed(1))
    mixture = predictive_mixture(model.network, model.likelihood, inference.draws, data.inputs)
    error = mixture.function_values().mean(axis=0) - data.targets.numpy()
    assert math.sqrt(np.mean(error**2)) < 0.1  # the target's standard deviation is 0.35


def test_an_earlier_state_is_where_training_starts_or_what_the_prior_is() -> None:
    plan = _plan(training=replace(OPTIONS, max_iter=600), posterior=LowRank(2))
    first = _infer(plan)
    state = first.variational.state()
    going_on = _infer(plan, earlier=Earlier(state, is_prior=False))
    assert going_on.training.bounds[0].mean() > first.training.bounds[:50].mean()
    updated = _infer(plan, earlier=Earlier(state, is_prior=True))
    # Seeing the rows once more narrows what was known after the first time.
    assert updated.posterior.scale.mean() < first.posterior.scale.mean()


def test_rows_held_out_score_the_fit() -> None:
    plan = _plan()
    _, held_out = _problem(plan, plan.likelihood.build(1, TargetUnits.standard(1)))
    inference = _infer(plan, held_out=held_out)
    assert len(inference.training.validation_scores) == 2
    assert inference.training.best_validation_score in inference.training.validation_scores


def _interrupt_chains(sampler: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the 50th transition."""
    kernel = sampler.kernel
    calls = []

    def interrupted(self, *arguments):
        made = kernel(self, *arguments)
        transition = made.transition

        def count(step_size):
            calls.append(1)
            if len(calls) == 50:
                raise KeyboardInterrupt
            return transition(step_size)

        made.transition = count
        return made

    monkeypatch.setattr(sampler, "kernel", interrupted)


@pytest.mark.parametrize("sampler", [MCLMC, HMC])
def test_an_interrupt_of_chains_keeps_their_draws(sampler: type, monkeypatch) -> None:
    plan = _plan(sampler=sampler(**{**CHAINS, "n_samples": 200}))
    _interrupt_chains(sampler, monkeypatch)
    inference = _infer(plan)
    assert "19 draws of each chain so far are kept" in inference.interruption
    assert inference.posterior.draws.shape[1] == 19


def test_an_interrupt_of_one_of_several_processes_is_raised(monkeypatch, peers: Peers) -> None:
    plan = _plan(sampler=MCLMC(**{**CHAINS, "n_samples": 200}))
    model, data = _problem(plan, plan.likelihood.build(1, TargetUnits.standard(1)))
    _interrupt_chains(MCLMC, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        infer(model, replace(data, peers=peers), plan, torch.Generator())


def test_an_interrupt_of_training_skips_the_chains() -> None:
    def interrupt(status: Any) -> None:
        if status.step >= 50:
            raise KeyboardInterrupt

    inference = _infer(_plan(sampler=MCLMC(**CHAINS)), watch=Watch(callbacks=(interrupt,)))
    assert inference.interruption == "Training interrupted by user."
    assert inference.diagnostics is None


def test_a_plan_prints_a_line_for_each_decision() -> None:
    text = str(_plan(prior_sigma=None, sampler=clone(MCLMC(n_chains=3))))
    assert "prior_sigma: learned" in text
    assert "sampler: MCLMC(n_chains=3)" in text
    assert "None" not in text.replace("max_grad_norm=None", "")
