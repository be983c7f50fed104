"""How tests enforce the annotations: each call of the package is held to its types, its arrays to one another.

    python -m pytest -p typechecker --jaxtyping-packages=tfm,typechecker.beartype ...

The types are beartype's business, for which an int is a float, as it is for Python's typing; sizes are compared by
jaxtyping. Its own decorator binds the arguments of each call to their names and has them checked twice, which
takes more time than the models of the tests: here one check of each value stands around the function itself.
"""

import dataclasses
import functools
import inspect
from types import FunctionType
from typing import Any, get_args, get_type_hints

import jaxtyping
from beartype import BeartypeConf
from beartype import beartype as plain_beartype

beartype = plain_beartype(
    conf=BeartypeConf(is_pep484_tower=True, violation_type=jaxtyping.TypeCheckError)  # as jaxtyping raises it
)
_by_jaxtyping = jaxtyping.jaxtyped


def jaxtyped(of=None, *, typechecker=None):
    """Stand in for jaxtyping's decorator of this name, with `beartype` above whatever checker is named."""
    if of is None:
        return functools.partial(jaxtyped, typechecker=typechecker)
    if inspect.isclass(of):
        if dataclasses.is_dataclass(of) and "__init__" in vars(of):
            of.__init__ = jaxtyped(of.__init__, typechecker=typechecker)
        return of
    if isinstance(of, (classmethod, staticmethod)):
        return type(of)(jaxtyped(of.__func__, typechecker=typechecker))
    if isinstance(of, property):
        return property(*(f and jaxtyped(f, typechecker=typechecker) for f in (of.fget, of.fset, of.fdel)))
    lazy = (
        inspect.isgeneratorfunction(of) or inspect.iscoroutinefunction(of) or inspect.isasyncgenfunction(of)
    )
    if lazy or not isinstance(
        of, FunctionType
    ):  # beartype would look at a generator's arguments at its first item
        return _by_jaxtyping(of, typechecker=typechecker)
    return _checked(of)


def _checked(function):
    """Check a function's arguments, call it, and check what it returns, all with the same sizes of axes."""
    hints = {name: _resolved(hint, function) for name, hint in inspect.get_annotations(function).items()}
    if not hints or getattr(function, "__no_type_check__", False):
        return function
    twin = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    functools.update_wrapper(twin, function)
    del twin.__wrapped__
    twin.__kwdefaults__, twin.__annotations__ = function.__kwdefaults__, hints
    checks = beartype(twin)
    if any(map(_has_axes, hints.values())):

        @functools.wraps(function)
        def call(*args, **kwargs):
            if jaxtyping.config.jaxtyping_disable:
                return function(*args, **kwargs)
            with _by_jaxtyping("context"):
                return checks(*args, **kwargs)

    else:

        @functools.wraps(function)
        def call(*args, **kwargs):
            return (function if jaxtyping.config.jaxtyping_disable else checks)(*args, **kwargs)

    return call


def _resolved(hint, function):
    """The annotation that a string stands for; Any where it names what only a type checker imports."""

    def holder(): ...

    holder.__annotations__ = {"hint": hint}
    try:
        return get_type_hints(holder, function.__globals__, include_extras=True)["hint"]
    except Exception:
        return Any


def _has_axes(hint):
    """Whether an array with named axes is somewhere in an annotation."""
    if inspect.isclass(hint) and issubclass(hint, jaxtyping.AbstractArray):
        return True
    return any(map(_has_axes, get_args(hint)))


jaxtyping.jaxtyped = jaxtyped
