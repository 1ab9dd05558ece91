"""Messages between the run and the process of a function: a length, then so many bytes.

Whoever is at the other end may stop in the middle of a message, not read, or write what is none: a
function can write to any file descriptor. So each message has a deadline, and a length its limit.
"""

from __future__ import annotations

import socket
import struct
from time import monotonic

from conformance.targets.wire import MOST_BYTES

LENGTH = struct.Struct("<Q")

LONGEST = MOST_BYTES + LENGTH.size
"""Bytes of one message: what it carries, and the length of its header."""

CHUNK = 1 << 20
"""Bytes that one read takes at most: no memory is set aside for what only a length promises."""


class Channel:
    """One end of a connection.

    >>> ours, theirs = map(Channel, socket.socketpair())
    >>> ours.send(b"hello")
    >>> theirs.receive(seconds=1.0)
    b'hello'
    >>> theirs.receive(seconds=0.01)
    Traceback (most recent call last):
    TimeoutError: timed out
    >>> ours.close(), theirs.close()
    (None, None)
    """

    def __init__(self, end: socket.socket) -> None:
        """Takes a socket, which is its own from then on."""
        self._end = end

    def send(self, message: bytes, seconds: float | None = None) -> None:
        """Send a message.

        Args:
            message: at most `LONGEST` bytes.
            seconds: after which the other side has to have taken it; None for no limit.
        Raises:
            TimeoutError: if it has not.
            OSError: if there is no other side.
        """
        self._end.settimeout(seconds)
        self._end.sendall(LENGTH.pack(len(message)) + message)

    def receive(self, seconds: float | None = None) -> bytes:
        """The next message.

        Args:
            seconds: after which it has to be there in full; None for no limit.
        Raises:
            TimeoutError: if it is not.
            EOFError, OSError: if there is no other side.
            ValueError: if it is longer than a message may be.
        """
        deadline = None if seconds is None else monotonic() + seconds
        (length,) = LENGTH.unpack(self._exactly(LENGTH.size, deadline))
        if length > LONGEST:
            raise ValueError(f"a message of {length} bytes")
        return self._exactly(length, deadline)

    def _exactly(self, size: int, deadline: float | None) -> bytes:
        """So many bytes."""
        received = bytearray()
        while len(received) < size:
            self._end.settimeout(_left(deadline))
            chunk = self._end.recv(min(size - len(received), CHUNK))
            if not chunk:
                raise EOFError
            received += chunk
        return bytes(received)

    def close(self) -> None:
        """End the connection."""
        self._end.close()


def _left(deadline: float | None) -> float | None:
    """Seconds until then, above 0: a socket takes 0 to mean that it is not to wait at all."""
    if deadline is None:
        return None
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left
