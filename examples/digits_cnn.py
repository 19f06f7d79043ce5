"""A convolutional network made Bayesian, and the digits that it is unsure of.

Compares the network trained plainly with the same network with a posterior over all its weights.

    python examples/digits_cnn.py
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from skbayes.metrics import accuracy_versus_uncertainty, calibration_error
from skbayes.predictive import CategoricalMixture, ClassDistribution
from skbayes.torch import BayesianModule, fit

N_STEPS, BATCH_SIZE = 2000, 128


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(512, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def train_plainly(module: nn.Module, x: torch.Tensor, y: torch.Tensor, n_steps: int) -> None:
    optimizer = torch.optim.Adam(module.parameters(), lr=0.002)
    for _ in range(n_steps):
        rows = torch.randint(len(x), (BATCH_SIZE,))
        loss = nn.functional.cross_entropy(module(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def report(name: str, dist: ClassDistribution, y: np.ndarray) -> None:
    log_prob = dist.log_prob(y)
    print(
        f"{name:10s} accuracy {np.mean(dist.mode() == y):.4f}  negative log-likelihood "
        f"{-log_prob.mean():.4f}  calibration error {calibration_error(dist, y):.4f}  "
        f"errors flagged (AvU area) {accuracy_versus_uncertainty(dist, y):.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=N_STEPS)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    X, y = load_digits(return_X_y=True)
    images = torch.tensor(X / 16, dtype=torch.float32).view(-1, 1, 8, 8)
    train, test = train_test_split(
        np.arange(len(y)), test_size=0.3, stratify=y, random_state=arguments.seed
    )
    x_train, y_train = images[train], torch.tensor(y[train])
    torch.manual_seed(arguments.seed)
    plain = network()
    # A posterior about the same initial weights. With the divergence at its full weight independent
    # normals underfit a network that has more weights (38,000) than there are images (1257).
    bayesian = BayesianModule(plain, likelihood="softmax", classes=10)
    train_plainly(plain, x_train, y_train, arguments.steps)
    fit(
        bayesian,
        (x_train, y_train),
        max_iter=arguments.steps,
        batch_size=BATCH_SIZE,
        kl_weight=0.01,
        random_state=arguments.seed,
    )
    logits = plain.eval()(images[test]).detach().double().unsqueeze(0)
    dist = bayesian.eval().predict(images[test], 100, torch.Generator().manual_seed(0))
    assert isinstance(dist, ClassDistribution)
    report("plain", CategoricalMixture(logits, np.arange(10)), y[test])
    report("Bayesian", dist, y[test])

    unsure = np.argsort(-dist.mutual_information())[:5]
    print("\nImages that the posterior disagrees about most:")
    for row in unsure:
        probabilities = dist.probabilities()[row]
        first, second = np.argsort(-probabilities)[:2]
        print(
            f"  a {y[test][row]}: {first} with {100 * probabilities[first]:.0f} %, "
            f"{second} with {100 * probabilities[second]:.0f} %"
        )


if __name__ == "__main__":
    main()
