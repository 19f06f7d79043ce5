"""One model, fitted by several processes that read a part of the rows each.

    torchrun --nproc_per_node=2 examples/distributed_fit.py

starts two processes on this machine. On two machines, each with its rows, the same script is
started on both with ``--nnodes=2 --rdzv_backend=c10d --rdzv_endpoint=HOST:29500``.
"""

from __future__ import annotations

import os

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from skbayes import BayesianMLPRegressor
from skbayes.distributed import fit_shard


def main() -> None:
    rank, n_processes = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    X, y = load_diabetes(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

    # Of a large table each process would read its own files.
    X_part, y_part = X_train[rank::n_processes], y_train[rank::n_processes]
    regressor = BayesianMLPRegressor(inference="variational", tol=0.01, random_state=0)
    fit_shard(regressor, X_part, y_part)

    if rank == 0:  # all have the same model now
        lower, upper = regressor.predict_interval(X_test, coverage=0.9).T
        covered = np.mean((lower < y_test) & (y_test < upper))
        print(f"{n_processes} processes, {len(X_part)} of {len(X_train)} rows in this one")
        print(f"R2 of held-out rows {regressor.score(X_test, y_test):.2f}")
        print(f"90 % intervals cover {100 * covered:.0f} % of them")


if __name__ == "__main__":
    main()
