"""The weight of the divergence in the fit that chains start from."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from skbayes.inference import POSTERIORS, TrainingOptions
from skbayes.inference.divergence_weight import (
    CANDIDATES,
    WeightScores,
    _folds_and_probes,
    _skewness_in_errors,
    compare_divergence_weights,
    n_models,
    steps_of_choice,
)
from skbayes.model import (
    LIKELIHOODS,
    BayesianModel,
    CategoricalLikelihood,
    Data,
    InputColumns,
    MultilayerPerceptron,
    TargetUnits,
    weight_prior,
)
from skbayes.model.priors import PRIORS

OPTIONS = TrainingOptions(
    max_iter=800,
    batch_size=200,
    n_draws=2,
    learning_rate=0.02,
    kl_weight=1.0,
    kl_warmup=0.25,
    tol=5e-4,
    n_iter_no_change=100,
    max_grad_norm=0.3,
)


def _choose(targets: torch.Tensor, inputs: torch.Tensor, likelihood=None, **options) -> float:
    return _compare(targets, inputs, likelihood, **options).weight


def _compare(targets, inputs, likelihood=None, *, only=None, **options) -> WeightScores:
    likelihood = likelihood or LIKELIHOODS["normal"]().build(1, TargetUnits.standard(1))
    columns = InputColumns(inputs.shape[1])
    network = MultilayerPerceptron((16, 16), "tanh", True).build(columns, likelihood.n_outputs)
    model = BayesianModel(
        network, likelihood, weight_prior(network, PRIORS["normal"](), None, inputs)
    )
    with torch.no_grad():
        return compare_divergence_weights(
            model,
            Data(inputs, targets, options.get("row_weights")),
            options.get("candidates", CANDIDATES),
            POSTERIORS["mean_field"](),
            OPTIONS,
            torch.Generator().manual_seed(0),
            only=only,
        )


def _inputs(n_rows: int) -> torch.Tensor:
    return torch.randn(n_rows, 5, generator=torch.Generator().manual_seed(1))


def _noise(n_rows: int) -> torch.Tensor:
    return torch.randn(n_rows, 1, generator=torch.Generator().manual_seed(2))


def test_noise_alone_wants_the_whole_divergence() -> None:
    assert _choose(_noise(150), _inputs(150)) == 1.0


def test_a_strong_curved_signal_wants_less() -> None:
    inputs = _inputs(600)
    signal = torch.sin(2 * inputs[:, :1]) * inputs[:, 1:2]
    assert _choose(signal + 0.01 * _noise(600), inputs) < 1.0


def test_every_one_of_few_rows_has_a_say() -> None:
    inputs = torch.linspace(-1.7, 1.7, 25)[:, None]
    wave = torch.sin(2.3 * inputs) + 0.1 * _noise(25)
    assert _choose(wave, inputs) < 1.0
    # Folds leave each row out once, whatever does not divide.
    for n_rows in (11, 40, 199):
        folds, probes = _folds_and_probes(n_rows, torch.Generator().manual_seed(0), in_folds=True)
        assert probes is folds
        assert sorted(torch.cat(folds).tolist()) == list(range(n_rows))
        assert n_models(CANDIDATES, n_rows, in_folds=True) == len(CANDIDATES) * len(folds)
    for n_rows, in_folds in ((200, True), (100, False)):
        (fold,), (probe,) = _folds_and_probes(
            n_rows, torch.Generator().manual_seed(0), in_folds=in_folds
        )
        assert len(set(fold.tolist())) == n_rows // 5
        assert sorted(probe.tolist()) == list(range(n_rows))
    assert n_models(CANDIDATES, 39, in_folds=False) == 0


def test_few_rows_and_one_candidate_leave_no_choice() -> None:
    assert _choose(_noise(9), _inputs(9)) == 1.0
    assert _choose(_noise(60), _inputs(60), candidates=(0.7,)) == 0.7


@pytest.mark.parametrize("n_rows", [60, 250])  # in folds, and by a fifth
@pytest.mark.parametrize("only", [(1.0, 0.3), (0.3, 0.1), (0.1,)])
def test_some_weights_are_compared_as_they_would_be_beside_the_others(
    n_rows: int, only: tuple[float, ...]
) -> None:
    inputs = _inputs(n_rows)
    targets = torch.sin(2 * inputs[:, :1]) + 0.3 * _noise(n_rows)
    whole = _compare(targets, inputs)
    beside = dict(zip(whole.weights, whole.losses, strict=True))
    scores = _compare(targets, inputs, only=only)
    assert scores.weights == only
    # The draws that score a fit depend on how many were scored before: some per cent.
    np.testing.assert_allclose(scores.losses, [beside[weight] for weight in only], rtol=0.05)
    if only[0] == 1.0:  # none was
        np.testing.assert_allclose(scores.losses, [beside[weight] for weight in only], rtol=1e-5)


def test_weights_are_copies_of_rows_in_the_choice() -> None:
    chosen = _choose(_noise(150), _inputs(150), row_weights=torch.full((150,), 2.0))
    assert chosen in CANDIDATES


def test_of_classes() -> None:
    inputs = _inputs(200)
    targets = (inputs[:, :1] + 0.5 * _noise(200) > 0).to(inputs)
    assert _choose(targets, inputs, CategoricalLikelihood(np.array(["no", "yes"]))) in CANDIDATES


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_the_loss_of_every_likelihood_is_the_smallest_at_the_truth(name: str) -> None:
    units = TargetUnits.of(np.array([1.0]), np.array([0.5]), standardize=True)
    likelihood = LIKELIHOODS[name]().build(1, units)
    y = np.array([[1.0], [2.0], [4.0]])
    if name == "logit_normal":
        y = y / 5.0
    encoded = likelihood.encode(y)
    np.testing.assert_allclose(likelihood.decode(encoded), y, rtol=1e-12)
    near, far = torch.zeros(2, 4, 3, likelihood.n_outputs, dtype=torch.float64)
    location = np.log(y) if name in ("gamma", "poisson", "negative_binomial") else None
    at = torch.from_numpy(encoded if location is None else location - 1.0)
    near[..., :1], far[..., :1] = at, at + 3.0
    near[..., 1:] = far[..., 1:] = -1.0
    parameters = torch.full((4, likelihood.n_parameters), math.log(0.3), dtype=torch.float64)
    losses = [
        likelihood.predictive_loss(outputs, torch.from_numpy(encoded), parameters)
        for outputs in (near, far)
    ]
    assert losses[0].shape == (3,)
    assert np.all(losses[0] < losses[1])


@pytest.mark.parametrize(
    ("max_iter", "expected"), [(1, 1), (800, 800), (6000, 4000), (20_000, 10_000)]
)
def test_long_fits_are_compared_by_half_of_their_steps(max_iter: int, expected: int) -> None:
    options = replace(OPTIONS, max_iter=max_iter)
    assert steps_of_choice(options) == expected
    assert steps_of_choice(options, 0.5) == max(1, expected // 2)


def test_skewness_is_scipys_in_its_standard_errors() -> None:
    rng = np.random.RandomState(0)
    scores = np.stack([rng.normal(size=300), 1 - rng.gamma(2.0, size=300)], axis=1)
    weights = rng.randint(0, 4, size=300)
    nothing = torch.zeros(300, 1)

    def rows(part: slice) -> Data:
        return Data(nothing[part], nothing[part], torch.from_numpy(weights[part]).float())

    repeated = np.repeat(scores, weights, axis=0)
    parts = (slice(0, 100), slice(100, 300))
    found = _skewness_in_errors([scores[part] for part in parts], [rows(part) for part in parts])
    n_effective = weights.sum() ** 2 / np.square(weights).sum()
    expected = abs(stats.skew(repeated[:, 1])) * np.sqrt(n_effective / 6)
    assert expected > 5
    assert found == pytest.approx(expected, rel=1e-12)
    assert _skewness_in_errors([np.ones((300, 1))], [rows(slice(None))]) == 0.0


def test_skewness_of_normal_scores_is_a_standard_normal_number() -> None:
    rows = Data(torch.zeros(200, 1), torch.zeros(200, 1))
    scores = np.random.RandomState(0).normal(size=(1000, 200, 1))
    sizes = np.array([_skewness_in_errors([one], [rows]) for one in scores])
    # 0.5 % are above 2.8, of a thousand: 5, with a standard deviation of 2.2.
    assert 0 < np.sum(sizes > 2.8) < 14
    # The root mean square of a standard normal is 1, with a standard error of 0.022.
    assert np.sqrt(np.mean(sizes**2)) == pytest.approx(1.0, abs=0.08)
