"""What is public, found by one walk: for the reference, and for the tests of its docstrings."""

import importlib
import importlib.util
import inspect
from collections.abc import Iterator
from typing import Any

import skbayes
import skbayes.arviz
import skbayes.display
import skbayes.distributed
import skbayes.likelihoods
import skbayes.metrics
import skbayes.posteriors
import skbayes.priors
import skbayes.samplers
import skbayes.torch
import skbayes.variational
from skbayes.choice import Choice

MODULES = [
    skbayes,
    skbayes.arviz,
    skbayes.display,
    skbayes.distributed,
    skbayes.likelihoods,
    skbayes.metrics,
    skbayes.posteriors,
    skbayes.priors,
    skbayes.samplers,
    skbayes.torch,
    skbayes.variational,
]
if importlib.util.find_spec("skpro"):  # its classes derive from those of the extra
    MODULES.append(importlib.import_module("skbayes.skpro"))


def public_objects() -> Iterator[tuple[str, Any]]:
    """Classes and functions that users import, by full name."""
    for module in MODULES:
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                yield f"{module.__name__}.{name}", thing


def own_methods(thing: Any) -> dict[str, Any]:
    """Public methods of a class that are written in this package."""
    # What choices do is for the package alone.
    if not inspect.isclass(thing) or issubclass(thing, Choice):
        return {}
    return {
        name: method
        for name, method in inspect.getmembers(thing, inspect.isroutine)
        if not name.startswith("_")
        and (getattr(method, "__module__", None) or "").startswith("skbayes")
    }
