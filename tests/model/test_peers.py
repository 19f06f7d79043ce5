"""What processes say to one another: here one to itself; two do in the tests of shards."""

import pytest
import torch

from skbayes.model import Peers


def test_tensors_of_several_shapes_are_added_up_at_once(peers: Peers) -> None:
    tensors = [torch.ones(3), torch.arange(6.0).view(2, 3), torch.tensor(2.0)]
    before = [tensor.clone() for tensor in tensors]
    peers.all_reduce(*tensors)
    for tensor, expected in zip(tensors, before, strict=True):
        assert torch.equal(tensor, expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64, torch.uint8])
@pytest.mark.parametrize("shape", [(0,), (0, 3), (2,), (2, 3), (2, 0), (2, 3, 4)])
def test_rows_are_gathered_in_their_type_and_shape(
    peers: Peers, dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    rows = torch.randn(shape, generator=torch.Generator().manual_seed(0)).mul(9).abs().to(dtype)
    gathered = peers.gather(rows)
    assert gathered.dtype == dtype
    assert torch.equal(gathered, rows)


def test_no_bit_is_lost(peers: Peers) -> None:
    rows = torch.tensor([-0.0, float("nan"), float("inf"), 5e-324], dtype=torch.float64)
    assert torch.equal(peers.gather(rows).view(torch.int64), rows.view(torch.int64))


@pytest.mark.parametrize("text", ["", "a", "naïve β"])
def test_texts_are_gathered(peers: Peers, text: str) -> None:
    assert peers.gather_text(text) == [text]


def test_what_fails_everywhere_is_raised_as_it_is(peers: Peers) -> None:
    assert peers.together(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        peers.together(lambda: 1 / 0)


def test_a_failed_collective_says_what_it_means(
    peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise RuntimeError("Connection closed by peer")

    monkeypatch.setattr("skbayes.lazy_torch.dist.all_reduce", fail)
    with pytest.raises(RuntimeError, match=r"Another process .* Connection closed by peer"):
        peers.sizes(1)
