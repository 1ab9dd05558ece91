"""What a problem file may say: the name of its format, its dtypes, and its numbers.

A number goes through two roundings, decimal → float64 → dtype, both to nearest, ties to even. For
a decimal that lies within 2^−54 of the middle between two float32 numbers, that can differ from
one rounding; such a decimal has some seventeen digits. What `save` writes is exact.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from manual_backprop.arithmetic.formats import float_format
from manual_backprop.arrays import Array
from manual_backprop.files.errors import shown

FORMAT = "manual-backprop/problem/1"

DTYPES: dict[str, type[np.floating[Any]]] = {
    "float16": np.float16,
    "bfloat16": np.float32,
    "float32": np.float32,
    "float64": np.float64,
}
"""The dtypes that a file may name, and the arrays that hold them."""

HEX = r"^[+-]?0[xX]([0-9a-fA-F]+(\.[0-9a-fA-F]*)?|\.[0-9a-fA-F]+)([pP][+-]?[0-9]+)?$"
"""A C99 hex float, in the regular expressions of Python and of JSON Schema alike."""


def number(value: Any) -> float:
    """The float64 nearest to a number of the file.

    Args:
        value: what JSON holds there; a number or a hex string fits.
    Raises:
        ValueError: if it is something else, or not finite in float64.

    >>> number("0x1.8p+1"), number(3)
    (3.0, 3.0)
    >>> number("three")
    Traceback (most recent call last):
        ...
    ValueError: a number, or a hex string like "0x1.8p+1", is expected, found 'three'
    """
    if isinstance(value, str) and re.fullmatch(HEX, value):
        return _finite(float.fromhex, value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(
            f'a number, or a hex string like "0x1.8p+1", is expected, found {shown(value)}'
        )
    return _finite(float, value)


def _finite(convert: Callable[[Any], float], value: Any) -> float:
    """The converted value; ValueError where that is nan or beyond the largest float64."""
    try:
        converted = convert(value)
    except OverflowError:
        converted = math.inf
    if math.isnan(converted):
        raise ValueError("nan: every number must be finite")
    if math.isinf(converted):
        raise ValueError(
            "every number must be finite, found inf or a number beyond float64, which ends at "
            f"{float_format('float64').largest!r}"
        )
    return converted


def rounded(values: Array, dtype: str) -> Array:
    """The nearest numbers of the dtype, ties to even; inf beyond its range.

    Args:
        values: float64 array of any shape.
        dtype: a name of `DTYPES`.
    Returns:
        Array of the same shape, of the NumPy dtype that holds that dtype.

    >>> rounded(np.array([0.1, 1e39]), "bfloat16")
    array([0.10009766,        inf], dtype=float32)
    """
    with np.errstate(over="ignore", under="ignore"):
        if dtype == "bfloat16":
            values = _to_bfloat16(values)
        return np.asarray(values, dtype=np.float64).astype(DTYPES[dtype])


def _to_bfloat16(values: Array) -> Array:
    """Multiples of a number's last place: 8 bits below its leading one, 2^−133 at the least."""
    _, exponent = np.frexp(values)
    last_place = np.maximum(exponent - 8, -133)
    return np.ldexp(np.rint(np.ldexp(values, -last_place)), last_place)
