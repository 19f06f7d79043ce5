"""How much the means of noisy rows count: the formula, weights, and what is left alone."""

import numpy as np
import pytest
import torch

from skbayes.likelihoods import Censored, Hurdle
from skbayes.model import TargetUnits
from skbayes.model.likelihoods import LIKELIHOODS
from skbayes.model.likelihoods.balanced_means import balance_means

DOUBLE = torch.float64


def _gradient_and_noise(n_rows: int = 7) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    gradient = torch.randn(3, n_rows, 4, dtype=DOUBLE, generator=generator)
    log_noise = torch.randn(3, n_rows, 2, dtype=DOUBLE, generator=generator)
    return gradient, log_noise, torch.rand(n_rows, dtype=DOUBLE, generator=generator)


@pytest.mark.parametrize("of_models", [False, True])
def test_the_pull_of_a_row_is_its_precision_to_the_power_of_a_half(of_models: bool) -> None:
    gradient, log_noise, weights = _gradient_and_noise()
    weights = torch.stack([weights, weights**2, 1 + weights]) if of_models else weights
    balanced = gradient.clone()
    balance_means(balanced, log_noise, weights)
    # Seitzer et al. 2022, eq. 5, with beta = 0.5: times s^(2 beta), and the same sum of precisions.
    scale = np.exp(log_noise.numpy())
    of_rows = np.broadcast_to(weights.numpy()[..., None], scale.shape)
    factor = scale * (of_rows / scale**2).sum(1, keepdims=True)
    factor /= (of_rows / scale).sum(1, keepdims=True)
    np.testing.assert_allclose(balanced[..., :2], gradient[..., :2].numpy() * factor, rtol=1e-12)
    np.testing.assert_array_equal(balanced[..., 2:], gradient[..., 2:])


def test_the_same_noise_everywhere_changes_nothing() -> None:
    gradient, log_noise, _ = _gradient_and_noise()
    balanced = gradient.clone()
    balance_means(balanced, log_noise[:, :1].expand_as(log_noise), None)
    torch.testing.assert_close(balanced, gradient)


def test_whole_weights_are_copies_of_rows() -> None:
    gradient, log_noise, _ = _gradient_and_noise(3)
    counts = torch.tensor([1, 3, 2])
    weighted, repeated = gradient.clone(), gradient.repeat_interleave(counts, 1)
    balance_means(weighted, log_noise, counts.to(DOUBLE))
    balance_means(repeated, log_noise.repeat_interleave(counts, 1), None)
    torch.testing.assert_close(weighted.repeat_interleave(counts, 1), repeated)


@pytest.mark.parametrize("log_noise", [-11.0, 9.0])  # as far as noise goes
def test_rows_that_weigh_nothing_have_no_gradient(log_noise: float) -> None:
    gradient = torch.zeros(2, 3, 2)
    balance_means(gradient, torch.full((2, 3, 1), log_noise), torch.zeros(3))
    assert not gradient.any()


@pytest.mark.parametrize("name", sorted(LIKELIHOODS))
def test_noise_that_the_outputs_give(name: str) -> None:
    likelihood = LIKELIHOODS[name]().build(1, TargetUnits.standard(1))
    outputs = torch.linspace(-2, 2, 5 * likelihood.n_outputs, dtype=DOUBLE).view(1, 5, -1)
    parameters = torch.zeros(1, likelihood.n_parameters, dtype=DOUBLE)
    given = outputs, torch.full((5, 1), 0.5, dtype=DOUBLE), parameters
    log_noise = likelihood.log_noise(outputs)
    if not likelihood.n_noise_outputs:
        assert log_noise is None
        assert likelihood.gradient(*given, None).log_noise is None
        return
    torch.testing.assert_close(log_noise, outputs[..., 1:] - 1)
    censored = Censored(name, upper=1.0).build(1, TargetUnits.standard(1))
    torch.testing.assert_close(censored.log_noise(outputs), log_noise)
    hurdle = Hurdle(name, at=1.0).build(1, TargetUnits.standard(1))
    with_odds = torch.cat([outputs[..., :1], 7 * outputs[..., :1], outputs[..., 1:]], -1)
    torch.testing.assert_close(hurdle.log_noise(with_odds), log_noise)
    found = hurdle.gradient(with_odds, *given[1:], None).log_noise
    torch.testing.assert_close(found, log_noise)
    # What a gradient says of it is the same, whatever the rows weigh.
    for weights in (None, torch.arange(5, dtype=DOUBLE)):
        for each in (likelihood, censored):
            torch.testing.assert_close(each.gradient(*given, weights).log_noise, log_noise)
