"""Texts that several docstrings share, written once."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import TypeVar

_Documented = TypeVar("_Documented")


def with_texts(**texts: str) -> Callable[[_Documented], _Documented]:
    """Decorator: put each text where the docstring says ``{name}``, at the indentation found there.

    Examples
    --------
    >>> @with_texts(rows="X : array-like of shape (n_samples, n_features)")
    ... def count(X):
    ...     '''Count rows.
    ...
    ...     {rows}
    ...     '''
    >>> "X : array-like" in count.__doc__
    True
    """

    def fill(documented: _Documented) -> _Documented:
        if documented.__doc__ is not None:  # python -OO drops docstrings
            lines = documented.__doc__.splitlines()
            for number, line in enumerate(lines):
                text = texts.get(line.strip()[1:-1]) if line.strip().startswith("{") else None
                if text is not None:
                    indent = line[: len(line) - len(line.lstrip())]
                    lines[number] = textwrap.indent(text.strip(), indent)
            documented.__doc__ = "\n".join(lines)
        return documented

    return fill
