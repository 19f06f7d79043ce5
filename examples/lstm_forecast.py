"""Forecast a series whose noise changes, with an LSTM made Bayesian.

The network reads the last 30 values and gives the mean and the noise of the next one.

    python examples/lstm_forecast.py
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from torch import nn

from skbayes.metrics import interval_coverage
from skbayes.predictive import PredictiveDistribution
from skbayes.torch import BayesianModule, fit

LENGTH, N_TRAIN = 30, 2000


def series(n_values: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two periods, and a noise of 0.1 and 0.4 in turn: values, and whether they are quiet."""
    time = np.arange(n_values)
    is_quiet = (time // 250) % 2 == 0
    signal = np.sin(2 * np.pi * time / 25) + 0.5 * np.sin(2 * np.pi * time / 60)
    noise = np.where(is_quiet, 0.1, 0.4) * np.random.RandomState(seed).standard_normal(n_values)
    return signal + noise, is_quiet


class Forecaster(nn.Module):
    """An LSTM, and a linear layer from its last state to mean and noise."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(1, width, batch_first=True), nn.Linear(width, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.head(self.lstm(x)[0][:, -1])
        return outputs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    values, is_quiet = series(3000, arguments.seed)
    windows = np.lib.stride_tricks.sliding_window_view(values, LENGTH)[:-1]
    x = torch.tensor(windows.copy(), dtype=torch.float32).unsqueeze(-1)
    y, is_quiet = values[LENGTH:], is_quiet[LENGTH:]
    torch.manual_seed(arguments.seed)
    bayesian = BayesianModule(Forecaster(), likelihood="heteroscedastic")
    fit(
        bayesian,
        (x[:N_TRAIN], torch.tensor(y[:N_TRAIN], dtype=torch.float32)),
        max_iter=arguments.steps,
        learning_rate=0.01,
        kl_weight=0.1,
        random_state=arguments.seed,
    )
    dist = bayesian.eval().predict(x[N_TRAIN:], 100, torch.Generator().manual_seed(0))
    assert isinstance(dist, PredictiveDistribution)
    observed, is_quiet = y[N_TRAIN:], is_quiet[N_TRAIN:]
    lower, upper = dist.interval(0.9).T
    inside = (lower <= observed) & (observed <= upper)
    print(f"One step ahead, {len(observed)} values that were not trained on")
    print(f"root mean square error {np.sqrt(np.mean((dist.mean() - observed) ** 2)):.3f}")
    print(f"90 % intervals cover {100 * interval_coverage(dist, observed, coverage=0.9):.1f} %")
    for name, rows in (("quiet", is_quiet), ("loud", ~is_quiet)):
        width = np.mean(upper[rows] - lower[rows])
        print(f"  {name:5s} cover {100 * inside[rows].mean():5.1f} %   mean width {width:.2f}")


if __name__ == "__main__":
    main()
