"""The terminal, as it has to be: pipes that close early, and texts that others wrote."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import IO, Any

from rich.console import Console as RichConsole

NARROWEST = 66
"""Columns that tables get at least: in fewer their numbers would be cut short."""


class Console(RichConsole):
    """Rich's console, which takes texts as they are: brackets and colons are no markup in them.

    A target's name may have both: hw[final].py would lose its brackets, and [/x].py is an error.

    Attributes:
        is_narrow: whether the terminal has fewer columns than `NARROWEST`, and breaks lines.
    """

    def __init__(self, **settings: Any) -> None:
        """Takes what Rich's console does."""
        super().__init__(**({"markup": False, "emoji": False, "highlight": False} | settings))
        self.is_narrow = self.width < NARROWEST
        if self.is_narrow:  # COLUMNS may be anything, 0 too
            self.width = NARROWEST

    def on_broken_pipe(self) -> None:
        """Go on, silently: a reader that has seen enough (`| head`) is no error.

        Rich would end the program there with status 1; the status is to be that of the verdict.
        """
        self.quiet = True
        abandon(self.file)


def print_plainly(text: str, console: Console) -> None:
    """A text as it is: no markup, no colours, no line breaks."""
    console.print(text, soft_wrap=True)


def abandon(stream: IO[str]) -> None:
    """Send what is still to come to nowhere, so that Python's last flush does not fail either."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def escape_unknown_characters() -> None:
    """Write what the terminal's encoding lacks as an escape, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # None, or a test's substitute
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def harmless(text: str, most: int = 1000) -> str:
    r"""A foreign text without control characters, which terminals obey and XML forbids.

    >>> print(harmless(f"a{chr(27)}[31m{chr(0)} b"))
    a\x1b[31m\x00 b
    """
    shown = text if len(text) <= most else f"{text[:most]} … ({len(text) - most} characters more)"
    return "".join(
        each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in shown
    )
