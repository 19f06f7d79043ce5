"""A TransformerEncoder made Bayesian, on sequences of symbols, with a training loop of one's own.

The target is the sum of the numbers that follow a marker, wherever it is in the sequence.

    python examples/transformer_sequences.py
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from torch import nn

from skbayes.metrics import interval_coverage
from skbayes.predictive import PredictiveDistribution
from skbayes.torch import BayesianModule, kl_warmup

MARKER, LENGTH = 10, 12


def sequences(n_rows: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Digits with one marker among them; the two digits after it, added up, with noise."""
    tokens = torch.randint(0, 10, (n_rows, LENGTH), generator=generator)
    place = torch.randint(0, LENGTH - 2, (n_rows, 1), generator=generator)
    total = tokens.gather(1, place + 1) + tokens.gather(1, place + 2)
    noise = torch.randn(n_rows, 1, generator=generator)
    return tokens.scatter(1, place, MARKER), total / 5 + 0.2 * noise


class Encoder(nn.Module):
    """Embedded symbols and places, two layers of attention, a linear layer from the mean."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.symbols, self.places = nn.Embedding(11, width), nn.Embedding(LENGTH, width)
        layer = nn.TransformerEncoderLayer(width, 4, 64, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(width, 1)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        places = torch.arange(tokens.shape[1], device=tokens.device)
        encoded = self.encoder(self.symbols(tokens) + self.places(places))
        outputs: torch.Tensor = self.head(encoded.mean(1))
        return outputs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    generator = torch.Generator().manual_seed(arguments.seed)
    x, y = sequences(4000, generator)
    x_test, y_test = sequences(1000, generator)
    bayesian = BayesianModule(Encoder(), likelihood="normal")
    optimizer = torch.optim.Adam(bayesian.parameters(), lr=0.003)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, arguments.steps)
    for step in range(arguments.steps):
        rows = torch.randint(len(x), (64,), generator=generator)
        terms = bayesian.elbo_terms(
            x[rows],
            y[rows],
            dataset_size=len(x),
            kl_weight=0.1 * kl_warmup(step, arguments.steps // 4),
        )
        optimizer.zero_grad()
        (-terms.elbo).backward()
        optimizer.step()
        schedule.step()
        if step % (arguments.steps // 5) == 0:
            print(
                f"step {step:5d}  log-likelihood {terms.expected_log_likelihood.item():7.3f}  "
                f"divergence {terms.kl_divergence.item():6.2f} nats a row"
            )
    dist = bayesian.eval().predict(x_test, 50, torch.Generator().manual_seed(0))
    assert isinstance(dist, PredictiveDistribution)
    observed = y_test[:, 0].numpy().astype(np.float64)
    error = np.sqrt(np.mean((dist.mean() - observed) ** 2))
    print(f"\nroot mean square error {error:.3f} (noise 0.2, deviation {observed.std():.2f})")
    print(f"90 % intervals cover {100 * interval_coverage(dist, observed, coverage=0.9):.1f} %")


if __name__ == "__main__":
    main()
