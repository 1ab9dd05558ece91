"""What an option may be, one message each: for the command line, and for Python alike."""

from __future__ import annotations

from typing import Any

from conformance.errors import Misuse
from manual_backprop.names import nearest
from manual_backprop.oracle.admissible import ORDERS, Order

DTYPES = ("float64", "float32")

MOST_NETWORKS = 100_000
"""In one run; more are judged by several runs, each with a seed of its own."""

MOST_PROCESSES = 64
"""In one run; each loads the frameworks for itself."""

LONGEST = 1e6
"""Seconds that a call may be given at most, eleven days: a `select` takes no more than 2**31 ms."""


def check_whole(option: str, number: Any) -> None:
    """Raise Misuse unless it is a whole number.

    >>> check_whole("--max-depth", 2.5)
    Traceback (most recent call last):
    conformance.errors.Misuse: --max-depth 2.5: a whole number is needed
    """
    if not isinstance(number, int) or isinstance(number, bool):
        raise Misuse(f"{option} {number!r}: a whole number is needed")


def check_size(option: str, size: Any) -> None:
    """Raise Misuse unless it is a whole number above 0."""
    check_whole(option, size)
    if size < 1:
        raise Misuse(f"{option} {size}: at least 1 is needed")


def check_networks(networks: Any) -> None:
    """Raise Misuse unless so many networks can be drawn in one run."""
    check_whole("-n", networks)
    if networks < 1:
        raise Misuse(f"-n {networks}: at least one network has to be drawn")
    if networks > MOST_NETWORKS:
        raise Misuse(
            f"-n {networks}: at most {MOST_NETWORKS} in one run; for more, give several runs "
            "a --seed each"
        )


def check_processes(processes: Any) -> None:
    """Raise Misuse unless so many processes can judge a run; None leaves their number open.

    >>> check_processes(1000)
    Traceback (most recent call last):
    conformance.errors.Misuse: --processes 1000: from 1 to 64 can judge a run
    """
    if processes is None:
        return
    check_whole("--processes", processes)
    if not 1 <= processes <= MOST_PROCESSES:
        raise Misuse(f"--processes {processes}: from 1 to {MOST_PROCESSES} can judge a run")


def check_dtype(dtype: Any) -> None:
    """Raise Misuse for any but float64 and float32, by name."""
    if dtype not in DTYPES:
        raise Misuse(f"--dtype: unknown dtype {dtype!r}: {nearest(dtype, list(DTYPES))}")


def check_timeout(seconds: float) -> None:
    """Raise Misuse unless a call can be given so many seconds.

    >>> check_timeout(1e10)
    Traceback (most recent call last):
    conformance.errors.Misuse: --timeout 1e+10: above 0 seconds are needed, and at most 1,000,000
    """
    if not 0 < seconds <= LONGEST:
        raise Misuse(
            f"--timeout {seconds:g}: above 0 seconds are needed, and at most {LONGEST:,.0f}"
        )


def known_order(order: Any) -> Order:
    """The order of that name.

    Raises:
        Misuse: if there is none.
    """
    for each in ORDERS:
        if order == each:
            return each
    raise Misuse(f"--order: unknown order {order!r}: {nearest(order, list(ORDERS))}")
