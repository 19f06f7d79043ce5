"""Stored draws are thinned evenly and never repeated."""

import torch

from skbayes.inference import StoredDraws

DRAWS = torch.arange(20.0).reshape(2, 10, 1)


def test_draws_are_evenly_spread_and_end_with_the_last() -> None:
    kept = StoredDraws(DRAWS).sample(5, torch.Generator())
    assert kept[0].flatten().tolist() == [1, 3, 5, 7, 9]
    assert kept[1].flatten().tolist() == [11, 13, 15, 17, 19]


def test_no_more_than_there_are() -> None:
    assert torch.equal(StoredDraws(DRAWS).sample(30, torch.Generator()), DRAWS)


def test_moments_are_those_of_the_draws() -> None:
    posterior = StoredDraws(DRAWS)
    torch.testing.assert_close(posterior.mean, torch.tensor([[4.5], [14.5]]))
    torch.testing.assert_close(posterior.scale, torch.full((2, 1), 8.25**0.5))
