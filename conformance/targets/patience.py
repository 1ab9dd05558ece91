"""When a target in a process of its own is called no more: it would cost a minute for each word."""

from __future__ import annotations

from dataclasses import dataclass

FAILURES = 3
"""Calls in a row without an answer, after which no further one is made."""

LOST = 60.0
"""Seconds that calls without an answer may take in all, three of them at least: a loop that ends on
most networks, and not on some, would keep a run for an hour."""


@dataclass(eq=False)
class Patience:
    """Calls without an answer, counted.

    Attributes:
        failures: in a row.
        timeouts: calls that did not end in time, in all.
        lost: seconds that they took.

    >>> patience = Patience()
    >>> for _ in range(3):
    ...     patience.failed()
    >>> patience.end
    'after 3 failures in a row'
    """

    failures: int = 0
    timeouts: int = 0
    lost: float = 0.0

    def answered(self) -> None:
        """One call has an answer."""
        self.failures = 0

    def failed(self, lost: float = 0.0) -> None:
        """One has none; so many seconds were waited for it, if it did not end in time."""
        self.failures += 1
        self.timeouts += lost > 0
        self.lost += lost

    @property
    def end(self) -> str:
        """Why no further call is made; empty as long as one is."""
        if self.failures >= FAILURES:
            return f"after {FAILURES} failures in a row"
        if self.timeouts >= FAILURES and self.lost >= LOST:
            return f"after {self.timeouts} calls without an answer, {self.lost:g} s in all"
        return ""
