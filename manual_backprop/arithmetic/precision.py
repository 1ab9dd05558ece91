"""The one place that touches flint's settings, which are globals of the whole process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import flint

TERMS = 10
"""Terms that flint keeps of a power series: its default. Of fewer it would say that they are 0."""

_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """flint computes with so many bits and ten terms inside, and as before afterwards.

    Threads of ours take turns, since the settings are global. A thread that uses flint directly
    meanwhile would see ours; the others are restored when we are done, errors or not.

    >>> import flint
    >>> before = flint.ctx.prec
    >>> with precision(200):
    ...     flint.ctx.prec
    200
    >>> flint.ctx.prec == before
    True
    """
    with _ONE_AT_A_TIME:
        before = flint.ctx.prec, flint.ctx.cap
        flint.ctx.prec, flint.ctx.cap = bits, TERMS
        try:
            yield
        finally:
            flint.ctx.prec, flint.ctx.cap = before
