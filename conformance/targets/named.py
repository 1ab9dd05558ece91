"""From what a user writes as TARGET to what is judged: a function's place, or a backend's name."""

from __future__ import annotations

from dataclasses import replace

from conformance import backends
from conformance.backends import Backend, NotInstalled
from conformance.errors import Misuse
from conformance.render.console import harmless
from conformance.targets.function import TIMEOUT, function
from conformance.targets.program import program
from manual_backprop.oracle.admissible import Order

FORMS = "file.py:function, package.module:function or a backend's name is expected"


def target_named(text: str, timeout: float = TIMEOUT, order: Order | None = None) -> Backend:
    """The target that `path/to/file.py:function`, `package.module:function` or a name stands for.

    Args:
        text: what the user wrote.
        timeout: seconds that a call of a function may take.
        order: the class that it is judged by; a backend's own, or "reverse", if None.
    Raises:
        Misuse: if there is no such thing; the message says what fits.

    >>> target_named("student.py")
    Traceback (most recent call last):
    conformance.errors.Misuse: TARGET student.py: which function of it? student.py:backprop, say
    """
    if text.endswith(".py"):
        raise Misuse(f"TARGET {text}: which function of it? {text}:backprop, say")
    if ":" in text:
        return function(text, timeout, order or "reverse")
    if fault := backends.unknown(text):
        raise Misuse(f"TARGET {text}: {fault}; {FORMS}")
    try:
        target = backends.load(text)
    except Exception as error:  # a framework that is broken may raise anything
        raise Misuse(f"TARGET {text}: {why_not(error)}") from error
    return target if order is None else replace(target, order=order)


def target_or_program(
    target: str | None,
    command: str | None,
    timeout: float = TIMEOUT,
    order: Order | None = None,
) -> Backend:
    """What TARGET stands for, or what the command of --exec starts.

    Args:
        target: as `target_named` takes it; None if there is a command.
        command: of a program that speaks the protocol; None if there is a target.
        timeout: seconds that a call may take.
        order: the class that it is judged by; the target's own if None.
    Returns:
        The target, running; its arguments say how a replay judges it alike.
    Raises:
        Misuse: if there are none of the two or both, or what is named cannot be had.

    >>> target_or_program("backprop", None, order="forward").arguments
    ('backprop', '--order', 'forward')
    """
    if (target is None) == (command is None):
        raise Misuse(
            "a TARGET (file.py:function, package.module:function, a backend's name) or "
            '--exec "COMMAND" is needed, and not both'
        )
    if target is not None:
        found = target_named(target, timeout, order)
    else:
        found = program(str(command), timeout)
        found = found if order is None else replace(found, order=order)
    options = [*(("--order", order) if order else ())]
    if timeout != TIMEOUT:
        options += ["--timeout", f"{timeout:g}"]
    return replace(found, arguments=(*(found.arguments or (found.name,)), *options))


def why_not(error: Exception) -> str:
    """Why a backend is not there, from what loading it raised.

    >>> why_not(OSError("libcudart.so: cannot open"))
    'cannot be loaded: OSError: libcudart.so: cannot open'
    """
    if isinstance(error, NotInstalled):
        return str(error)
    return harmless(f"cannot be loaded: {type(error).__name__}: {error}", 300)
