"""Models that share a batch train as if each were alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from skbayes.inference import (
    POSTERIORS,
    Progress,
    TrainingOptions,
    fit_independently,
    fit_variational,
    start_of_family,
)
from skbayes.model import BayesianModel, Data, NormalLikelihood, NormalPrior, Perceptron
from skbayes.posteriors import LastLayer, LowRank

DOUBLE = torch.float64
SIGMAS = torch.tensor([0.05, 0.3, 1.0, 3.0, 0.3, 1.0, 0.1, 2.0], dtype=DOUBLE)
OPTIONS = TrainingOptions(
    max_iter=1500,
    batch_size=20,
    n_draws=2,
    learning_rate=0.02,
    kl_weight=1.0,
    kl_warmup=0.1,
    tol=2e-4,
    n_iter_no_change=50,
)


@pytest.fixture(scope="module")
def data() -> Data:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(50, 2, dtype=DOUBLE, generator=generator)
    noise = 0.1 * torch.randn(50, 1, dtype=DOUBLE, generator=generator)
    row_weights = torch.ones(8, 50, dtype=DOUBLE)
    row_weights[4:, :10] = 0.0
    return Data(inputs, inputs.sum(1, keepdim=True).sin() + noise, row_weights)


def _pose(data: Data, index: np.ndarray) -> tuple[BayesianModel, Data]:
    network = Perceptron(2, (4,), 1, "tanh")
    scale = SIGMAS[torch.from_numpy(index)].unsqueeze(1).expand(-1, network.n_weights)
    model = BayesianModel(
        network, NormalLikelihood(), NormalPrior(torch.zeros_like(scale[0]), scale)
    )
    return model, replace(data, row_weights=data.row_weights[torch.from_numpy(index)])


def _start(data: Data, family: str = "mean_field", *, last_layer_only: bool = False):
    generator = torch.Generator().manual_seed(1)
    model, _ = _pose(data, np.arange(8))
    choice = LowRank(2) if family == "low_rank" else POSTERIORS[family]()
    return start_of_family(LastLayer(choice) if last_layer_only else choice, model, 8, generator)


@pytest.mark.parametrize(
    ("family", "last_layer_only", "max_grad_norm"),
    [
        ("mean_field", False, 0.5),
        ("low_rank", False, None),
        ("full", False, None),
        ("deterministic", False, None),
        ("mean_field", True, None),
    ],
)
def test_as_if_each_were_alone(
    data: Data, family: str, last_layer_only: bool, max_grad_norm: float | None
) -> None:
    options = replace(OPTIONS, max_grad_norm=max_grad_norm)
    start = _start(data, family, last_layer_only=last_layer_only)
    with torch.no_grad():
        together = fit_independently(
            lambda index: _pose(data, index), start, options, torch.Generator().manual_seed(2)
        )
        # They are done at different times, and models leave the batch.
        assert len(set(together.n_steps)) > 2
        assert together.is_finite.all()
        for number in (0, 2, 7):
            index = np.array([number])
            model, own = _pose(data, index)
            alone = fit_variational(
                model,
                own,
                start.select(torch.from_numpy(index)),
                options,
                torch.Generator().manual_seed(2),
            )
            assert len(alone.bounds) == together.n_steps[number]
            # Batches of another size are summed in another order.
            torch.testing.assert_close(
                together.posterior.select(torch.from_numpy(index)).state(),
                alone.posterior.state(),
                rtol=1e-5,
                atol=1e-6,
            )


def test_a_model_that_diverges_leaves_the_others_alone(data: Data) -> None:
    options = replace(OPTIONS, max_iter=400)

    def fit(data: Data):
        with torch.no_grad():
            return fit_independently(
                lambda index: _pose(data, index),
                _start(data),
                options,
                torch.Generator().manual_seed(2),
            )

    weights = data.row_weights.clone()
    weights[3, 0] = torch.inf
    spoilt, sound = fit(replace(data, row_weights=weights)), fit(data)
    others = np.arange(8) != 3
    assert spoilt.is_finite.tolist() == others.tolist()
    torch.testing.assert_close(
        spoilt.posterior.mean[torch.from_numpy(others)], sound.posterior.mean[others]
    )
    weights[:, 0] = torch.inf
    with pytest.raises(FloatingPointError, match="learning_rate_init"):
        fit(replace(data, row_weights=weights))


def test_progress(data: Data, capsys: pytest.CaptureFixture[str]) -> None:
    with torch.no_grad():
        fit_independently(
            lambda index: _pose(data, index),
            _start(data),
            replace(OPTIONS, max_iter=200),
            torch.Generator().manual_seed(2),
            Progress(1),
        )
    assert "8 of 8 models trained" in capsys.readouterr().out
