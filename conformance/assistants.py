"""Other processes that judge a share of a run's networks, so that it uses several cores.

They count. Of a network on which something is wrong, or which is to be kept for another reason,
they return what the targets answered, and the run judges that as if the answers were its own. So a
run says the same whatever the number of processes.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import Pipe
from typing import Any

from conformance.architectures import Architecture
from conformance.drawing import Case
from conformance.judge import Call
from conformance.report import Report
from conformance.sampling import drawn

WORTH_IT = 250
"""Networks for which another process is started: it has to load the frameworks, too."""

MOST_PROCESSES = 4
"""Processes that there are unless more are asked for."""

ROOM = 3 << 30
"""Bytes of the machine's memory for each of them: with all backends one takes half of that."""

PROCESS = "conformance.assisting"
"""The module that the others run."""

WAIT = 0.1
"""Seconds between two looks at how far the others are."""

LAST_WORDS = 5.0
"""Seconds that processes have for saying what they counted, once they were told to stop."""


def processes_for(networks: int) -> int:
    """How many processes a run has if nobody says: no more than there are cores and room for.

    >>> processes_for(100)
    1
    """
    allowed = getattr(os, "sched_getaffinity", None)
    cores = len(allowed(0)) if allowed else os.cpu_count() or 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(cores, networks // WORTH_IT, memory // ROOM, MOST_PROCESSES))


@dataclass(frozen=True)
class Share:
    """Which networks of a run one process judges.

    Attributes:
        targets: names of what is judged.
        architectures: of the networks. Each is of one share, so that one process compiles it.
        networks, seed, dtype, repeat_every: of the run.
        place: of the process, from 0, the run's own.
        processes: how many there are.
    """

    targets: Sequence[str]
    architectures: Sequence[Architecture]
    networks: int
    seed: int
    dtype: str
    repeat_every: int
    place: int
    processes: int

    def cases(self) -> Iterator[tuple[int, Case, int]]:
        """All networks of the run, their numbers, and the place that judges them."""
        places = {each: place % self.processes for place, each in enumerate(self.architectures)}
        cases = drawn(self.architectures, self.networks, self.seed, self.dtype)
        for number, case in enumerate(cases, start=1):
            yield number, case, places[case.architecture]

    def repeats(self, number: int) -> bool:
        """Whether that network is computed twice."""
        return number % self.repeat_every == 0


Answers = list[list[Any]]
"""What each target answered on one network, call after call."""


@dataclass(frozen=True)
class Counted:
    """What a process made of its share.

    Attributes:
        report: networks counted; no finding is among them.
        returned: the answers on the others, by number.
    """

    report: Report
    returned: Mapping[int, Answers]


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
        Raises:
            OSError: if there is no room for another process.
        """
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", PROCESS, str(theirs.fileno()), *names],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # what a framework says, it says in the run itself
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the run, which ends it
            )
        self._check = check
        self.is_alive = True
        self.judged = 0
        self.counted: Counted | None = None

    def begin(self, share: Share) -> None:
        """Have it judge a share."""
        self.judged, self.counted = 0, None
        self._send(share)

    def look(self) -> None:
        """Bring `judged` and `counted` up to date."""
        while self.is_pending and self._has_message(0.0):
            message = self._receive()
            if isinstance(message, Counted):
                self.counted = message
            elif isinstance(message, int):
                self.judged = message

    @property
    def is_pending(self) -> bool:
        """Whether there is still something to come of it."""
        return self.is_alive and self.counted is None

    def wait(self, progress: Callable[[], None]) -> None:
        """Until it has counted its share, or has ended."""
        while self.is_pending:
            self._check()
            progress()
            self._has_message(WAIT)
            self.look()

    def stop(self) -> None:
        """Tell it to count no further."""
        if self.is_pending:
            self._send(None)

    def hear(self, deadline: float) -> None:
        """Wait for what it counted, until then by `time.monotonic`."""
        while self.is_pending and self._has_message(max(0.0, deadline - time.monotonic())):
            self.look()

    def close(self) -> None:
        """End it, whatever it does."""
        self.is_alive = False
        self._process.kill()
        self._process.wait()
        self._connection.close()

    def _send(self, message: Share | None) -> None:
        with self._ending_with_errors():
            self._connection.send(message)

    def _has_message(self, seconds: float) -> bool:
        with self._ending_with_errors():
            return self._connection.poll(seconds)
        return False

    def _receive(self) -> Any:
        with self._ending_with_errors():
            return self._connection.recv()

    @contextmanager
    def _ending_with_errors(self) -> Iterator[None]:
        """What was cut short, by its end or by Ctrl-C, cannot be gone on with."""
        try:
            yield
        except Exception:
            self.is_alive = False
        except BaseException:
            self.is_alive = False
            raise


@contextmanager
def assistants(
    names: Sequence[str], count: int, check: Callable[[], None] = lambda: None
) -> Iterator[list[Assistant]]:
    """So many processes, or as many as there is room for; ended with the block."""
    started: list[Assistant] = []
    try:
        with contextlib.suppress(OSError):
            for _ in range(count):
                started.append(Assistant(names, check))
        yield started
    finally:
        for each in started:
            each.close()


def stop(assistants: Sequence[Assistant]) -> None:
    """Have them say what they counted by now; those that do not do so in time are ended."""
    for each in assistants:
        each.stop()
    deadline = time.monotonic() + LAST_WORDS
    for each in assistants:
        each.hear(deadline)


def replaying(answers: Sequence[Any]) -> Call:
    """What was recorded, one answer after the other; the function is not called."""
    each = iter(answers)
    return lambda function, arguments: next(each)
