"""Other processes that judge a share of a run's networks, so that it uses several cores.

They count, and keep nothing: a network on which one of them finds anything wrong is judged again by
the run itself. So every finding, and whatever is shrunk or told of it, is the run's own, and what a
run says does not depend on how many processes it had.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from conformance.architectures import Architecture, pool
from conformance.backends import load
from conformance.drawing import Case
from conformance.judge import Judge
from conformance.report import Report
from conformance.sampling import drawn
from conformance.tally import PASSING_KEPT, Tally

FIRST = 2 * PASSING_KEPT
"""Networks at the beginning that the run judges itself: those that it keeps are among them."""

WORTH_IT = 250
"""Networks for which another process is started: it has to load the frameworks, too."""

MOST = 4
"""Processes that are started unless more are asked for: each takes half a gigabyte or so."""

WAIT = 0.1
"""Seconds between two looks at how far the others are."""

LAST_WORDS = 5.0
"""Seconds that a process has for saying what it counted, once it was told to stop."""


def processes_for(networks: int) -> int:
    """How many processes a run has if nobody says: no more than cores.

    >>> processes_for(100)
    1
    """
    allowed = getattr(os, "sched_getaffinity", None)
    cores = len(allowed(0)) if allowed else os.cpu_count() or 1
    return max(1, min(cores, networks // WORTH_IT, MOST))


@dataclass(frozen=True)
class Share:
    """Which networks of a run one process judges.

    Attributes:
        targets: names of what is judged.
        networks, seed, dtype, repeat_every: of the run.
        place: of the process, from 0, the run's own.
        processes: how many there are.
    """

    targets: Sequence[str]
    networks: int
    seed: int
    dtype: str
    repeat_every: int
    place: int
    processes: int

    def cases(self, architectures: Sequence[Architecture]) -> Iterator[tuple[int, Case, bool]]:
        """The networks of the run, their numbers, and whether they are of this share.

        An architecture is compiled by one process alone, but for the first networks.
        """
        places = {each: place % self.processes for place, each in enumerate(architectures)}
        cases = drawn(architectures, self.networks, self.seed, self.dtype)
        for number, case in enumerate(cases, start=1):
            place = 0 if number <= FIRST else places[case.architecture]
            yield number, case, place == self.place

    def repeats(self, number: int) -> bool:
        """Whether that network is computed twice."""
        return number % self.repeat_every == 0


@dataclass(frozen=True)
class Counted:
    """What a process made of its share.

    Attributes:
        report: verdicts counted, findings none.
        left: numbers of the networks on which something is wrong, which are not counted.
    """

    report: Report
    left: Sequence[int]


class Assistant:
    """A process that judges shares, one after the other.

    Attributes:
        judged: how many networks of its share it has judged.
        counted: what it made of its share; None before the end, or if the process ended.
    """

    def __init__(self, names: Sequence[str], check: Callable[[], None]) -> None:
        """Start it.

        Args:
            names: of the backends that it judges; those that cannot be loaded it leaves out.
            check: raises KeyboardInterrupt once Ctrl-C was pressed.
        """
        self._connection, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, str(theirs.fileno()), *names],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # what a framework has to say, it says in the run itself
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C is for the run, which ends it
        )
        theirs.close()
        self._check = check
        self._alive = True
        self.judged = 0
        self.counted: Counted | None = None

    def begin(self, share: Share) -> None:
        """Have it judge a share."""
        self.judged, self.counted = 0, None
        self._send(share)

    def look(self) -> Counted | None:
        """What it counted, if it is ready; `judged` is brought up to date."""
        try:
            while self.counted is None and self._alive and self._connection.poll():
                message = self._connection.recv()
                if isinstance(message, Counted):
                    self.counted = message
                else:
                    self.judged = message
        except (EOFError, OSError):
            self._alive = False
        return self.counted

    def wait(self, progress: Callable[[], None]) -> None:
        """Until it has counted its share, or has ended."""
        while self.look() is None and self._alive:
            self._check()
            progress()
            self._poll(WAIT)

    def stop(self) -> None:
        """Have it count no further; `counted` is what there is by then, if it says so in time."""
        if self.counted is None:
            self._send(None)
        while self.look() is None and self._alive and self._poll(LAST_WORDS):
            pass

    def _poll(self, seconds: float) -> bool:
        """Whether there is something to read, perhaps the end."""
        try:
            return self._connection.poll(seconds)
        except OSError:
            self._alive = False
            return False

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._connection.close()

    def _send(self, message: Share | None) -> None:
        try:
            self._connection.send(message)
        except OSError:
            self._alive = False


@contextmanager
def assistants(
    names: Sequence[str], count: int, check: Callable[[], None] = lambda: None
) -> Iterator[list[Assistant]]:
    """So many processes, ended with the block."""
    started: list[Assistant] = []
    try:
        for _ in range(count):
            started.append(Assistant(names, check))
        yield started
    finally:
        for each in started:
            each.close()


# ── in the other process ──


def _assist(connection: Connection, names: Sequence[str]) -> None:
    """Load the backends, and judge shares until there is nobody to tell."""
    targets = []
    for name in dict.fromkeys(names):
        with contextlib.suppress(Exception):  # the run tells why; it goes on without it, too
            targets.append(load(name))
    with contextlib.suppress(EOFError, OSError):
        while True:
            share = connection.recv()
            if share is not None:  # else it was told to stop when it was ready
                able = list(share.targets) == [each.name for each in targets]
                connection.send(_counted(targets if able else [], share, connection))


def _counted(targets: Sequence[Any], share: Share, connection: Connection) -> Counted:
    """The verdicts on its networks, until it is told to stop; nothing without targets."""
    tallies = [Tally.of(target) for target in targets]
    report = Report(share.seed, share.dtype, share.networks, tallies)
    left: list[int] = []
    if not targets:
        return Counted(report, left)
    own = ((number, case) for number, case, is_own in share.cases(pool()) if is_own)
    for done, (number, case) in enumerate(own, start=1):
        judge = Judge(case.problem)
        outcomes = [judge.outcome(target, share.repeats(number)) for target in targets]
        if any(each.kind.is_finding for each in outcomes):
            left.append(number)
        else:
            report.add(number, case, judge, outcomes)
        connection.send(done)
        if connection.poll():
            connection.recv()
            break
    for tally in tallies:
        tally.passing.clear()
    return Counted(report, left)


if __name__ == "__main__":
    from conformance.assistants import _assist as assist  # so that classes are those of the run

    assist(Connection(int(sys.argv[1])), sys.argv[2:])
