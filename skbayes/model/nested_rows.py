"""Rows that are several tensors each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from skbayes.lazy_torch import Tensor, torch


@dataclass(frozen=True)
class NestedRows:
    """A tuple or a dict of tensors, all with the rows along their first axis.

    A network of several inputs gets them as so many arguments, or by name.

    Attributes
    ----------
    parts : tuple of Tensor or dict of str to Tensor

    Examples
    --------
    >>> import torch
    >>> rows = NestedRows({"image": torch.zeros(4, 3, 8, 8), "age": torch.arange(4)})
    >>> rows.index_select(0, torch.tensor([2])).parts["age"]
    tensor([2])
    """

    parts: tuple[Tensor, ...] | dict[str, Tensor]

    def __len__(self) -> int:
        return len(self.tensors()[0])

    def tensors(self) -> list[Tensor]:
        """The parts, in order."""
        return list(self.parts.values() if isinstance(self.parts, dict) else self.parts)

    def map(self, function: Callable[[Tensor], Tensor]) -> NestedRows:
        """The same structure with `function` of each tensor."""
        return self._of([function(part) for part in self.tensors()])

    def _of(self, tensors: Sequence[Tensor]) -> NestedRows:
        """The same structure with other tensors."""
        if isinstance(self.parts, dict):
            return NestedRows(dict(zip(self.parts, tensors, strict=True)))
        return NestedRows(tuple(tensors))

    def index_select(self, dim: int, index: Tensor) -> NestedRows:
        """Rows at `index`, as `torch.Tensor.index_select` with `dim` 0."""
        if dim != 0:
            raise ValueError(f"dim must be 0: only rows can be selected. Got {dim!r} instead.")
        return self.map(lambda part: part.index_select(0, index))

    def split(self, n_rows: int) -> Iterator[NestedRows]:
        """Blocks of `n_rows` successive rows, as `torch.Tensor.split`."""
        for blocks in zip(*(part.split(n_rows) for part in self.tensors()), strict=True):
            yield self._of(blocks)

    def to(
        self, dtype: torch.dtype | None = None, device: torch.device | str | None = None
    ) -> NestedRows:
        """The same rows elsewhere, those that are floating in another precision."""
        return self.map(
            lambda part: part.to(device=device, dtype=dtype if part.is_floating_point() else None)
        )

    def cpu(self) -> NestedRows:
        """The same rows in the computer's own memory."""
        return self.to(device="cpu")
