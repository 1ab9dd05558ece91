"""The size of an error: in absolute terms, in units of the roundoff, and where it is largest."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Pair = tuple[Array, Array]
ROUNDOFF = {"float32": 2.0**-24, "float64": 2.0**-53}
DEPARTURE = 1000.0  # units; a larger error is listed as a departure. No verdict hangs on it.


@dataclass(frozen=True)
class Worst:
    """The largest error in one column's unit, and the point where it was found."""

    error: float
    point: Any


Columns = dict[str, Worst]


@dataclass(frozen=True)
class Departure:
    """Points where a result is no rounding of the truth."""

    what: str
    points: int
    lowest: float
    highest: float
    largest_error: float | str
    largest_units: float | str
    at: float


@dataclass(frozen=True)
class Row:
    """One contender on one function in one dtype."""

    function: str
    contender: str
    dtype: str
    columns: Columns
    departures: list[Departure]


@dataclass(frozen=True)
class Errors:
    """One result against the truth, at each point: in absolute terms, and in a column's units.

    Attributes:
        departs: where the result is no rounding of the truth.
        counts: where it is one, inside the range that is swept.
    """

    points: Array
    result: Array
    absolute: Array
    units: Array
    departs: Array
    counts: Array


def difference(result: Array, exact: Pair) -> Array:
    """|result − truth| in float64; the first difference is exact where the two are close."""
    with np.errstate(all="ignore"):
        return np.asarray(np.abs((result.astype(np.float64) - exact[0]) - exact[1]))


def measure(points: Array, result: Array, exact: Pair, scale: Array, inside: Array) -> Errors:
    """The errors of one result in units of u·scale; `inside` says which points are swept."""
    absolute = difference(result, exact)
    with np.errstate(all="ignore"):
        units = absolute / (ROUNDOFF[str(points.dtype)] * scale)
        rounding = np.isfinite(result) & (units <= DEPARTURE)
    return Errors(points, result, absolute, units, inside & ~rounding, inside & rounding)


def worst(units: Array, points: Array, counts: Array) -> Worst:
    """The largest of the units among the points that count."""
    if not counts.any():
        return Worst(0.0, None)
    i = np.flatnonzero(counts)[np.argmax(units[counts])]
    return Worst(float(units[i]), np.asarray(points[i]).tolist())


def departures(what: str, errors: Errors) -> list[Departure]:
    """At most one departure for each sign of the point."""
    negative = errors.points < 0
    sides = (errors.departs & negative, errors.departs & ~negative)
    return [departure(what, errors, np.flatnonzero(side)) for side in sides if side.any()]


def departure(what: str, errors: Errors, where: Array) -> Departure:
    """The summary of the departing points, given by their indices."""
    points, finite = errors.points[where], np.isfinite(errors.result[where])
    i = where[np.argmax(np.where(finite, errors.units[where], np.inf))]
    size: tuple[float | str, float | str] = float(errors.absolute[i]), float(errors.units[i])
    if not finite.all():
        size = (str(errors.result[i]),) * 2
    ends = float(points.min()), float(points.max())
    return Departure(what, len(points), *ends, *size, float(errors.points[i]))
