"""Arguments and results between two processes: a JSON header, then the bytes of the arrays.

No pickle: whoever unpickles runs what the other side wrote, and the other side is a stranger's
code. Of an array of anything but numbers its dtype and its shape arrive; what is neither an array,
a list, a tuple, a number, a text nor None arrives as an object of a class of the same name, which
is all that a verdict says of it.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

DEEPEST = 6
"""Lists within one another that are sent; gradients are two deep."""

MOST_BYTES = 1 << 28
"""Of one message."""


class TooLarge(ValueError):
    """A message of more than `MOST_BYTES`."""


def packed(value: Any) -> bytes:
    """The value as bytes.

    Raises:
        TooLarge: if its arrays have more than `MOST_BYTES`.

    >>> unpacked(packed(([np.zeros(2, np.float32)], None, "tanh")))
    ([array([0., 0.], dtype=float32)], None, 'tanh')
    """
    arrays: list[Array] = []
    header = json.dumps(_described(value, arrays, 0)).encode()
    if sum(each.nbytes for each in arrays) + len(header) > MOST_BYTES:  # before any is copied
        raise TooLarge(f"more than {MOST_BYTES >> 20} MiB")
    contents = [each.tobytes() for each in arrays]
    return b"".join([struct.pack("<Q", len(header)), header, *contents])


def unpacked(message: bytes) -> Any:
    """The value, its arrays fresh, writable and C-contiguous.

    Raises:
        ValueError: if the message is none of ours.

    >>> type(unpacked(packed(object()))).__name__
    'object'
    """
    try:
        (length,) = struct.unpack_from("<Q", message)
        start = struct.calcsize("<Q")
        header = json.loads(message[start : start + length])
        return _Reader(message, start + length).value(header)
    except Exception as error:  # of any kind: a stranger may have written it
        raise ValueError("no message of ours") from error


def _described(value: Any, arrays: list[Array], depth: int) -> Any:
    """What JSON can say of the value; its arrays of numbers are appended."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)) and type(value) in (int, float):
        return {"float": value.hex()} if isinstance(value, float) else {"int": hex(value)}
    if type(value) in (list, tuple) and depth < DEEPEST:
        return {type(value).__name__: [_described(each, arrays, depth + 1) for each in value]}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        arrays.append(value)
        return {"array": [value.dtype.str, list(value.shape)]}
    if isinstance(value, np.ndarray):
        return {"no numbers": [value.dtype.str, list(value.shape)]}
    return {"other": type(value).__name__}


class _Reader:
    """A message, read from where its arrays begin."""

    def __init__(self, message: bytes, place: int) -> None:
        self.message = message
        self.place = place

    def value(self, described: Any) -> Any:
        if not isinstance(described, dict):
            return described
        [(kind, content)] = described.items()
        if kind in ("list", "tuple"):
            values = [self.value(each) for each in content]
            return values if kind == "list" else tuple(values)
        if kind == "array":
            return self.array(*content)
        if kind == "no numbers":
            dtype, shape = content
            return np.broadcast_to(np.zeros((), dtype), shape)
        if kind == "float":
            return float.fromhex(content)
        if kind == "int":
            return int(content, 16)
        return type(str(content), (), {})()

    def array(self, dtype: str, shape: list[int]) -> Any:
        count = int(np.prod(shape, dtype=np.int64))
        flat = np.frombuffer(self.message, dtype, count, self.place)
        self.place += flat.nbytes
        return flat.reshape(shape).copy()
