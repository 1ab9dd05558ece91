"""Arguments and results between two processes: a JSON header, then the bytes of the arrays.

No pickle: whoever unpickles runs what the other side wrote, and the other side is a stranger's
code. What is neither an array, a list, a tuple, a number, a text nor None arrives as an object of
a class of the same name, which is all that a verdict says of it.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

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
    arrays: list[bytes] = []
    header = json.dumps(_described(value, arrays, 0)).encode()
    if sum(map(len, arrays)) + len(header) > MOST_BYTES:
        raise TooLarge(f"more than {MOST_BYTES >> 20} MiB")
    return b"".join([struct.pack("<Q", len(header)), header, *arrays])


def unpacked(message: bytes) -> Any:
    """The value, its arrays fresh, writable and C-contiguous.

    Raises:
        ValueError: if the message is none of ours.

    >>> type(unpacked(packed(object()))).__name__
    'object'
    """
    (length,) = struct.unpack_from("<Q", message)
    start = struct.calcsize("<Q")
    header = json.loads(message[start : start + length])
    return _Reader(message, start + length).value(header)


def _described(value: Any, arrays: list[bytes], depth: int) -> Any:
    """What JSON can say of the value; the bytes of its arrays are appended."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)) and type(value) in (int, float):
        return {"number": value.hex() if isinstance(value, float) else str(value)}
    if type(value) in (list, tuple) and depth < DEEPEST:
        return {type(value).__name__: [_described(each, arrays, depth + 1) for each in value]}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        arrays.append(np.ascontiguousarray(value).tobytes())
        return {"array": [value.dtype.str, list(value.shape)]}
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
        if kind == "number":
            return float.fromhex(content) if "x" in content or "n" in content else int(content)
        return type(str(content), (), {})()

    def array(self, dtype: str, shape: list[int]) -> Any:
        count = int(np.prod(shape, dtype=np.int64))
        flat = np.frombuffer(self.message, dtype, count, self.place)
        self.place += flat.nbytes
        return flat.reshape(shape).copy()
