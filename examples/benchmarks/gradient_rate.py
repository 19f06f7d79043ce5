"""Gradients of a log posterior beside the matrix products in them alone, on one thread.

Four chains over all rows, single precision, learned prior scales. The products are those that the
forward and the backward pass cannot do without, by `torch.bmm` on tensors of the same shapes; the
share is their part of the time of a gradient. The two take turns; medians.

    python examples/benchmarks/gradient_rate.py
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from results import add_save_option, save

from skbayes.inference.batches import Batches
from skbayes.inference.sampling.log_posterior import LogPosterior
from skbayes.model import (
    LIKELIHOODS,
    BayesianModel,
    Data,
    InputColumns,
    Perceptron,
    TargetUnits,
    weight_prior,
)
from skbayes.priors import Normal

N_CHAINS, N_COLUMNS = 4, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--rounds", type=int, default=100)
    add_save_option(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    saved: list[dict[str, Any]] = []
    print(
        f"{'rows':>7s} {'layers':>9s} {'likelihood':27s} {'ms':>8s} {'products':>9s} {'share':>6s}"
    )
    for n_rows, sizes, likelihood in itertools.product(
        arguments.rows, [(32, 16), (64, 32)], ["normal", "heteroscedastic_student_t"]
    ):
        gradient, products = calls(n_rows, sizes, likelihood)
        times: tuple[list[float], list[float]] = ([], [])
        with torch.no_grad():
            for turn in range(arguments.rounds + 5):
                for call, found in zip((gradient, products), times, strict=True):
                    start = time.perf_counter()
                    call()
                    if turn >= 5:  # the first turns warm up
                        found.append(time.perf_counter() - start)
        whole, least = (1e3 * statistics.median(found) for found in times)
        layers = "-".join(map(str, sizes))
        print(
            f"{n_rows:7d} {layers:>9s} {likelihood:27s} {whole:8.3f} {least:9.3f} "
            f"{least / whole:6.2f}"
        )
        row = {"rows": n_rows, "layers": layers, "likelihood": likelihood}
        saved.append({**row, "ms": whole, "products, ms": least, "share": least / whole})
    save(saved, arguments.save, "gradient_rate")


def calls(
    n_rows: int, hidden: tuple[int, ...], name: str
) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """A gradient, and the products in it."""
    generator = torch.Generator().manual_seed(0)

    def normals(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    likelihood = LIKELIHOODS[name]().build(1, TargetUnits.standard(1))
    network = Perceptron(
        InputColumns(N_COLUMNS), hidden, likelihood.n_outputs, "tanh", linear_skip=True
    )
    prior = weight_prior(network, Normal(grouping="feature"), None, torch.empty(0))
    model = BayesianModel(network, likelihood, prior)
    vectors = 0.1 * normals(N_CHAINS, model.n_entries)
    data = Data(normals(n_rows, N_COLUMNS), normals(n_rows, 1))
    log_posterior = LogPosterior(model, vectors, Batches(data, n_rows, generator))

    sizes = (N_COLUMNS, *hidden, likelihood.n_outputs)
    units = [normals(N_CHAINS, n_rows, size) for size in sizes]
    weights = [normals(N_CHAINS, n_in, n_out) for n_in, n_out in itertools.pairwise(sizes)]
    skip = normals(N_CHAINS, sizes[0], sizes[-1])

    def products() -> None:
        torch.bmm(units[0], skip)
        torch.bmm(units[0].mT, units[-1])
        for layer, weight in enumerate(weights):
            torch.bmm(units[layer], weight)
            torch.bmm(units[layer].mT, units[layer + 1])
            if layer:
                torch.bmm(units[layer + 1], weight.mT)

    return log_posterior, products


if __name__ == "__main__":
    main()
