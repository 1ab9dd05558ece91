"""The gradient correctly rounded: the float nearest to the true value, ties to even.

Ziv's strategy: enclose, and where a ball straddles a rounding boundary, enclose again with more
bits. Whether a ball rounds one way is decided on exact rationals, so there is no double rounding,
and subnormals and overflow are as IEEE 754 has them. A value that no precision within the cap
separates from a boundary is reported with the bound reached, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb

from manual_backprop.arithmetic.balls import Balls, finite_or_zero
from manual_backprop.arithmetic.formats import Format, float_format
from manual_backprop.arithmetic.precision import precision
from manual_backprop.arrays import Array
from manual_backprop.network import ArrayName, Gradients, Problem
from manual_backprop.oracle.enclosure import Enclosure, enclose
from manual_backprop.oracle.named_balls import named_balls
from manual_backprop.oracle.on_balls import Convention

Floats = npt.NDArray[np.float64]

ROUNDABLE = ("float16", "bfloat16", "float32", "float64")

CAP = 4096
"""Bits beyond which an entry is left undecided; underflow of float64 needs 1,100."""


@dataclass(frozen=True)
class Undecided:
    """An entry that no precision within the cap rounds one way.

    Attributes:
        name: "loss", "weights", "biases" or "inputs".
        layer: k; 0 for loss and inputs.
        index: of the entry.
        bits: the precision reached.
        below: k with |entry| < 2^k, or None where the enclosure excludes 0.
        reason: "kink" if the ball is the hull of several choices, which no precision narrows, else
            "precision".
    """

    name: str
    layer: int
    index: tuple[int, ...]
    bits: int
    below: int | None
    reason: str


@dataclass(frozen=True, eq=False)
class CorrectlyRounded(Gradients):
    """The correctly rounded objective and gradient: floats, nan where undecided.

    Attributes:
        undecided: the entries left undecided; empty as a rule.
        bits: the precision that the hardest decided entry took.
    """

    undecided: tuple[Undecided, ...]
    bits: int


def correctly_rounded(
    problem: Problem,
    dtype: str = "float64",
    kink: Convention = "hull",
    bits: int = 128,
    cap: int = CAP,
) -> CorrectlyRounded:
    """The objective and its gradient, each entry the float nearest to the true value.

    Args:
        problem: as for `enclose`.
        dtype: float16, bfloat16 (in float32 arrays), float32 or float64.
        kink: as for `enclose`; with "hull", entries that depend on the choice are undecided.
        bits: precision to start with, doubled as needed.
        cap: the last precision tried.
    Returns:
        Gradients of floats, nan where undecided; `undecided` lists those with the bits reached.
    Accuracy: half an ulp, proved.
    Source: Ziv 1991, *Fast evaluation of elementary mathematical functions with correctly rounded
        last bit*.

    >>> import numpy as np
    >>> from manual_backprop import Layer, Network
    >>> problem = Problem(Network([Layer([[1.0]], None, "tanh")]), [20.0], loss="identity_sum")
    >>> float(correctly_rounded(problem).weights[0][0, 0])  # 1 − tanh² is 0 there
    3.398683404233271e-16
    """
    if dtype not in ROUNDABLE:
        raise ValueError(f"cannot round to {dtype!r}: {', '.join(ROUNDABLE)} fit")
    rounding = _Rounding(float_format(dtype))
    while True:
        enclosure = enclose(problem, bits, kink)
        rounding.visit(enclosure)
        if not rounding.open or bits * 2 > cap or rounding.stuck:
            return rounding.result(enclosure, problem)
        bits *= 2


class _Rounding:
    """The entries decided so far, array by array, and those still open.

    `narrowed` are the open ones whose ball the last doubling of the precision at least halved:
    more bits may decide them. The others hang on a kink.
    """

    def __init__(self, target: Format) -> None:
        self.target = target
        self.values: dict[ArrayName, Floats] = {}
        self.open: dict[ArrayName, npt.NDArray[np.intp]] = {}
        self.radii: dict[tuple[ArrayName, int], arb] = {}
        self.narrowed: set[tuple[ArrayName, int]] = set()
        self.stuck = False
        self.bits = 0

    def visit(self, enclosure: Enclosure) -> None:
        """Decide what this enclosure can."""
        first = not self.values
        self.narrowed = set()
        for key, balls in named_balls(enclosure):
            entries = balls.entries
            places = np.arange(len(entries)) if first else self.open.get(key)
            if places is None:
                continue
            rounded = round_balls([entries[k] for k in places], self.target, enclosure.bits)
            flat = self.values.setdefault(key, np.full(len(entries), np.nan))
            flat[places] = rounded
            self.open[key] = places[np.isnan(rounded)]
            if len(self.open[key]) < len(places):
                self.bits = enclosure.bits
            self._compare(key, entries)
        self.open = {key: places for key, places in self.open.items() if len(places)}
        on_kinks = bool(enclosure.kinks) and all(each.exact for each in enclosure.kinks)
        self.stuck = on_kinks and not first and not self.narrowed

    def _compare(self, key: ArrayName, entries: list[arb]) -> None:
        """Note which open balls are narrower than they were, and how wide they are."""
        for place in self.open[key].tolist():
            radius, before = entries[place].rad(), self.radii.get((key, place))
            if before is not None and (2 * radius <= before or not before.is_finite()):
                self.narrowed.add((key, place))
            self.radii[key, place] = radius

    def result(self, enclosure: Enclosure, problem: Problem) -> CorrectlyRounded:
        """The arrays in the format's dtype, with what is still open."""
        dtype = self.target.array_dtype
        shaped: dict[ArrayName, Any] = {}
        undecided: list[Undecided] = []
        for key, balls in named_balls(enclosure):
            shaped[key] = self.values[key].reshape(balls.shape).astype(dtype)
            for place in self.open.get(key, ()):
                on_kink = bool(enclosure.kinks) and (key, int(place)) not in self.narrowed
                reason = "kink" if on_kink else "precision"
                undecided.append(_undecided(key, balls, int(place), enclosure.bits, reason))
        depth = range(problem.network.depth)
        return CorrectlyRounded(
            loss=shaped[ArrayName("loss")][0],
            weights=tuple(shaped[ArrayName("weights", k)] for k in depth),
            biases=tuple(shaped.get(ArrayName("biases", k)) for k in depth),
            compute_inputs=lambda: _inputs(shaped[ArrayName("inputs")], problem),
            undecided=tuple(undecided),
            bits=self.bits,
        )


def _inputs(rows: Array, problem: Problem) -> Array:
    return rows.reshape(-1) if problem.one_sample else rows


def _undecided(key: ArrayName, balls: Balls, place: int, bits: int, reason: str) -> Undecided:
    ball = balls.entries[place]
    below = None
    if ball.contains(arb(0)) and ball.is_finite():
        below = _exponent_above(ball)
    index = tuple(int(each) for each in np.unravel_index(place, balls.shape))
    return Undecided(*key, index, bits, below, reason)


def _exponent_above(ball: arb) -> int:
    """The least k with |ball| < 2^k."""
    mantissa, exponent = ball.abs_upper().man_exp()
    return int(mantissa).bit_length() + int(exponent)


# ── one ball ──


def round_balls(balls: list[arb], target: Format, bits: int) -> Floats:
    """Each ball rounded to the format if all of it rounds one way, else nan.

    Most are decided in float64: the distance from the midpoint's float to the rounding boundaries
    against what the ball and that float leave open; the others in exact rationals.
    """
    with precision(bits):
        nearest = [float(ball) for ball in balls]
        pairs = zip(balls, map(finite_or_zero, nearest), strict=True)
        rest = [ball - value for ball, value in pairs]
        reach = np.array([float(each.abs_upper()) for each in rest]) * (1 + 2.0**-50)
    candidate = np.array(nearest)
    value = _to_format(candidate, target)
    with np.errstate(all="ignore"):
        safe = reach < _margin(candidate, value, target)
    result = np.where(safe, value, np.nan)
    for place in np.flatnonzero(~safe):
        result[place] = round_exactly(balls[place], target, bits)
    return result


def _to_format(values: Floats, target: Format) -> Floats:
    """float64 values rounded to a format; only used where far from a boundary."""
    if target.name == "bfloat16":
        finite = np.where(np.isfinite(values), values, 0.0)
        return np.array([round_rational(Fraction(value), target) for value in finite])
    with np.errstate(all="ignore"):
        return values.astype(target.name).astype(np.float64)


def _margin(x: Floats, value: Floats, target: Format) -> Floats:
    """A lower bound of the distance from x to the nearest boundary of rounding around `value`.

    Half an ulp at the value, less |x − value|; 0 near a power of two, where the ulp changes, and
    outside the normal range, so that those go the exact way.
    """
    size = np.abs(value)
    mantissa, exponent = np.frexp(size)
    half_ulp = np.ldexp(1.0, exponent - target.precision - 1)
    inner = (mantissa > 0.5) & (size > target.smallest_normal) & (size < target.largest / 2)
    return np.where(inner, half_ulp - np.abs(x - value), 0.0)


def round_exactly(ball: arb, target: Format, bits: int) -> float:
    """The ball's rounding by exact rationals at its two ends; nan if they differ.

    >>> round_exactly(arb(1) / 3, float_format("float32"), 53)
    0.3333333432674408
    """
    if not ball.is_finite():
        return float("nan")
    with precision(bits + 64):
        low, high = _rational(ball.lower()), _rational(ball.upper())
    if low == high:
        return round_rational(low, target)
    ends = round_rational(low, target), round_rational(high, target)
    if ends[0] == ends[1] == 0:
        return 0.0 if low <= 0 <= high else ends[0]  # the sign is of a proved negative alone
    return ends[0] if ends[0] == ends[1] else float("nan")


BEYOND = 4096
"""Numbers above 2^BEYOND, or below its inverse, round alike in every format."""


def _rational(exact: arb) -> Fraction:
    """The number, or one that rounds alike in place of one that no memory would hold."""
    mantissa, exponent = (int(part) for part in exact.man_exp())
    leading = mantissa.bit_length() + exponent
    if mantissa and abs(leading) > BEYOND:
        size = Fraction(2) ** (BEYOND if leading > 0 else -BEYOND)
        return size if mantissa > 0 else -size
    return Fraction(mantissa) * Fraction(2) ** exponent


def round_rational(value: Fraction, target: Format) -> float:
    """The float of the format nearest to a rational, ties to even; overflow gives ±inf.

    >>> round_rational(Fraction(2**-1074) / 2, float_format("float64"))
    0.0
    >>> round_rational(Fraction(1, 3), float_format("bfloat16"))
    0.333984375
    """
    if value == 0:
        return 0.0
    lowest = 2 - target.max_exponent - target.precision  # exponent of the smallest subnormal
    leading = _leading_exponent(abs(value))
    unit = max(leading - target.precision + 1, lowest)
    multiple = round(abs(value) / Fraction(2) ** unit)  # Python rounds ties to even
    size = multiple * Fraction(2) ** unit
    if size > (2 - Fraction(1, 2 ** (target.precision - 1))) * Fraction(2) ** target.max_exponent:
        return float("inf") if value > 0 else float("-inf")
    return float(size) if value > 0 else -float(size)


def _leading_exponent(value: Fraction) -> int:
    """e with 2^e ≤ value < 2^(e+1)."""
    guess = value.numerator.bit_length() - value.denominator.bit_length()
    return guess if value >= Fraction(2) ** guess else guess - 1
