"""The one place that touches flint's working precision, which is a global of the whole process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import flint

_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """flint computes with so many bits inside, and as before afterwards, errors or not.

    Threads of ours take turns, since the setting is global. A thread that uses flint directly
    meanwhile would see our precision; it is restored when we are done.

    >>> import flint
    >>> before = flint.ctx.prec
    >>> with precision(200):
    ...     flint.ctx.prec
    200
    >>> flint.ctx.prec == before
    True
    """
    with _ONE_AT_A_TIME:
        before = flint.ctx.prec
        flint.ctx.prec = bits
        try:
            yield
        finally:
            flint.ctx.prec = before
