"""The Bernoulli likelihood, against SciPy and autograd."""

import numpy as np
import pytest
import torch
from scipy import special, stats

from skbayes.model import BernoulliLikelihood
from skbayes.model.likelihoods import Likelihood

DOUBLE = torch.float64
NONE = torch.zeros(3, 0, dtype=DOUBLE)  # a Bernoulli likelihood has no parameters of its own


def _problem(n_labels: int, *, per_model: bool) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Outputs of three models, targets and row weights, with or without a model axis."""
    generator = torch.Generator().manual_seed(0)
    outputs = 2 * torch.randn(3, 5, n_labels, dtype=DOUBLE, generator=generator)
    models = (3,) if per_model else ()
    targets = torch.randint(2, (*models, 5, n_labels), generator=generator).to(DOUBLE)
    weights = torch.rand(*models, 5, dtype=DOUBLE, generator=generator)
    return outputs, targets, weights


@pytest.mark.parametrize("per_model", [False, True])
@pytest.mark.parametrize("n_labels", [1, 4])
def test_log_prob_agrees_with_scipy(n_labels: int, per_model: bool) -> None:
    outputs, targets, _ = _problem(n_labels, per_model=per_model)
    expected = stats.bernoulli.logpmf(targets.numpy(), special.expit(4 * outputs.numpy())).sum(-1)
    actual = BernoulliLikelihood(n_labels).log_prob(outputs, targets, NONE)
    torch.testing.assert_close(actual, torch.from_numpy(expected))


@pytest.mark.parametrize("per_model", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_labels", [1, 4])
def test_gradient_agrees_with_autograd(n_labels: int, weighted: bool, per_model: bool) -> None:
    outputs, targets, weights = _problem(n_labels, per_model=per_model)
    likelihood = BernoulliLikelihood(n_labels)
    row_weights = weights if weighted else None
    expected = Likelihood.gradient(likelihood, outputs, targets, NONE, row_weights)
    actual = likelihood.gradient(outputs, targets, NONE, row_weights)
    torch.testing.assert_close(actual.log_likelihood, expected.log_likelihood)
    torch.testing.assert_close(actual.outputs, expected.outputs)
    assert actual.parameters.shape == (3, 0)


def test_extreme_outputs_stay_finite_and_exact() -> None:
    outputs = torch.tensor([[[1e6, -1e6]]], dtype=DOUBLE)
    likelihood = BernoulliLikelihood(2)
    wrong = likelihood.gradient(outputs, torch.tensor([[0.0, 1.0]], dtype=DOUBLE), NONE[:1], None)
    assert float(wrong.log_likelihood) == -8e6
    assert wrong.outputs.tolist() == [[[-4.0, 4.0]]]


def test_predictive_has_a_probability_for_each_label() -> None:
    outputs, _, _ = _problem(4, per_model=False)
    dist = BernoulliLikelihood(4).predictive(outputs, NONE)
    np.testing.assert_allclose(dist.probabilities(), special.expit(4 * outputs.numpy()).mean(0))


@pytest.mark.parametrize("n_labels", [1, 4])
def test_function_values_of_arrays_are_the_probabilities_of_the_mixture(n_labels: int) -> None:
    outputs, _, _ = _problem(n_labels, per_model=False)
    outputs[0] *= 300.0  # probabilities that round to 0 and 1
    likelihood = BernoulliLikelihood(n_labels)
    expected = likelihood.predictive(outputs, NONE).function_values()
    actual = likelihood.function_values(outputs.numpy().copy(), NONE.numpy())
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-300)
