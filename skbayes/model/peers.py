"""The processes that fit one model together, each with rows of its own."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from skbayes.lazy_torch import Tensor, dist, torch

_T = TypeVar("_T")


class Peers:
    """A group of processes of `torch.distributed`, and the one thing they do: add up.

    Every method is to be called by all processes, in the same order, with tensors of the same
    shapes unless it says otherwise. All get the same answer, to the last bit. Nothing is pickled:
    what travels is numbers and texts.

    Parameters
    ----------
    group : torch.distributed.ProcessGroup, default=None
        None for all processes.

    Attributes
    ----------
    rank : int
        Number of this process.
    size : int
        Number of processes.
    """

    def __init__(self, group: dist.ProcessGroup | None = None) -> None:
        self._group = group
        self.rank = dist.get_rank(group)
        self.size = dist.get_world_size(group)
        is_nccl = "nccl" in str(dist.get_backend(group))
        # NCCL carries what is on a GPU alone, gloo what is on the CPU.
        self._device = torch.device("cuda", torch.cuda.current_device()) if is_nccl else "cpu"

    def all_reduce(self, *tensors: Tensor) -> None:
        """Put into each tensor the sum over the processes, in one collective."""
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors]).to(self._device)
        if not len(flat):
            return
        with _answered():
            dist.all_reduce(flat, group=self._group)
        parts = flat.split([tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view(tensor.shape))

    def gather(self, rows: Tensor) -> Tensor:
        """Rows ``[n, ...]`` of all processes one after the other, bit by bit; each has its `n`."""
        sizes = self.sizes(len(rows))
        row_bytes = math.prod(rows.shape[1:]) * rows.element_size()
        flat = torch.zeros(sum(sizes) * row_bytes, dtype=torch.uint8)
        first = sum(sizes[: self.rank]) * row_bytes
        own = rows.detach().cpu().reshape(-1).view(torch.uint8)
        flat[first : first + len(own)] = own
        self.all_reduce(flat)  # the others add zeros
        return flat.view(rows.dtype).view(sum(sizes), *rows.shape[1:]).to(rows.device)

    def sizes(self, n: int) -> tuple[int, ...]:
        """The `n` of each process."""
        numbers = torch.zeros(self.size, dtype=torch.int64)
        numbers[self.rank] = n
        self.all_reduce(numbers)
        return tuple(numbers.tolist())

    def gather_text(self, text: str) -> list[str]:
        """The text of each process, of any length."""
        own = torch.from_numpy(np.frombuffer(text.encode(), np.uint8).copy())
        sizes = self.sizes(len(own))
        letters = self.gather(own).numpy().tobytes()
        ends = [sum(sizes[: rank + 1]) for rank in range(self.size)]
        return [letters[end - n : end].decode() for n, end in zip(sizes, ends, strict=True)]

    def together(self, step: Callable[[], _T]) -> _T:
        """What a step of this process alone returns, unless it fails on any of them.

        Raises
        ------
        ValueError
            In every process, saying which one failed and why; where all failed alike, what
            the step raised.
        """
        value, error = None, None
        try:
            value = step()
        except Exception as raised:
            error = raised
        texts = self.gather_text("" if error is None else f"{error}" or type(error).__name__)
        failed = next((rank for rank, text in enumerate(texts) if text), None)
        if failed is None:
            return value  # type: ignore[return-value]
        if error is not None and len(set(texts)) == 1:
            raise error
        raise ValueError(f"Process {failed} of {self.size} failed: {texts[failed]}") from error

    def agree(self, facts: dict[str, Any]) -> None:
        """Check that numbers, texts and lists are the same in all processes.

        Raises
        ------
        ValueError
            Naming the first thing that differs.
        """
        answers = [json.loads(text) for text in self.gather_text(json.dumps(facts))]
        for name, value in answers[0].items():
            for rank, answer in enumerate(answers):
                if answer.get(name) != value:
                    raise ValueError(
                        f"{name} must be the same in all processes. Process 0 has {value!r}, and "
                        f"process {rank} has {answer.get(name)!r}."
                    )


@contextmanager
def _answered() -> Iterator[None]:
    """Say what it means when a collective fails."""
    try:
        yield
    except RuntimeError as error:
        raise RuntimeError(
            "Another process of the group ended, or did not answer before the timeout of the "
            f"group. What the other one says is the cause; here it is: {error}"
        ) from error
