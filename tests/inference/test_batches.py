"""Minibatches: every row in turn, and the factor that makes a part stand for the whole."""

import pytest
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


class _Part:
    """Stands for the processes, as one of three sees them."""

    size = 3
    rows_of_each = (10, 5, 1)

    def __init__(self, rank: int) -> None:
        self.rank = rank

    def sizes(self, n: int) -> tuple[int, ...]:
        assert n == self.rows_of_each[self.rank]
        return self.rows_of_each


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_batch_has_rows_of_every_part_that_stand_for_it(shuffle: bool) -> None:
    drawn = []
    for rank, n_rows in enumerate(_Part.rows_of_each):
        rows = torch.arange(float(n_rows))[:, None]
        generator = torch.Generator().manual_seed(0)
        batches = Batches(Data(rows, rows, peers=_Part(rank)), 4, generator, shuffle=shuffle)
        assert batches.is_stochastic
        batch = next(batches)
        # 4 rows in proportion to 10, 5 and 1 are 2.5, 1.25 and 0.25.
        assert batch.n_rows == (2, 1, 1)[rank]
        assert batches.scale == 4.0
        assert float(batch.row_weights.sum()) * batches.scale == pytest.approx(n_rows)
        drawn.append(float(torch.rand((), generator=generator)))
    assert drawn[0] == drawn[1] == drawn[2]  # all have taken as many random numbers
