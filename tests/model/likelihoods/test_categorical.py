"""The categorical likelihood, against SciPy, autograd and logistic regression."""

import itertools

import numpy as np
import pytest
import torch
from scipy import linalg, special

from skbayes.model import CategoricalLikelihood
from skbayes.model.likelihoods import Likelihood

DOUBLE = torch.float64
NONE = torch.zeros(3, 0, dtype=DOUBLE)  # a categorical likelihood has no parameters of its own


def _problem(n_classes: int, *, per_model: bool) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Outputs of three models, targets and row weights, with or without a model axis."""
    generator = torch.Generator().manual_seed(0)
    outputs = 2 * torch.randn(3, 5, n_classes - 1, dtype=DOUBLE, generator=generator)
    models = (3,) if per_model else ()
    targets = torch.randint(n_classes, (*models, 5, 1), generator=generator).to(DOUBLE)
    weights = torch.rand(*models, 5, dtype=DOUBLE, generator=generator)
    return outputs, targets, weights


@pytest.mark.parametrize("per_model", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_log_prob_agrees_with_scipy(n_classes: int, per_model: bool) -> None:
    outputs, targets, _ = _problem(n_classes, per_model=per_model)
    likelihood = CategoricalLikelihood(np.arange(n_classes))
    # SciPy's Helmert matrix has orthonormal rows, and the opposite sign.
    logits = 4 * outputs.numpy() @ -linalg.helmert(n_classes) / np.sqrt(2)
    log_probs = special.log_softmax(logits, axis=-1)
    index = targets.long().expand(3, 5, 1).numpy()
    expected = np.take_along_axis(log_probs, index, axis=-1)[..., 0]
    actual = likelihood.log_prob(outputs, targets, NONE)
    torch.testing.assert_close(actual, torch.from_numpy(expected))


@pytest.mark.parametrize("per_model", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_gradient_agrees_with_autograd(n_classes: int, weighted: bool, per_model: bool) -> None:
    outputs, targets, weights = _problem(n_classes, per_model=per_model)
    likelihood = CategoricalLikelihood(np.arange(n_classes))
    row_weights = weights if weighted else None
    expected = Likelihood.gradient(likelihood, outputs, targets, NONE, row_weights)
    actual = likelihood.gradient(outputs, targets, NONE, row_weights)
    torch.testing.assert_close(actual.log_likelihood, expected.log_likelihood)
    torch.testing.assert_close(actual.outputs, expected.outputs)
    assert actual.parameters.shape == (3, 0)


def test_two_classes_are_logistic_regression() -> None:
    outputs = np.linspace(-2, 2, 5)
    likelihood = CategoricalLikelihood(np.array(["no", "yes"]))
    dist = likelihood.predictive(torch.from_numpy(outputs).view(1, 5, 1), NONE)
    np.testing.assert_allclose(dist.probabilities()[:, 1], special.expit(4 * outputs))


def test_the_log_odds_of_any_two_classes_have_the_prior_of_one_output() -> None:
    # With independent outputs of variance 1 the logits have the covariance 4^2 V V'.
    n_classes = 4
    likelihood = CategoricalLikelihood(np.arange(n_classes))
    unit_outputs = torch.eye(n_classes - 1, dtype=DOUBLE)[None]
    dist = likelihood.predictive(unit_outputs, NONE)
    contrasts = dist.log_probabilities().T
    for one, other in itertools.combinations(range(n_classes), 2):
        assert np.sum((contrasts[one] - contrasts[other]) ** 2) == pytest.approx(4**2)


def test_extreme_outputs_stay_finite() -> None:
    likelihood = CategoricalLikelihood(np.arange(3))
    outputs = torch.tensor([[[1e6, -1e6], [-1e6, 1e6]]], dtype=DOUBLE)
    result = likelihood.gradient(outputs, torch.zeros(2, 1, dtype=DOUBLE), NONE[:1], None)
    assert torch.isfinite(result.log_likelihood).all()
    assert torch.isfinite(result.outputs).all()


def test_predictions_carry_the_labels_of_the_user() -> None:
    labels = np.array(["a", "b", "c"])
    outputs, _, _ = _problem(3, per_model=False)
    dist = CategoricalLikelihood(labels).predictive(outputs, NONE)
    assert set(dist.mode()) <= set(labels)
    assert np.array_equal(dist.classes, labels)


def test_training_starts_from_probabilities_that_are_not_sure() -> None:
    # The factor undoes the unit: log odds of the order of 1, whatever an output stands for.
    start = CategoricalLikelihood(np.arange(3)).initial_outputs()
    assert start.bias.tolist() == [0, 0]
    assert start.weight_factor.tolist() == [0.25, 0.25]


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_function_values_of_arrays_are_the_probabilities_of_the_mixture(n_classes: int) -> None:
    outputs, _, _ = _problem(n_classes, per_model=False)
    outputs[0] *= 300.0  # probabilities that round to 0 and 1
    likelihood = CategoricalLikelihood(np.arange(n_classes))
    expected = likelihood.predictive(outputs, NONE).function_values()
    actual = likelihood.function_values(outputs.numpy().copy(), NONE.numpy())
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-300)
