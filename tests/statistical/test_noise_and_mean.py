"""Noise that follows the inputs does not explain away what the mean has not fitted yet."""

import numpy as np
import torch

from skbayes.inference import TrainingOptions, fit_variational, initial_posterior
from skbayes.model import PRIORS, BayesianModel, Data, Perceptron, weight_prior
from skbayes.model.likelihoods.heteroscedastic_student_t import HeteroscedasticStudentTLikelihood


def _error_of_the_mean(X: np.ndarray, y: np.ndarray, *, balances_means: bool) -> float:
    """Root mean square on the rows of the fit, in standard deviations of the target."""
    inputs, targets = torch.from_numpy(X).float(), torch.from_numpy(y).float()
    network = Perceptron(X.shape[1], (32, 16), 2, "silu", linear_skip=True)
    prior = weight_prior(network, PRIORS["normal"](), None, inputs, n_noise_outputs=1)
    model = BayesianModel(network, HeteroscedasticStudentTLikelihood(), prior)
    options = TrainingOptions(
        max_iter=1500,
        batch_size=len(X),
        n_draws=2,
        learning_rate=0.02,
        kl_weight=0.3,
        kl_warmup=0.25,
        tol=0.0,
        n_iter_no_change=1500,
        max_grad_norm=0.3,
        balances_means=balances_means,
    )
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        start = initial_posterior(model, 2, generator)
        rows = Data(inputs, targets[:, None])
        posterior = fit_variational(model, rows, start, options, generator).posterior
        outputs = network.forward(posterior.mean[:, : network.n_weights], inputs)
    return float((outputs[..., 0].mean(0) - targets).square().mean().sqrt())


def test_rows_of_large_targets_and_noise_are_not_given_up() -> None:
    # The target grows with the sixth power of a column, and the noise with the target: few rows
    # have nearly all of the variance.
    rng = np.random.RandomState(1)
    U = rng.uniform(size=(240, 3))
    f = 60 * U[:, 0] ** 6 * (1 + 0.2 * U[:, 1]) + 0.3 * U[:, 2]
    noise = 0.006 * (1 + f) * rng.normal(size=len(f))
    X, y = (U - 0.5) * np.sqrt(12), (f + noise - f.mean()) / f.std()
    balanced = _error_of_the_mean(X, y, balances_means=True)
    # The noise has 0.129, the means are off by 0.127, and by 0.740 without the balance.
    assert balanced < 1.5 * np.sqrt(np.mean(noise**2)) / f.std()
    assert balanced < 0.3 * _error_of_the_mean(X, y, balances_means=False)
