"""Every public object says what it takes, what it gives, and shows it."""

import inspect
import re
from typing import Any

import pytest
from public_api import own_methods, public_objects

# Arguments that explain themselves by the class that they belong to.
SILENT = {"self", "cls", "args", "kwargs", "module__params", "params"}
# Tuples and statuses that users read and do not make.
NO_EXAMPLE = {"TrainingStatus", "ELBOTerms", "PredictiveDistribution", "ClassDistribution"}


def _documented(docstring: str, section: str) -> set[str]:
    found = re.search(rf"^{section}\n-+\n(.*?)(?=^\w[^\n]*\n-{{3,}}|\Z)", docstring, re.M | re.S)
    if found is None:
        return set()
    heads = re.findall(r"^(\*{0,2}\w[^:\n]*?)(?: :.*)?$", found.group(1), re.M)
    return {name.strip().lstrip("*") for head in heads for name in head.split(",")}


def _parameters(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters) - SILENT


PUBLIC = dict(public_objects())
METHODS = {
    f"{name}.{method}": function
    for name, thing in PUBLIC.items()
    for method, function in own_methods(thing).items()
}


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
