"""What processes with a part of the rows each learn statistics of: the same rows in each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.random import sample_without_replacement

from skbayes.lazy_torch import torch
from skbayes.model import Peers
from skbayes.tables.rows import Rows
from skbayes.tables.table import Table

# Quantiles of so many rows are known to half a per cent of the rows; they travel once.
_MOST_ROWS = 50_000
_TEXT_TYPES = (str, bool, int, float, type(None))


def check_same_format(rows: Rows, peers: Peers) -> None:
    """Check that the parts of a table are of one kind.

    Raises
    ------
    ValueError
        Naming what differs, or what cannot be in parts.
    """
    table, targets = rows.table, rows.targets

    def refuse() -> None:
        if table.is_sparse:
            raise ValueError("X must be dense where processes have a part of the rows each.")
        for values in table.categorical:
            _check_sendable("Categories", set(values.tolist()))

    peers.together(refuse)
    peers.agree(
        {
            "the number of numeric columns": table.stored.shape[1],
            "the type of the numbers of X": str(table.stored.dtype),
            "the positions of categorical columns": table.format.categorical,
            "the number of targets": list(targets.shape[1:]),
            "the kind of targets": targets.dtype.kind,
        }
    )


def common_rows(rows: Rows, peers: Peers, most: int = _MOST_ROWS) -> Rows:
    """Rows of all processes, the same in each: all of them, or if they are many a sample.

    Every row is in the sample with the same probability, whatever its weight, which it keeps.

    Parameters
    ----------
    rows : Rows
        Of this process, in a format that all have.
    peers : Peers
    most : int, default=50_000
        Rows of the sample.
    """
    sizes = peers.sizes(len(rows.table))
    first = sum(sizes[: peers.rank])
    if sum(sizes) > most:
        chosen = np.sort(sample_without_replacement(sum(sizes), most, random_state=0))
        is_own = (first <= chosen) & (chosen < first + len(rows.table))
        rows = rows.at(chosen[is_own] - first)
    weights = _gather(rows.explicit_weights, peers)
    table = rows.table
    gathered = Table(
        table.format,
        _gather(table.numeric, peers),
        [_gather_categories(values, peers) for values in table.categorical],
    )
    targets = _gather(rows.targets, peers)
    return Rows(
        gathered, targets, None if np.all(weights == 1) else weights, np.arange(len(gathered))
    )


def common_classes(labels: NDArray[Any], peers: Peers) -> NDArray[Any]:
    """Labels that occur in any process, sorted, in the type that they have here."""
    found = np.unique(labels).tolist()
    peers.together(lambda: _check_sendable("Class labels", found))
    parts = [json.loads(text) for text in peers.gather_text(json.dumps(found))]
    classes = np.unique(np.concatenate([np.array(part) for part in parts]))
    return classes if labels.dtype.kind in "US" else classes.astype(labels.dtype)


def _check_sendable(what: str, values: Iterable[Any]) -> None:
    for value in values:
        if not isinstance(value, _TEXT_TYPES):
            raise ValueError(
                f"{what} must be text, numbers or booleans where processes have a part of the "
                f"rows each: they are sent as text. Got {value!r}."
            )


def _gather(values: NDArray[Any], peers: Peers) -> NDArray[Any]:
    gathered: NDArray[Any] = peers.gather(torch.from_numpy(np.array(values, order="C"))).numpy()
    return gathered


def _gather_categories(values: NDArray[np.object_], peers: Peers) -> NDArray[np.object_]:
    """Categories as JSON, each once, and the numbers of those of the rows."""
    own = list(dict.fromkeys(values.tolist()))
    code_of = {value: code for code, value in enumerate(own)}
    codes = _gather(np.array([code_of[value] for value in values.tolist()], np.int64), peers)
    sizes = peers.sizes(len(values))
    parts = [json.loads(text) for text in peers.gather_text(json.dumps(own))]
    gathered = np.empty(len(codes), dtype=object)
    starts = np.cumsum((0, *sizes))
    for part, start, end in zip(parts, starts[:-1], starts[1:], strict=True):
        gathered[start:end] = [part[code] for code in codes[start:end]]
    return gathered
