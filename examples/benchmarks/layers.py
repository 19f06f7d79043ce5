"""Cost of a training step and of a prediction of a module made Bayesian, beside layer libraries.

The contestants take turns within one process on one thread; medians over the turns. Libraries that
are not installed are left out: `pip install blitz-bayesian-pytorch torch_blue bayesian-torch`.

    python examples/benchmarks/layers.py
    python examples/benchmarks/layers.py --gradients
"""

from __future__ import annotations

import argparse
import copy
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cost import seconds
from results import add_save_option, save
from torch import Tensor, nn

from skbayes.torch import BayesianModule

N_DRAWS, N_PREDICTION_DRAWS, DATASET_SIZE = 4, 100, 10_000
Step = Callable[[], object]


class LastStep(nn.Module):
    """A layer over sequences, and a linear one from its last output."""

    def __init__(self, layer: nn.Module, width: int) -> None:
        super().__init__()
        self.layer, self.head = layer, nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.layer(x)
        outputs: Tensor = self.head((out[0] if isinstance(out, tuple) else out)[..., -1, :])
        return outputs


def mlp() -> tuple[nn.Module, Tensor]:
    return nn.Sequential(nn.Linear(13, 512), nn.ReLU(), nn.Linear(512, 1)), torch.randn(32, 13)


def lenet() -> tuple[nn.Module, Tensor]:
    network = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 1),
    )
    return network, torch.randn(32, 1, 28, 28)


def lstm() -> tuple[nn.Module, Tensor]:
    return LastStep(nn.LSTM(8, 64, batch_first=True), 64), torch.randn(32, 20, 8)


def transformer() -> tuple[nn.Module, Tensor]:
    layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    return LastStep(encoder, 32), torch.randn(32, 16, 32)


NETWORKS = {
    "MLP 13-512-1": mlp,
    "LeNet 28 x 28": lenet,
    "LSTM 64": lstm,
    "Transformer, 2 layers": transformer,
}


def plain(network: nn.Module, x: Tensor, y: Tensor) -> tuple[Step, Step]:
    module = copy.deepcopy(network)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-4)

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.mse_loss(module(x), y).backward()
        optimizer.step()

    return step, lambda: module(x)


def skbayes(network: nn.Module, x: Tensor, y: Tensor) -> tuple[Step, Step]:
    module = BayesianModule(network)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-4)

    def squared_error(outputs: Tensor, y: Tensor) -> Tensor:
        return -(outputs - y).square().sum(-1)

    def step() -> None:
        optimizer.zero_grad()
        bound = module.elbo(
            x, y, dataset_size=DATASET_SIZE, n_draws=N_DRAWS, likelihood=squared_error
        )
        (-bound).backward()
        optimizer.step()

    return step, lambda: module(x, n_draws=N_PREDICTION_DRAWS)


def blitz(network: nn.Module, x: Tensor, y: Tensor) -> tuple[Step, Step]:
    from blitz import modules  # type: ignore[import-not-found,unused-ignore]
    from blitz.utils import variational_estimator  # type: ignore[import-not-found,unused-ignore]

    def convert(layer: nn.Module) -> nn.Module:
        if isinstance(layer, nn.Conv2d):
            made = modules.BayesianConv2d(
                layer.in_channels, layer.out_channels, layer.kernel_size, padding=layer.padding
            )
        elif type(layer) is nn.Linear:
            made = modules.BayesianLinear(layer.in_features, layer.out_features)
        elif isinstance(layer, nn.LSTM):
            made = modules.BayesianLSTM(layer.input_size, layer.hidden_size)
        elif isinstance(layer, nn.TransformerEncoder):
            raise NotImplementedError
        else:
            for name, child in layer.named_children():
                setattr(layer, name, convert(child))
            return layer
        result: nn.Module = made
        return result

    @variational_estimator
    class Estimator(nn.Module):  # type: ignore[misc,unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.body = convert(copy.deepcopy(network))

        def forward(self, x: Tensor) -> Tensor:
            outputs: Tensor = self.body(x)
            return outputs

    module: Any = Estimator()
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-4)
    criterion = nn.MSELoss()

    def step() -> None:
        optimizer.zero_grad()
        loss = module.sample_elbo(
            inputs=x,
            labels=y,
            criterion=criterion,
            sample_nbr=N_DRAWS,
            complexity_cost_weight=1 / DATASET_SIZE,
        )
        loss.backward()
        optimizer.step()

    return step, lambda: [module(x) for _ in range(N_PREDICTION_DRAWS)]


def torch_blue(network: nn.Module, x: Tensor, y: Tensor) -> tuple[Step, Step]:
    from torch_blue import vi  # type: ignore[import-not-found,unused-ignore]
    from torch_blue.vi import distributions  # type: ignore[import-not-found,unused-ignore]

    if any(isinstance(part, nn.LSTM) for part in network.modules()):
        raise NotImplementedError
    if isinstance(network, LastStep):

        class Sequence(vi.VIModule):  # type: ignore[misc,unused-ignore]
            def __init__(self) -> None:
                super().__init__()
                self.layers = nn.ModuleList(
                    [vi.VITransformerEncoderLayer(32, 4, 64, batch_first=True) for _ in range(2)]
                )
                self.head = vi.VILinear(32, 1)

            def forward(self, x: Tensor) -> Tensor:
                for layer in self.layers:
                    x = layer(x)
                outputs: Tensor = self.head(x[..., -1, :])
                return outputs

        module: Any = Sequence()
    else:
        module = copy.deepcopy(network)
        vi.convert_to_vimodule(module)
    criterion = vi.KullbackLeiblerLoss(distributions.MeanFieldNormal(), dataset_size=DATASET_SIZE)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-4)

    def step() -> None:
        optimizer.zero_grad()
        criterion(module(x, samples=N_DRAWS), y).backward()
        optimizer.step()

    return step, lambda: module(x, samples=N_PREDICTION_DRAWS)


def bayesian_torch(network: nn.Module, x: Tensor, y: Tensor) -> tuple[Step, Step]:
    from bayesian_torch.models.dnn_to_bnn import (  # type: ignore[import-not-found,unused-ignore]
        dnn_to_bnn,
        get_kl_loss,
    )

    if any(isinstance(part, nn.TransformerEncoder) for part in network.modules()):
        raise NotImplementedError
    module = copy.deepcopy(network)
    parameters = {
        "prior_mu": 0.0,
        "prior_sigma": 1.0,
        "posterior_mu_init": 0.0,
        "posterior_rho_init": -3.0,
        "type": "Reparameterization",
        "moped_enable": False,
        "moped_delta": 0.5,
    }
    dnn_to_bnn(module, parameters)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-4)

    def draw() -> tuple[Tensor, Tensor]:
        return module(x), get_kl_loss(module)

    def step() -> None:
        optimizer.zero_grad()
        draws = [draw() for _ in range(N_DRAWS)]
        outputs = torch.stack([output for output, _ in draws])
        divergence = torch.stack([kl for _, kl in draws]).mean()
        (nn.functional.mse_loss(outputs.mean(0), y) + divergence / DATASET_SIZE).backward()
        optimizer.step()

    return step, lambda: [module(x) for _ in range(N_PREDICTION_DRAWS)]


CONTESTANTS = {
    "plain": plain,
    "skbayes": skbayes,
    "BLiTZ": blitz,
    "torch_blue": torch_blue,
    "bayesian-torch": bayesian_torch,
}


def contestants(network: nn.Module, x: Tensor, y: Tensor) -> Iterator[tuple[str, Step, Step]]:
    for name, make in CONTESTANTS.items():
        try:
            step, predict = make(network, x, y)
            step()  # what does not run at all is left out
        except (ImportError, NotImplementedError):
            continue
        except Exception as error:
            print(f"  {name}: {type(error).__name__}: {str(error).splitlines()[0][:90]}")
            continue
        yield name, step, predict


def compare_libraries(n_rounds: int, folder: Path | None) -> None:
    rows: list[dict[str, Any]] = []
    for title, make in NETWORKS.items():
        torch.manual_seed(0)
        network, x = make()
        y = torch.randn(len(x), 1)
        entries = list(contestants(network, x, y))
        steps: dict[str, list[float]] = {name: [] for name, _, _ in entries}
        predictions: dict[str, list[float]] = {name: [] for name, _, _ in entries}
        for _ in range(n_rounds):
            for name, step, predict in entries:
                steps[name].append(seconds(step, 10))
                with torch.no_grad():
                    predictions[name].append(seconds(predict, 2))
        print(f"\n{title}: {N_DRAWS} draws a step, {N_PREDICTION_DRAWS} draws a prediction")
        own = statistics.median(steps["skbayes"]), statistics.median(predictions["skbayes"])
        for name in steps:
            step_s, predict_s = (statistics.median(x[name]) for x in (steps, predictions))
            draws = "" if name != "plain" else "  (one pass)"
            milliseconds = {"step, ms": 1e3 * step_s, "prediction, ms": 1e3 * predict_s}
            rows.append({"network": title, "library": name, **milliseconds})
            print(
                f"  {name:15s} step {1e3 * step_s:8.2f} ms ({step_s / own[0]:5.1f})   "
                f"prediction {1e3 * predict_s:8.2f} ms ({predict_s / own[1]:5.1f}){draws}"
            )
    save(rows, folder, "layers")


def compare_gradients(n_rounds: int, folder: Path | None) -> None:
    rows: list[dict[str, Any]] = []
    torch.manual_seed(0)
    network, _ = mlp()
    x = torch.randn(64, 13)
    y = torch.sin(x[:, :1])
    print("variance of the gradient and time of a step, relative to weights; 2 draws")
    results = {}
    for name in ("weights", "flipout", "local_reparameterization"):
        module = BayesianModule(network, likelihood="normal", gradient=name)
        with torch.no_grad():
            module.posterior_state[:, 1].fill_(np.log(0.05))
        gradients: list[Tensor] = []

        def step(module: BayesianModule = module, kept: list[Tensor] = gradients) -> None:
            module.zero_grad()
            module.elbo(x, y, dataset_size=1000).backward()
            assert module.posterior_state.grad is not None
            kept.append(module.posterior_state.grad[0, 0].clone())

        times = [seconds(step, 50) for _ in range(n_rounds)]
        variance = float(torch.stack(gradients).var(0).sum())
        results[name] = variance, statistics.median(times)
    for name, (variance, time_s) in results.items():
        reference = results["weights"]
        print(f"  {name:26s} {variance / reference[0]:6.3f} {time_s / reference[1]:6.2f}")
        relative = {"variance": variance / reference[0], "time": time_s / reference[1]}
        rows.append({"gradient": name, **relative})
    save(rows, folder, "gradients")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--gradients", action="store_true")
    add_save_option(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.gradients:
        compare_gradients(arguments.rounds, arguments.save)
    else:
        compare_libraries(arguments.rounds, arguments.save)


if __name__ == "__main__":
    main()
