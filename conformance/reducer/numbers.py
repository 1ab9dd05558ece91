"""Candidates with shorter numbers: 0, ±1, whole numbers, fractions of few bits.

The structure stays. Everything at once is tried first, then one array, then one number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from conformance.reducer.parts import Parts, with_arrays
from manual_backprop.arrays import Array


def _multiple_of(step: float) -> Callable[[Array], Array]:
    """The nearest multiple of a power of two."""
    return lambda a: np.rint(a / step) * step


def _of_bits(count: int) -> Callable[[Array], Array]:
    """The number cut off after so many significant bits."""

    def cut(a: Array) -> Array:
        fraction, exponent = np.frexp(a)
        return np.ldexp(np.trunc(np.ldexp(fraction, count)), exponent - count)

    return cut


def _of_half_the_exponent(a: Array) -> Array:
    """m·2^(e/2) in place of m·2^e, which is nearer to 1."""
    fraction, exponent = np.frexp(a)
    return np.ldexp(fraction, exponent // 2)


def _nearer_to_one(a: Array) -> Array:
    """Half of what is at least 1, twice what is less."""
    return np.where(np.abs(a) < 1, 2 * a, a / 2)


SHORTER: tuple[Callable[[Array], Array], ...] = (
    np.zeros_like,
    np.ones_like,
    np.sign,
    np.abs,
    *(_multiple_of(2.0**-k) for k in (0, 2, 4)),
    *(_of_bits(count) for count in (1, 2, 4, 8, 16, 32)),
    _of_half_the_exponent,
    _nearer_to_one,
)
"""What may take the place of a number, simplest first."""


def shorter_arrays(parts: Parts) -> Iterator[Parts]:
    """All numbers shortened, or all of one array."""
    arrays = parts.arrays
    for shorter in SHORTER:
        yield with_arrays(parts, [_quietly(shorter, each) for each in arrays])
    for place, array in enumerate(arrays):
        for shorter in SHORTER:
            yield _with_array(parts, place, _quietly(shorter, array))


def shorter_numbers(parts: Parts) -> Iterator[Parts]:
    """One number shortened."""
    for place, array in enumerate(parts.arrays):
        for index in np.argwhere(array):
            for shorter in SHORTER:
                changed, at = array.copy(), tuple(index)
                changed[at] = _quietly(shorter, array[at])
                yield _with_array(parts, place, changed)


def fresh(parts: Parts) -> Parts:
    """The same structure with numbers N(0, 1), always the same ones."""
    random = np.random.default_rng(0)
    drawn = [random.standard_normal(each.shape).astype(each.dtype) for each in parts.arrays]
    return with_arrays(parts, drawn)


def _quietly(shorter: Callable[[Array], Array], array: Array) -> Array:
    """The shorter numbers; one that overflows is refused when the problem is put together."""
    with np.errstate(all="ignore"):
        return shorter(array).astype(array.dtype)


def _with_array(parts: Parts, place: int, array: Array) -> Parts:
    """Another array at one place of `Parts.arrays`."""
    return with_arrays(parts, [*parts.arrays[:place], array, *parts.arrays[place + 1 :]])
