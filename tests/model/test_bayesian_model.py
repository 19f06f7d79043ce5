"""The flat vector of weights and noise parameters, and its log-likelihood."""

import pytest
import torch

from skbayes.model import (
    BayesianModel,
    Data,
    LogLikelihoodEvaluator,
    NormalLikelihood,
    Perceptron,
    fan_in_prior,
)

DOUBLE = torch.float64


def _problem(n_rows: int = 7) -> tuple[BayesianModel, torch.Tensor, Data]:
    generator = torch.Generator().manual_seed(0)
    network = Perceptron(3, (4,), 2, "tanh")
    model = BayesianModel(network, NormalLikelihood(2), fan_in_prior(network.fan_in(), 1.0))
    vectors = torch.randn(5, model.n_entries, dtype=DOUBLE, generator=generator)
    data = Data(
        torch.randn(n_rows, 3, dtype=DOUBLE, generator=generator),
        torch.randn(n_rows, 2, dtype=DOUBLE, generator=generator),
        torch.rand(n_rows, dtype=DOUBLE, generator=generator),
    )
    return model, vectors, data


def test_prior_covers_weights_and_noise() -> None:
    model, _, _ = _problem()
    assert model.prior.loc.shape == (model.n_entries,)
    assert model.n_entries == model.network.n_weights + 2
    assert torch.all(model.prior.loc[:-2] == 0)


@pytest.mark.parametrize("weighted", [False, True])
def test_evaluator_agrees_with_autograd(weighted: bool) -> None:
    model, vectors, data = _problem()
    data = data if weighted else Data(data.inputs, data.targets)
    evaluator = LogLikelihoodEvaluator(model, vectors)
    log_likelihood = evaluator(data)
    attached = vectors.clone().requires_grad_()
    expected = model.log_likelihood(attached, data)
    (gradient,) = torch.autograd.grad(expected.sum(), attached)
    torch.testing.assert_close(log_likelihood, expected.detach())
    torch.testing.assert_close(evaluator.gradient, gradient)


def test_whole_weights_are_copies_of_rows() -> None:
    model, vectors, data = _problem(3)
    counts = torch.tensor([1, 3, 2])
    weighted = Data(data.inputs, data.targets, counts.to(DOUBLE))
    repeated = Data(
        data.inputs.repeat_interleave(counts, 0), data.targets.repeat_interleave(counts, 0)
    )
    assert weighted.total_weight == repeated.total_weight == 6
    torch.testing.assert_close(
        model.log_likelihood(vectors, weighted), model.log_likelihood(vectors, repeated)
    )
