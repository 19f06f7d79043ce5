"""Every public object says what it takes, what it gives, and shows it."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

import skbayes
import skbayes.display
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
    skbayes.display,
    skbayes.likelihoods,
    skbayes.metrics,
    skbayes.posteriors,
    skbayes.priors,
    skbayes.samplers,
    skbayes.torch,
    skbayes.variational,
]
# Arguments that explain themselves by the class that they belong to.
SILENT = {"self", "cls", "args", "kwargs", "module__params", "params"}
# Tuples and statuses that users read and do not make.
NO_EXAMPLE = {"TrainingStatus", "ELBOTerms", "PredictiveDistribution", "ClassDistribution"}


def _public() -> Iterator[tuple[str, Any]]:
    for module in MODULES:
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                yield f"{module.__name__}.{name}", thing


def _methods() -> Iterator[tuple[str, Any]]:
    for name, thing in _public():
        # What choices do is for the package alone.
        if not inspect.isclass(thing) or issubclass(thing, Choice):
            continue
        for method, function in inspect.getmembers(thing, callable):
            is_own = (getattr(function, "__module__", None) or "").startswith("skbayes")
            if is_own and not method.startswith("_") and inspect.isroutine(function):
                yield f"{name}.{method}", function


def _documented(docstring: str, section: str) -> set[str]:
    found = re.search(rf"^{section}\n-+\n(.*?)(?=^\w[^\n]*\n-{{3,}}|\Z)", docstring, re.M | re.S)
    if found is None:
        return set()
    heads = re.findall(r"^(\*{0,2}\w[^:\n]*?)(?: :.*)?$", found.group(1), re.M)
    return {name.strip().lstrip("*") for head in heads for name in head.split(",")}


def _parameters(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters) - SILENT


PUBLIC = dict(_public())
METHODS = dict(_methods())


@pytest.mark.parametrize("name", PUBLIC)
def test_parameters_are_all_documented(name: str) -> None:
    thing = PUBLIC[name]
    docstring = inspect.getdoc(thing)
    assert docstring
    fields = {"ax_", "axes_", "figure_"}
    documented = _documented(docstring, "Parameters") | _documented(docstring, "Attributes")
    if name.rpartition(".")[2] in NO_EXAMPLE:
        return
    assert _parameters(thing) - fields <= documented
    assert ">>>" in docstring


@pytest.mark.parametrize("name", METHODS)
def test_methods_say_what_they_take_and_give(name: str) -> None:
    function = METHODS[name]
    docstring = inspect.getdoc(function)
    assert docstring
    takes = _parameters(function)
    if len(takes) > 1:  # of one the first line may say all
        assert takes <= _documented(docstring, "Parameters")
        annotation = inspect.signature(function).return_annotation
        assert annotation in (None, "None") or "Returns" in docstring
