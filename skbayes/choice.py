"""Values of constructor parameters that have parameters of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from sklearn.base import BaseEstimator, clone
from sklearn.utils._param_validation import Interval, StrOptions

__all__ = ["Choice", "Interval", "StrOptions", "allowed", "is_auto", "resolve", "table_of"]


class Choice(BaseEstimator):
    """One of several ways to do something, with the parameters that this way has.

    A string is short for a choice with its default parameters: ``posterior="low_rank"`` for
    ``posterior=LowRank()``. Choices are plain scikit-learn objects: cloned, printed, validated and
    searched (``posterior__rank``) like the estimator that holds them. What a choice does is in
    the same file as the class.

    This is all that `skbayes.model` and `skbayes.inference` know of scikit-learn.

    Attributes
    ----------
    name : str
        The string that is short for it.
    """

    name: ClassVar[str]
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}


_Choice = TypeVar("_Choice", bound=Choice)


def is_auto(value: Any) -> bool:
    """Whether the value of a parameter leaves the choice to a rule."""
    return isinstance(value, str) and value == "auto"


def table_of(*choices: type[_Choice]) -> dict[str, type[_Choice]]:
    """Choices by name: the one place where a new one is entered."""
    return {choice.name: choice for choice in choices}


def allowed(table: Mapping[str, type[Choice]], base: type[Choice]) -> list[Any]:
    """What scikit-learn's parameter validation allows: a name, or an instance of `base`."""
    return [StrOptions(set(table)), base]


def resolve(given: str | _Choice, table: Mapping[str, type[_Choice]]) -> _Choice:
    """The choice that a name is short for, or a copy of the one given, with valid parameters.

    A copy, so that a later `set_params` does not reach a fitted model.

    Raises
    ------
    ValueError
        scikit-learn's `InvalidParameterError`, if a parameter of the choice is invalid.
    """
    choice: _Choice = table[given]() if isinstance(given, str) else clone(given)
    choice._validate_params()
    return choice
