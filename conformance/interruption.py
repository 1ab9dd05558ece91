"""Ctrl-C, at a place where it does no harm.

Python raises KeyboardInterrupt between any two instructions, and what it hits inside Hypothesis or
a framework that is loading may lose it, or turn it into an error of its own. So the first Ctrl-C of
a run is only noted, and raised before the next call of a target, once: what a run has to do to end
is done. A second one is raised at once.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from conformance.backends import Backend

Check = Callable[[], None]
"""Raises KeyboardInterrupt if Ctrl-C was pressed, the first time that it is called then."""


@contextmanager
def noted_interrupts() -> Iterator[Check]:
    """Note the first Ctrl-C inside the block; the function that it yields raises it.

    Where Ctrl-C means something else already (it is ignored under nohup), it goes on to.
    """
    pressed = raised = False

    def note(*_: Any) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    def check() -> None:
        nonlocal raised
        if pressed and not raised:
            raised = True
            raise KeyboardInterrupt

    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield check
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def interruptible(target: Backend, check: Check) -> Backend:
    """The same target, with the check before each call."""

    def backprop(*arguments: Any) -> Any:
        check()
        return target.backprop(*arguments)

    return replace(target, backprop=backprop)
