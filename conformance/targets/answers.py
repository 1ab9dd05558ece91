"""What a program's answer says: text to numbers, nested lists to arrays, faults in its words.

A number is a JSON number or, as a string, a C99 hex float, "nan", "inf" or "-inf". A decimal is
rounded once, to the nearest number of the problem's dtype, ties to even: the shortest text that
names a float32 is often no float64, and by way of the nearest float64 it may become the float32
beside it. (A hex string is read as a float64 first, which every number of a dtype here is.)
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from conformance.backends.base import Array
from conformance.calling import Failed
from manual_backprop.arithmetic.formats import FORMATS, Format
from manual_backprop.files.errors import shown
from manual_backprop.files.vocabulary import HEX

NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def parsed(line: bytes, dtype: str = "float64") -> Any:
    """The JSON value on a line, its numbers as float64 that round to the dtype as they do.

    Args:
        line: UTF-8.
        dtype: float16, float32 or float64.
    Raises:
        ValueError: if it is no JSON.

    >>> parsed(b'{"id": 7, "weights": [[[0.5, "inf"]]]}')
    {'id': 7.0, 'weights': [[[0.5, 'inf']]]}
    """
    convert: Callable[[str], float] = float
    if dtype != "float64":
        convert = partial(rounding_alike, float_format=FORMATS[dtype])
    try:
        return json.loads(
            line.decode(), parse_float=convert, parse_int=convert, parse_constant=_no_constant
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: column {error.colno}: {error.msg}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: byte 0x{line[error.start]:02x}") from None
    except RecursionError:
        raise ValueError("lists within lists without end") from None


def _no_constant(name: str) -> float:
    """NaN, Infinity and -Infinity, which Python's `json` would let pass."""
    raise ValueError(f'not JSON: {name}; the string "{name}" fits')


def rounding_alike(text: str, float_format: Format) -> float:
    """The float64 nearest to a decimal, or the one beside it if only that rounds as the decimal.

    That is so where the nearest float64 lies in the middle between two numbers of the format, and
    the decimal does not.

    >>> text = "1.0000000596046447753906250001"  # a little above the middle, 1 + 2⁻²⁴
    >>> np.float32(text), np.float32(rounding_alike(text, FORMATS["float32"]))
    (np.float32(1.0), np.float32(1.0000001))
    """
    value = float(text)
    least = 1 - float_format.max_exponent
    exponent = max(math.frexp(value)[1] - 1, least) - float_format.precision
    halves = math.ldexp(value, -exponent)  # in units of half the last place
    if not halves.is_integer() or halves % 2 == 0 or Decimal(text) == Decimal(value):
        return value
    return math.nextafter(value, math.inf if Decimal(text) > Decimal(value) else -math.inf)


def array(value: Any, fits: tuple[int, ...], dtype: str, name: str) -> Any:
    """Nested lists as an array, of whatever shape they have; what is no list is left as it is.

    Args:
        value: as `parsed` returns it.
        fits: the shape that is wanted, for the message.
        dtype: of the array.
        name: of the value, for the message.
    Raises:
        Failed: if lists side by side differ in length ("wrong_shape"), or if something else than
            a number is in them ("raised").

    >>> array([[0.5], ["0x1p-3"]], (2, 1), "float32", "weights[0]")
    array([[0.5  ],
           [0.125]], dtype=float32)
    >>> array([[0.5], [1.0, 2.0]], (2, 1), "float32", "weights[0]")
    Traceback (most recent call last):
        ...
    conformance.calling.Failed: weights[0] has lists of 1 and 2 side by side; shape (2, 1) fits
    """
    if not isinstance(value, list):
        return value
    shape, level = [], [value]
    while (kinds := set(map(type, level))) == {list}:
        lengths = sorted(set(map(len, level)))
        if len(lengths) > 1:
            found = f"lists of {lengths[0]} and {lengths[-1]}"
            raise Failed("wrong_shape", f"{name} has {found} side by side; shape {fits} fits")
        shape.append(lengths[0])
        level = list(chain.from_iterable(level))
    if list in kinds:
        raise Failed("wrong_shape", f"{name} has numbers beside lists; shape {fits} fits")
    if len(shape) > 2:
        raise Failed("wrong_shape", f"{name} has lists {len(shape)} deep; shape {fits} fits")
    numbers = level if kinds == {float} else [_number(each, name) for each in level]
    with np.errstate(over="ignore", under="ignore"):
        entries: Array = np.array(numbers, np.float64).astype(dtype)
    return entries.reshape(shape)


def _number(value: Any, name: str) -> float:
    """One entry."""
    if isinstance(value, str) and re.fullmatch(HEX, value):
        return _from_hex(value)
    if isinstance(value, str) and NOT_FINITE.fullmatch(value):
        return float(value)
    if not isinstance(value, float):
        wanted = 'a number, a hex string like "0x1.8p+1", "nan", "inf" or "-inf" fits'
        raise Failed("raised", f"{name} has {shown(value)} for an entry; {wanted}")
    return value


def _from_hex(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return -math.inf if text.startswith("-") else math.inf
