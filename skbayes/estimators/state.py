"""The variational posterior that a fit ends with, for a later fit to go on from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class VariationalState:
    """Free parameters of the members, and what gives them their meaning.

    Attributes
    ----------
    values : ndarray of shape (n_members, ...)
    layout : dict
        Whatever must be the same for the values to mean the same, by name.
    is_posterior : bool
        Whether they are the posterior itself, not just where chains started.
    """

    values: NDArray[Any]
    layout: dict[str, Any]
    is_posterior: bool

    def check_layout(self, layout: dict[str, Any], caller: str) -> None:
        """Refuse another layout.

        Parameters
        ----------
        layout : dict
        caller : str
            Who goes on from here: the name of a method or parameter.

        Raises
        ------
        ValueError
            Naming the first thing that differs.
        """
        for name, before in self.layout.items():
            if layout[name] != before:
                raise ValueError(
                    f"{caller} goes on from the previous fit, which had {name}={before!r}. "
                    f"Got {name}={layout[name]!r} instead. Keep it, or start anew with fit and "
                    "warm_start=False."
                )
