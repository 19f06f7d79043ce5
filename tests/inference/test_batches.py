"""Minibatches: every row in turn, and the factor that makes a part stand for the whole."""

import torch

from skbayes.inference.batches import Batches
from skbayes.model import Data

DATA = Data(torch.arange(10.0)[:, None], torch.arange(10.0)[:, None], torch.ones(10))


def test_one_batch_where_all_rows_fit() -> None:
    batches = Batches(DATA, 10, torch.Generator())
    assert next(batches) is DATA
    assert batches.scale == 1.0
    assert not batches.is_stochastic


def test_an_epoch_holds_no_row_twice_and_the_rest_waits() -> None:
    batches = Batches(DATA, 4, torch.Generator().manual_seed(0))
    assert batches.scale == 2.5
    for _ in range(5):
        epoch = torch.cat([next(batches).inputs, next(batches).inputs]).flatten()
        assert len(epoch.unique()) == 8


def test_every_row_is_seen_equally_often() -> None:
    batches = Batches(DATA, 4, torch.Generator().manual_seed(0))
    seen = torch.cat([next(batches).inputs.flatten() for _ in range(4000)]).long()
    counts = torch.bincount(seen, minlength=10)
    # 2000 epochs: each row is in an epoch with probability 0.8, a standard deviation of 18.
    assert (counts - 1600).abs().max() < 4 * 18


def test_without_shuffling_rows_come_round_and_round() -> None:
    batches = Batches(DATA, 4, torch.Generator(), shuffle=False)
    seen = torch.cat([next(batches).inputs.flatten() for _ in range(5)])
    assert seen.tolist() == [*range(10), *range(10)]
