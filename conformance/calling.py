"""One call of a function under test: what it returned, or what happened instead.

It needs NumPy alone, since it also runs in the process that a user's function has to itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

ARGUMENTS = ("weights", "biases", "activations", "loss", "inputs", "targets")
"""What a function under test is given, by position."""


def misfit(function: Any, name: str) -> str:
    """Why it cannot be called with the six arguments, by position; empty if it can.

    >>> misfit(lambda x, y: x, "mine")
    'mine takes (x, y); it is called by position with six arguments, (weights, biases, \
activations, loss, inputs, targets)'
    """
    if not callable(function):
        return f"{name} is a {type(function).__name__}, no function"
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return ""  # a built-in that does not say
    try:
        signature.bind(*ARGUMENTS)
    except TypeError:
        wanted = f"it is called by position with six arguments, ({', '.join(ARGUMENTS)})"
        return f"{name} takes {signature}; {wanted}"
    return ""


@dataclass(frozen=True)
class Failure:
    """What took the place of a result.

    Attributes:
        kind: "unsupported", "raised", "changed_inputs" or "timed_out", as `Verdict` has them.
        message: what happened, in words.
        final: whether there is no point in another call.
    """

    kind: str
    message: str
    final: bool = False


class Failed(Exception):
    """A call that came to no result: what runs in a process of its own raises it.

    >>> Failed("timed_out", "no answer within 10 s").kind
    'timed_out'
    """

    def __init__(self, kind: str, message: str, final: bool = False) -> None:
        """Takes what a `Failure` has."""
        super().__init__(message)
        self.kind, self.message, self.final = str(kind), message, final


def called(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """What the function returns for these arguments, or a `Failure`.

    Args:
        function: under test.
        arguments: lists of arrays, names, arrays; the function may write to them.

    >>> called(lambda *arguments: 1 / 0, ([], [], [], "huber", None, None))
    Failure(kind='raised', message='ZeroDivisionError: division by zero', final=False)
    """
    untouched = deepcopy(arguments)
    try:
        with np.errstate(all="ignore"):
            result = function(*arguments)
    except Failed as error:
        return Failure(error.kind, error.message, error.final)
    except NotImplementedError as reason:
        return Failure("unsupported", said(reason) or "NotImplementedError, without a reason")
    except SystemExit as error:
        return Failure("raised", f"SystemExit: it called sys.exit({error.code!r})")
    except Exception as error:
        return Failure("raised", f"{type(error).__name__}: {said(error)}".rstrip(" :"))
    changed = changes(arguments, untouched)
    return Failure("changed_inputs", changed) if changed else result


def said(error: BaseException) -> str:
    """The message of an exception, which may be of a class whose own text fails."""
    try:
        return str(error)
    except Exception:
        return "its message cannot be shown"


def changes(arguments: tuple[Any, ...], untouched: tuple[Any, ...]) -> str:
    """Which arguments a call wrote to; empty if none."""
    changed = [
        name
        for name, now, before in zip(ARGUMENTS, arguments, untouched, strict=True)
        if not same(now, before)
    ]
    return f"the call changed its {', '.join(changed)}" if changed else ""


def same(now: Any, before: Any) -> bool:
    """Whether two arguments agree to the bit.

    >>> same([np.zeros(1)], [-np.zeros(1)])
    False
    """
    if type(now) is not type(before):  # objects of other kinds may refuse to be compared
        return False
    if isinstance(before, np.ndarray):
        return (
            bool(now.dtype == before.dtype)
            and now.shape == before.shape
            and now.tobytes() == before.tobytes()
        )
    if isinstance(before, list):
        return len(now) == len(before) and all(map(same, now, before))
    return bool(now == before)


def same_bits(first: Any, second: Any) -> bool:
    """Whether two results agree to the bit."""
    try:
        return all(same(list(b), list(a)) for a, b in zip(first, second, strict=True))
    except Exception:  # objects of any kind, which may refuse to be compared
        return False
