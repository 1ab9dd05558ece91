"""A program that answers a line with a line, and whatever else it may do instead.

It may die, hang, write without end, close its output, leave a child behind that holds the pipe, or
not read what it is sent. So writing and reading go on side by side, without blocking, up to a
deadline; whatever ends an exchange otherwise than by an answer ends the program and its children
too, and is told with the last that they wrote.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
from collections.abc import Sequence
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from subprocess import PIPE, Popen, TimeoutExpired
from time import monotonic
from typing import Literal

from conformance.calling import Failed
from conformance.targets.drain import Drain

LONGEST = 1 << 26
"""Bytes of one answer at most; a million parameters take less than half of it."""

CHUNK = 1 << 16
"""Bytes that one read takes at most: as many as a pipe holds."""

TICK = 0.05
"""Seconds of silence after which it is asked whether the program is still there."""

GRACE = 1.0
"""Seconds that a program has to end by itself, as the end of its input asks it to."""


class Lines:
    """A running program, in a process group of its own.

    Args:
        words: its file and its arguments; no shell reads them.
    Raises:
        OSError: if it cannot be started.

    >>> with contextlib.closing(Lines(["cat"])) as cat:
    ...     cat.ask(b"hello", timeout=10)
    b'hello'
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._process: Popen[bytes] = Popen(
            words, bufsize=0, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
        atexit.register(self.close)
        pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        self._input, self._output, errors = (each for each in pipes if each is not None)
        self._errors = Drain(os.dup(errors.fileno()))
        errors.close()
        self._unsent, self._received = memoryview(b""), bytearray()
        self._at_end = self._is_killed = False
        self._selector = DefaultSelector()
        for stream in (self._input, self._output):
            os.set_blocking(stream.fileno(), False)
        self._selector.register(self._output, EVENT_READ, self._read)

    # ── an exchange ──

    def ask(self, line: bytes, timeout: float) -> bytes:
        """The line that answers a line, both without their ends.

        Args:
            line: what to send.
            timeout: seconds after which the whole answer has to be there.
        Raises:
            Failed: if there is no answer, or more than that; the program has been ended.
        """
        deadline = monotonic() + timeout
        self._serve(0)
        if self._received:
            raise self.failure("raised", "it wrote before it was asked")
        self._unsent = memoryview(line + b"\n")
        self._selector.register(self._input, EVENT_WRITE, self._write)
        answer = self._next_line(deadline)
        if answer is None:
            raise self.failure("timed_out", f"no answer within {timeout:g} s")
        if self._unsent:
            raise self.failure("raised", "it answered before it had read the line", answer)
        return answer

    def _next_line(self, deadline: float) -> bytes | None:
        """The next line of its output; None if it is not there in time."""
        searched = 0
        while (end := self._received.find(b"\n", searched)) < 0:
            searched = len(self._received)
            left = deadline - monotonic()
            if left <= 0:
                return None
            if searched > LONGEST:
                raise self.failure("raised", f"a line of more than {LONGEST >> 20} MiB")
            gone = self._process.poll() is not None  # a child may hold the pipe open all the same
            came = self._serve(min(left, TICK))
            if self._at_end or (gone and not came):
                raise self.failure("raised", f"{self._ending()} before it answered")
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        return line

    def _serve(self, seconds: float) -> bool:
        """Write and read what can be at once, or within that time; whether anything could."""
        ready = self._selector.select(seconds)
        for key, _ in ready:
            key.data()
        return bool(ready)

    def _write(self) -> None:
        """Send what the pipe takes; one that nobody reads takes all."""
        try:
            self._unsent = self._unsent[os.write(self._input.fileno(), self._unsent) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._unsent = memoryview(b"")
        if not self._unsent:
            self._selector.unregister(self._input)

    def _read(self) -> None:
        """Take what is there."""
        chunk = os.read(self._output.fileno(), CHUNK)
        self._received += chunk
        if not chunk:
            self._at_end = True
            self._selector.unregister(self._output)

    # ── the end ──

    def failure(
        self, kind: Literal["raised", "timed_out"], what: str, line: bytes | None = None
    ) -> Failed:
        """The finding, with the last that the program wrote; the program has been ended.

        Args:
            kind: of the finding.
            what: what happened, in words.
            line: of its output, if that has been taken from it already.
        """
        self._kill()
        written = bytes(self._received) if line is None else line
        said = [_quoted("standard output", written), _quoted("standard error", self._errors.tail)]
        return Failed(kind, "; ".join(filter(None, [what, *said])))

    def close(self) -> None:
        """End it: its input ends, and what is still there after `GRACE` is killed."""
        self._input.close()
        with contextlib.suppress(TimeoutExpired):
            self._process.wait(GRACE)
        self._kill()

    def _ending(self) -> str:
        """How it ended, in words."""
        with contextlib.suppress(TimeoutExpired):
            return f"it ended ({status_in_words(self._process.wait(GRACE))})"
        return "it closed its standard output"

    def _kill(self) -> None:
        """End the program and its children at once, and close the pipes."""
        if self._is_killed:  # by now its number may be another's
            return
        self._is_killed = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutExpired):  # one with another user's rights stays
            self._process.wait(GRACE)
        self._selector.close()
        self._input.close()
        self._output.close()
        self._errors.wait()
        atexit.unregister(self.close)


def status_in_words(status: int) -> str:
    """An exit status, as subprocess has it.

    >>> status_in_words(-11), status_in_words(3)
    ('killed by SIGSEGV', 'exit status 3')
    """
    if status >= 0:
        return f"exit status {status}"
    known = {each.value: each.name for each in signal.Signals}
    return f"killed by {known.get(-status, f'signal {-status}')}"


def _quoted(stream: str, written: bytes, lines: int = 4, most: int = 240) -> str:
    """The last lines of what it wrote; empty if that is blank."""
    text = written[-8 * most :].decode("utf-8", "replace").strip()
    last = "\n".join(text.splitlines()[-lines:])
    return f"{stream} ends in:\n{last[-most:]}" if last else ""
