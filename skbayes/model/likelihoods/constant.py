"""Constants of a likelihood, wherever they are computed with."""

from __future__ import annotations

from skbayes.lazy_torch import Tensor, torch


class Constant:
    """A tensor that is wanted on several devices and in several precisions.

    It is copied to each of them once. A copy at every step would cost as much as the arithmetic
    on a CPU; on a GPU the step would wait for it, and could not be part of a graph.

    Parameters
    ----------
    values : Tensor
        On the CPU, in double precision.

    Examples
    --------
    >>> import torch
    >>> one = Constant(torch.ones(1, dtype=torch.float64))
    >>> one.like(torch.zeros(3)), one.like(torch.zeros(3)) is one.like(torch.zeros(3))
    (tensor([1.]), True)
    """

    def __init__(self, values: Tensor) -> None:
        self.values = values
        self._copies: dict[tuple[torch.device, torch.dtype], Tensor] = {}

    def like(self, x: Tensor) -> Tensor:
        """The values, on the device and of the precision of `x`. Not to be changed."""
        place = (x.device, x.dtype)
        copy = self._copies.get(place)
        if copy is None:
            copy = self._copies[place] = self.values.to(x)
        return copy
