"""What counts as an array of numbers here, and the checks that everything passes through once.

The recursion runs on whatever follows NumPy's syntax (`@`, `*`, `+`, `.T`, `sum`): floats, exact
rationals (object arrays of `Fraction`), and the arrays of other arithmetics. This module turns
what a user hands over into the first two, and says clearly why where it cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""A NumPy array, or an array of another arithmetic that understands NumPy's syntax."""

FLOATS = (np.float16, np.float32, np.float64, np.longdouble)

KINDS = {"b": "truth values", "i": "integers", "u": "integers", "c": "complex", "U": "text"}
"""What NumPy's letters for kinds of numbers mean, for messages."""


def as_array(values: Any, what: str) -> Array:
    """A NumPy array of floats or of `Fraction`s, copied and read-only.

    Args:
        values: nested lists or an array: float16, float32, float64, longdouble, or objects that
            are `Fraction` or `int`.
        what: the name that an error message gives to the values, "weights" say.
    Returns:
        Array of the same shape; read-only, so that what was checked stays checked.
    Raises:
        ValueError: if the values are ragged, masked, not numbers, or integers.

    >>> as_array([[1.0, 0.5]], "weights").dtype
    dtype('float64')
    >>> as_array([[1, 2]], "weights")
    Traceback (most recent call last):
        ...
    ValueError: weights are integers (int64): write them as floats, np.asarray(weights, float), \
or as exact rationals, fractions.Fraction
    """
    array = _converted(values, what)
    if array.dtype == object:
        array = as_fractions(array, what)
    elif array.dtype.kind in "biu":
        raise ValueError(
            f"{what} are {KINDS[array.dtype.kind]} ({array.dtype}): write them as floats, "
            f"np.asarray({what}, float), or as exact rationals, fractions.Fraction"
        )
    elif array.dtype.type not in FLOATS:
        raise ValueError(
            f"{what} are {KINDS.get(array.dtype.kind, 'no numbers')} ({array.dtype}): float16, "
            "float32, float64, longdouble or fractions.Fraction fit"
        )
    array.setflags(write=False)
    return array


def _converted(values: Any, what: str) -> Array:
    """A NumPy copy of the values, whatever their dtype."""
    if np.any(getattr(values, "mask", False)):  # NumPy would hand over what is under the mask
        raise ValueError(f"{what} are masked: fill in or leave out what is missing")
    try:
        return np.asarray(values).copy()
    except (ValueError, TypeError, RuntimeError) as error:
        if "inhomogeneous" in str(error):
            message = f"{what} are ragged: every row must have the same length"
        else:  # a tensor that keeps its gradient, or sits on a GPU; the error says what to do
            message = f"{what} ({type(values).__name__}) do not convert to NumPy: {error}"
        raise ValueError(message) from error


def as_fractions(array: Array, what: str) -> Array:
    """The object array with each entry a `Fraction`; ints would divide into floats.

    >>> as_fractions(np.array([1, Fraction(1, 2)], dtype=object), "biases")
    array([Fraction(1, 1), Fraction(1, 2)], dtype=object)
    """
    exact = np.empty(array.shape, dtype=object)
    for index, entry in np.ndenumerate(array):
        if isinstance(entry, bool) or not isinstance(entry, (int, Fraction)):
            place = f" at {list(index)}" if index else ""
            raise ValueError(
                f"{what} hold {entry!r} ({type(entry).__name__}){place}: "
                "an object array may hold fractions.Fraction or int"
            )
        exact[index] = Fraction(entry)
    return exact


def require_finite(array: Array, what: str) -> None:
    """Raise ValueError, naming the first place, if the array holds nan or inf.

    >>> require_finite(np.array([[1.0, np.inf]]), "inputs")
    Traceback (most recent call last):
        ...
    ValueError: inputs hold inf at [0, 1]: every number must be finite
    """
    if not isinstance(array, np.ndarray) or array.dtype == object:
        return
    if not np.isfinite(array).all():
        place = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(
            f"{what} hold {array[tuple(place)]} at {place.tolist()}: every number must be finite"
        )


def in_working_precision(
    formula: Callable[..., Array], *arguments: Array, shape: tuple[int, ...], what: str
) -> Array:
    """The formula's values in the dtype of its first argument, rounded once where that is short.

    float16 and float32 are evaluated in float64 and rounded once, which keeps a stable formula
    within 0.501 ulp; float64 and longdouble are evaluated as they are (longdouble has the dtype,
    not the accuracy, where SciPy has float64 alone); `Fraction`s stay exact.

    Args:
        formula: of arrays.
        arguments: the arrays.
        shape: that the values must have.
        what: the name that an error message gives to the values.
    Raises:
        ValueError: if a formula, a user's own, returns another shape, or floats for `Fraction`s.
        TypeError: if it does not run on `Fraction`s at all.

    >>> in_working_precision(np.sqrt, np.float32([2.0]), shape=(1,), what="roots")
    array([1.4142135], dtype=float32)
    """
    dtype = arguments[0].dtype
    if dtype in (np.float16, np.float32):
        arguments = tuple(argument.astype(np.float64) for argument in arguments)
    try:
        values = np.asarray(formula(*map(read_only, arguments)))
    except TypeError as error:
        if dtype.kind != "O":
            raise
        raise TypeError(f"{what} cannot be computed on Fractions: {error}") from error
    if values.dtype.kind == "c":
        raise ValueError(f"{what} are complex; real numbers fit")
    if values.shape != shape:
        raise ValueError(f"{what} have shape {values.shape}; the arguments ask for {shape}")
    values = values.astype(dtype, copy=False)
    return as_fractions(values, what) if dtype.kind == "O" else values


def read_only(array: Array) -> Array:
    """A view that cannot be written to: a formula that works in place fails, and spoils nothing.

    >>> read_only(np.zeros(1)).flags.writeable
    False
    """
    view = array.view()
    view.flags.writeable = False
    return view


def number(value: Fraction, like: Array) -> Any:
    """An exact constant in the arithmetic of `like`: the `Fraction` itself, or its nearest float.

    >>> number(Fraction(1, 100), np.zeros(1))
    np.float64(0.01)
    """
    if like.dtype == object:
        return value
    if like.dtype == np.longdouble:
        return np.longdouble(value.numerator) / np.longdouble(value.denominator)
    return like.dtype.type(float(value))
