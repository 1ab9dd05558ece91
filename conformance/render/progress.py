"""How far a run is, on standard error: a bar on a terminal, elsewhere a line every ten seconds."""

from __future__ import annotations

import sys
import time
from typing import Protocol, Self, TextIO

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress

from conformance.render.console import Console

INTERVAL = 10.0
"""Seconds between two lines."""


class Progress(Protocol):
    """What a run tells of itself."""

    def __enter__(self) -> Self:
        """Start to show it."""

    def __exit__(self, *error: object) -> None:
        """Leave the screen as it was."""

    def stage(self, what: str) -> None:
        """Something other than judging goes on: loading, shrinking."""

    def judged(self, networks: int) -> None:
        """So many networks are judged."""


def progress(networks: int, what: str = "networks", stream: TextIO | None = None) -> Progress:
    """A bar if the stream, standard error unless given, is a terminal that has room; else lines.

    Args:
        networks: how many there are to be.
        what: what they are, if not networks.
        stream: where it is shown.
    """
    stream = stream or sys.stderr
    console = Console(file=stream)  # the stream itself: Hypothesis runs with another sys.stderr
    terminal = stream is not None and stream.isatty() and not console.is_dumb_terminal
    fits = terminal and not console.is_narrow
    return Bar(networks, what, console) if fits else Lines(networks, what, console)


class Bar:
    """Rich's bar, gone when the run ends."""

    def __init__(self, networks: int, what: str, console: Console) -> None:
        self.what = what
        self.bar = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
        )
        self.task = self.bar.add_task(what, total=networks)

    def __enter__(self) -> Self:
        """Start to show it."""
        self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the screen as it was."""
        self.bar.stop()

    def stage(self, what: str) -> None:
        """Something other than judging goes on."""
        self.bar.update(self.task, description=what)

    def judged(self, networks: int) -> None:
        """So many networks are judged."""
        self.bar.update(self.task, completed=networks, description=self.what)


class Lines:
    """A plain line now and then, for logs."""

    def __init__(self, networks: int, what: str, console: Console) -> None:
        self.networks, self.what = networks, what
        self.console = console
        self.started = self.said = time.monotonic()

    def __enter__(self) -> Self:
        """Nothing to start."""
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing to leave."""

    def stage(self, what: str) -> None:
        """Something other than judging goes on."""
        self._say(what)

    def judged(self, networks: int) -> None:
        """So many networks are judged."""
        self._say(f"judged {networks:,} of {self.networks:,} {self.what}")

    def _say(self, line: str) -> None:
        now = time.monotonic()
        if now - self.said >= INTERVAL:
            self.said = now
            self.console.print(f"{line} ({now - self.started:.0f} s)", soft_wrap=True)
