"""Scores of rows by short chains that have not seen them."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from skbayes.inference import POSTERIORS, SamplingResult, TrainingOptions, short_chains
from skbayes.inference.divergence_weight import rows_in_folds
from skbayes.inference.sampling import MCLMC
from skbayes.inference.short_chains import (
    HeldOutScores,
    in_folds,
    score_short_chains,
    shortened,
)
from skbayes.model import (
    BayesianModel,
    Data,
    InputColumns,
    MultilayerPerceptron,
    NormalLikelihood,
    weight_prior,
)
from skbayes.model.priors import PRIORS

CHAINS = MCLMC(n_chains=5, n_warmup=60, n_samples=20, thin=2)
# The steps are what they are: or else what ends the fit of all chains depends on all rows.
OPTIONS = TrainingOptions(
    max_iter=60,
    batch_size=40,
    n_draws=2,
    learning_rate=0.02,
    kl_weight=1.0,
    kl_warmup=0.25,
    tol=0.0,
    n_iter_no_change=60,
    max_grad_norm=0.3,
)


def _problem() -> tuple[BayesianModel, Data]:
    rng = np.random.RandomState(0)
    inputs = torch.from_numpy(rng.normal(size=(40, 2)))
    targets = inputs[:, :1] + 0.3 * torch.from_numpy(rng.normal(size=(40, 1)))
    likelihood = NormalLikelihood()
    network = MultilayerPerceptron((4,), "tanh", True).build(InputColumns(2), likelihood.n_outputs)
    prior = weight_prior(network, PRIORS["normal"](), None, inputs)
    row_weights = torch.from_numpy(rng.randint(1, 4, size=40).astype(float))
    return BayesianModel(network, likelihood, prior), Data(inputs, targets, row_weights)


@torch.no_grad()
def _scores(model: BayesianModel, data: Data, folds: list) -> HeldOutScores:
    generator = torch.Generator().manual_seed(1)
    family = POSTERIORS["mean_field"]()
    (scores,) = score_short_chains(model, data, folds, [CHAINS], family, OPTIONS, generator)
    return scores


def test_no_chain_has_seen_the_rows_that_it_scores() -> None:
    model, data = _problem()
    folds = rows_in_folds(40, torch.Generator().manual_seed(0))
    before = _scores(model, data, folds).log_densities.reshape(5, 8)
    targets = data.targets.clone()
    targets[folds[2][0]] += 100.0
    after = _scores(model, replace(data, targets=targets), folds).log_densities.reshape(5, 8)
    np.testing.assert_allclose(after[2, 1:], before[2, 1:], rtol=1e-9)  # in one batch with others
    assert after[2, 0] < before[2, 0] - 10
    for fold in (0, 1, 3, 4):
        assert np.abs(after[fold] - before[fold]).max() > 0.1


def test_every_row_is_scored_once_with_its_weight() -> None:
    model, data = _problem()
    folds = rows_in_folds(40, torch.Generator().manual_seed(0))
    assert sorted(torch.cat(folds).tolist()) == list(range(40))
    scores = _scores(model, data, folds)
    assert data.row_weights is not None
    np.testing.assert_array_equal(scores.weights, data.row_weights[torch.cat(folds)])
    assert scores.loss == pytest.approx((scores.losses @ scores.weights) / scores.weights.sum())


@pytest.mark.parametrize("n_folds", [1, 5])
def test_scores_are_those_of_the_mixture_over_draws(
    monkeypatch: pytest.MonkeyPatch, n_folds: int
) -> None:
    model, data = _problem()
    kept: list[torch.Tensor] = []
    real = short_chains.sample_posterior

    def sample_posterior(*arguments: object) -> SamplingResult:
        result = real(*arguments)
        kept.append(result.posterior.draws)
        return result

    monkeypatch.setattr(short_chains, "sample_posterior", sample_posterior)
    folds = rows_in_folds(40, torch.Generator().manual_seed(0))[:n_folds]
    scores = _scores(model, data, folds)
    expected = []
    for fold, index in enumerate(folds):
        draws = kept[0][fold::n_folds].flatten(0, 1)
        for row in index.split(1):
            densities = [math.exp(model.log_prob(draw[None], data.batch(row))) for draw in draws]
            expected.append(math.log(np.mean(densities)))
    np.testing.assert_allclose(scores.log_densities, expected)


def test_short_chains_are_short() -> None:
    sampler = MCLMC(n_chains=4, n_warmup=400, n_samples=50, thin=16, kl_weight="auto")
    shorter = shortened(sampler, 0.25, 0.03, 3)
    assert (shorter.n_warmup, shorter.thin, shorter.n_chains) == (100, 4, 3)
    assert shorter.kl_weights() == (0.03,)
    assert shortened(MCLMC(n_warmup=1, thin=1), 0.25, 1.0, 4).n_warmup == 1
    assert (in_folds(sampler).n_warmup, in_folds(sampler).thin) == (50, 2)
    assert (in_folds(sampler).n_chains, in_folds(sampler).kl_weights()) == (5, (1.0,))


def _of_densities(log_densities: np.ndarray, weights: np.ndarray) -> HeldOutScores:
    return HeldOutScores(log_densities, np.ones(len(weights)), weights)


def test_better_by_so_many_standard_errors() -> None:
    rng = np.random.RandomState(0)
    gain = rng.normal(size=400)
    gain -= gain.mean()
    error = gain.std() / 20  # of the mean
    once = np.ones(400)
    base = rng.normal(size=400)
    other = _of_densities(base, once)
    for number in (2.0, 3.0):
        more = _of_densities(base + gain + (number + 0.01) * error, once)
        less = _of_densities(base + gain + (number - 0.01) * error, once)
        assert more.is_better(other, number)
        assert not less.is_better(other, number)
        assert not other.is_better(other, number)


def test_a_weight_counts_copies() -> None:
    rng = np.random.RandomState(0)
    weights = rng.randint(1, 4, size=100).astype(float)
    copies = weights.astype(int)
    once = np.ones(copies.sum())
    for shift in np.linspace(0.1, 0.4, 20):
        gain = rng.normal(shift, 1.0, size=100)
        weighted = _of_densities(gain, weights)
        repeated = _of_densities(np.repeat(gain, copies), once)
        assert weighted.is_better(_of_densities(np.zeros(100), weights), 3.0) == repeated.is_better(
            _of_densities(0 * once, once), 3.0
        )


def test_a_density_that_is_not_a_number_is_no_gain() -> None:
    once = np.ones(100)
    worse, failed = _of_densities(0 * once, once), _of_densities(np.nan * once, once)
    assert not failed.is_better(worse, 3.0)
    assert not worse.is_better(failed, 3.0)
