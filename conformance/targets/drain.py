"""What a process prints, read all the time and kept in part: it may print without end."""

from __future__ import annotations

import threading
from collections import deque

KEPT = 4096
"""Bytes of the beginning that are kept, and as many of the end."""


class Drain:
    """A pipe's reading end, read by a thread of its own until it is closed.

    Args:
        pipe: a file descriptor, closed in the end.
    """

    def __init__(self, pipe: int) -> None:
        self.size = 0
        self.head = b""
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._pipe = pipe
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with open(self._pipe, "rb", buffering=0) as stream:
            while chunk := stream.read(1 << 16):
                self._keep(chunk)

    def _keep(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.head += chunk[: max(KEPT - len(self.head), 0)]
        self._tail.append(chunk[-KEPT:])
        self._tail_size += len(self._tail[-1])
        while self._tail_size - len(self._tail[0]) >= KEPT:
            self._tail_size -= len(self._tail.popleft())

    def wait(self, seconds: float = 1.0) -> None:
        """Until all is read of a process that has ended, but no longer than that."""
        self._thread.join(seconds)

    @property
    def tail(self) -> bytes:
        """The last bytes."""
        return b"".join(self._tail)[-KEPT:]

    def last_line(self) -> str:
        """The last line that is not empty; "" if there is none."""
        lines = self.tail.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip() if lines else ""

    def first_line(self) -> str:
        """The first line that is not empty; "" if there is none."""
        lines = self.head.decode("utf-8", "replace").strip().splitlines()
        return lines[0].strip() if lines else ""
