"""Whether chains sample a cold posterior."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from skbayes.inference import (
    POSTERIORS,
    SamplingResult,
    TrainingOptions,
    sample_posterior,
    short_chains,
)
from skbayes.inference.cold_chains import at_each_weight, choose_chain_weight, is_tried
from skbayes.inference.sampling import MCLMC
from skbayes.model import (
    BayesianModel,
    CategoricalLikelihood,
    Data,
    InputColumns,
    MultilayerPerceptron,
    weight_prior,
)
from skbayes.model.priors import PRIORS

AUTO = MCLMC(n_chains=4, n_warmup=400, n_samples=50, thin=16, kl_weight="auto")
OPTIONS = TrainingOptions(
    max_iter=600,
    batch_size=200,
    n_draws=2,
    learning_rate=0.02,
    kl_weight=0.1,
    kl_warmup=0.25,
    tol=5e-4,
    n_iter_no_change=100,
    max_grad_norm=0.3,
)


def _spirals(share_wrong: float) -> Data:
    """Two arms of one and a half turns, of whose labels a share is drawn anew."""
    rng = np.random.RandomState(0)
    radius = np.sqrt(rng.uniform(0.05, 1, size=600))
    label = rng.randint(2, size=600)
    angle = 3 * np.pi * radius + np.pi * label
    inputs = 2 * radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    is_redrawn = rng.uniform(size=600) < share_wrong
    label[is_redrawn] = rng.randint(2, size=is_redrawn.sum())
    return Data(
        torch.from_numpy(inputs).float(), torch.from_numpy(label[:, None].astype(np.float32))
    )


@torch.no_grad()
def _choose(data: Data) -> float:
    likelihood = CategoricalLikelihood(np.array([0, 1]))
    network = MultilayerPerceptron((20,), "tanh", True).build(InputColumns(2), likelihood.n_outputs)
    prior = weight_prior(network, PRIORS["normal"](), None, data.inputs)
    model = BayesianModel(network, likelihood, prior)
    generator = torch.Generator().manual_seed(0)
    return choose_chain_weight(model, data, AUTO, POSTERIORS["mean_field"](), OPTIONS, generator)


def test_clean_labels_of_an_intricate_shape_are_trusted_more() -> None:
    assert _choose(_spirals(0.0)) == 0.03


def test_labels_that_are_often_wrong_are_not() -> None:
    assert _choose(_spirals(0.3)) == 1.0


def test_a_trial_that_fails_leaves_bayes_rule() -> None:
    data = _spirals(0.0)
    assert _choose(replace(data, inputs=data.inputs * float("nan"))) == 1.0


def test_ctrl_c_in_a_trial_ends_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> SamplingResult:
        return replace(sample_posterior(*arguments), interrupted=True)

    monkeypatch.setattr(short_chains, "sample_posterior", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _choose(_spirals(0.0))


def test_nothing_is_compared_where_it_cannot_tell_or_was_decided() -> None:
    assert is_tried(AUTO, 500, 0.3)
    assert not is_tried(AUTO, 499, 0.3)
    assert not is_tried(AUTO, 500, 1.0)
    assert not is_tried(MCLMC(kl_weight=0.5), 500, 0.15)
    assert MCLMC(kl_weight=0.5).start_weights() == (0.5, 0.15, 0.05)
    assert AUTO.start_weights() == (1.0, 0.3, 0.1)


def test_short_chains_at_each_weight() -> None:
    assert [trial.kl_weights() for trial in at_each_weight(AUTO)] == [(1.0,), (0.03,)]
    assert {trial.n_chains for trial in at_each_weight(replace(AUTO, n_chains=2))} == {4}
