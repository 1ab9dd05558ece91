"""What is proved of one problem: the truth rounded and enclosed, and how far honest code strays.

A vector's *midpoint* is the float64 nearest to the truth (at a kink: to the middle of the hull),
its *bound* a radius around it that covers the admissible set of the class "reverse". The set itself
is centred on what NumPy computes, whose last places vary with the CPU. How far NumPy may be from
the truth is what the class without roundoff of its own still allows, a second admissible set. So,
with their radii r and r_own,

    |yours − midpoint| ≤ |yours − NumPy| + |NumPy − truth| + |truth − midpoint| ≤ r + r_own + ½ ulp,

a little more than the set (r_own is about r/2 in float64, and nothing in float32), and the same
number on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from manual_backprop import Problem, correctly_rounded
from manual_backprop.arithmetic.formats import Format, float_format
from manual_backprop.arithmetic.precision import precision
from manual_backprop.oracle.admissible import admissible
from manual_backprop.oracle.certificate import certify
from manual_backprop.oracle.enclosure import Enclosure
from manual_backprop.oracle.rounding import CorrectlyRounded

from .decimals import HULL_DIGITS, end, upper_float
from .hull import hulls

NUMPY_ALONE = Format("none but NumPy's own", 200, 1022, 200, 1022)
"""A class whose roundoff is negligible: what remains of its radius is NumPy's own error."""


class Unfit(ValueError):
    """A problem of which no vector can be made; the message says why."""


@dataclass(frozen=True, eq=False)
class Entries:
    """One array of the gradient, entry by entry; arrays of one shape.

    Attributes:
        rounded: the correctly rounded value, nan where it depends on the choice at a kink.
        lower, upper: `Fraction`s that enclose the truth, or the hull.
        midpoint: float64.
        bound: float64; inf where nothing is known.
    """

    rounded: Any
    lower: Any
    upper: Any
    midpoint: Any
    bound: Any


@dataclass(frozen=True, eq=False)
class Proof:
    """A problem with everything that is proved of its gradient.

    Attributes:
        enclosure: to at most 2^-20 ulp of float64, the choice at kinks aside.
        rounded: correctly, to the problem's dtype.
        loss: the ends of the objective's enclosure.
        weights, biases: of each layer; None where there are no biases.
    """

    enclosure: Enclosure
    rounded: CorrectlyRounded
    loss: tuple[Fraction, Fraction]
    weights: tuple[Entries | None, ...]
    biases: tuple[Entries | None, ...]

    @property
    def problem(self) -> Problem:
        """What it is a proof of."""
        return self.enclosure.problem

    @cached_property
    def arrays(self) -> list[Entries]:
        """Weights and biases of all layers."""
        return [each for each in (*self.weights, *self.biases) if each is not None]


def prove(problem: Problem) -> Proof:
    """Everything that a vector says of a problem.

    Raises:
        Unfit: if something stays open that is not the choice at an exact kink, or if the class
            cannot tell on which side of one a unit is.
    """
    certificate = certify(problem)
    enclosure, rounded = certificate.enclosure, correctly_rounded(problem, str(problem.dtype))
    _require(certificate.complete, "the enclosure stays wide")
    _require(all(each.exact for each in enclosure.kinks), "a unit is near a kink, not on it")
    _require(all(each.reason == "kink" for each in rounded.undecided), "an entry stays open")
    _require(not np.isnan(rounded.loss), "the objective stays open")
    ends = _ends([enclosure.loss], [enclosure.loss], enclosure.bits)
    return Proof(enclosure, rounded, (ends[0][0], ends[1][0]), *_parts(enclosure, rounded))


def _require(holds: Any, why: str) -> None:
    if not holds:
        raise Unfit(why)


def _parts(
    enclosure: Enclosure, rounded: CorrectlyRounded
) -> tuple[tuple[Entries | None, ...], ...]:
    """`Entries` of the weights and of the biases, layer by layer."""
    problem = enclosure.problem
    classes = (float_format(str(problem.dtype)), NUMPY_ALONE)
    sets = [admissible(problem, each) for each in classes]
    hull = dict(zip(("weights", "biases"), hulls(enclosure), strict=True))

    def entries(name: str, k: int) -> Entries | None:
        balls = getattr(enclosure, name)[k]
        if balls is None:
            return None
        intervals = hull[name][k].ravel().tolist()
        lows, highs = [each.low for each in intervals], [each.high for each in intervals]
        ends = _ends(lows, highs, enclosure.bits)
        values, *allowed = (getattr(each, name)[k] for each in (rounded, *sets))
        lower, upper = (_shaped(each, balls.shape) for each in ends)
        return Entries(values, lower, upper, balls.midpoint, _bounds(values, balls, *allowed))

    depth = range(problem.network.depth)
    return tuple(tuple(entries(name, k) for k in depth) for name in hull)


def _ends(lows: Any, highs: Any, bits: int) -> tuple[list[Fraction], list[Fraction]]:
    """Lower ends of balls, and upper ends of others."""
    with precision(bits + 64):
        return [end(each, upper=False) for each in lows], [end(each, upper=True) for each in highs]


def _shaped(values: list[Fraction], shape: tuple[int, ...]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array.reshape(shape)


def _bounds(values: Any, balls: Any, allowed: Any, own: Any) -> Any:
    """|yours − midpoint| at most, entry by entry; inf where nothing is known."""
    pairs = [(each.midpoint, each.radius) for each in (balls, allowed, own)]
    columns = [values, *(column for pair in pairs for column in pair)]
    rows = zip(*(each.ravel().tolist() for each in columns), strict=True)
    return np.array([_bound(*row) for row in rows]).reshape(balls.shape)


def _bound(
    value: float, m: float, width: float, numpy: float, radius: float, own: float, reach: float
) -> float:
    """Of one entry: see above. Of a hull, m and NumPy's number are the same but for rounding."""
    if not np.isfinite([m, width, radius, reach]).all():
        return np.inf
    moved = abs(Fraction(own) - Fraction(numpy))
    _require(moved <= 2 * Fraction(reach), "the class may be on the other side of a kink")
    if np.isnan(value):
        off = abs(Fraction(m) - Fraction(numpy))
        return upper_float(Fraction(radius) + off, HULL_DIGITS)
    return upper_float(Fraction(radius) + moved + Fraction(reach) + Fraction(width))
