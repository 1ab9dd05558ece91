"""What is said beside a tree: where its parameter is, how to read it, the kinks, the proof."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice

from conformance.numbers import in_ulp, plural
from conformance.worked.document import Paragraph
from conformance.worked.entry import Entry
from conformance.worked.notation import Num, Slope, Sym, equal
from conformance.worked.point import Point, is_rational
from conformance.worked.proof import Proof
from conformance.worked.recursion import Recursion
from conformance.worked.taken import Corner
from conformance.worked.written import DIGITS, UNBOUNDED, exponent_above, is_decided, written
from manual_backprop import Problem, Verdict
from manual_backprop.arithmetic.formats import float_format

LISTED = 4
"""Kinks that are named."""


def place(entry: Entry) -> Paragraph:
    """Where the parameter is, and how to read the symbols."""
    came = " is added in"
    if entry.j is not None:
        came = f" leads from unit {entry.j} of layer {entry.k} to"
    return Paragraph(
        (
            entry.symbol,
            f"{came} unit {entry.i} of layer {entry.k + 1}; in Python it is {entry.in_python}. "
            "Layers and units count from 0, layer 0 is the input. A dot marks the derivative with "
            "respect to it. The numbers of equations are those of docs/derivation.md.",
        )
    )


def numbers_are(at: Point, decided: bool) -> Paragraph:
    """How the numbers are to be read."""
    if at.bits is None:
        return Paragraph(("All numbers are exact.",))
    words = (
        f"Each number is the true value, correctly rounded to {DIGITS} digits; with fewer digits "
        "it is exact. So a sum of what is written may differ in its last digit from what is "
        "written for the sum."
    )
    if is_rational(at.problem):
        words = f"The exact fractions are too long to be read. {words}"
    if not decided:
        words += (
            f" With {at.bits} bits some are not decided: [a, b] is a number from a to b, and 0±c "
            "one of size c at most."
        )
    return Paragraph((words,))


def kinks(at: Point) -> Iterator[Paragraph]:
    """Each unit on a kink, what is taken there, and that it is one of a set."""
    yield from (_kink(at, corner) for corner in islice(at.corners, LISTED))
    if (more := len(at.corners) - LISTED) > 0:
        yield Paragraph((f"… and {plural(more, 'more kink')}.",))


def _kink(at: Point, corner: Corner) -> Paragraph:
    """What is taken at one kink; of a kink of the loss, ∇L is what jumps."""
    of_loss, u = corner.layer > at.depth, (corner.unit,)
    place = Sym("x", u, at.depth) if of_loss else Sym("p", u, corner.layer)
    slope = Sym("∇L", u) if of_loss else Slope(corner.layer, u)
    name = at.problem.loss.name if of_loss else activation_name(at, corner.layer)
    where = f" of sample {corner.sample}"
    if corner.hull is None or corner.taken is None:
        words = f"{where} is not told from a kink of {name}, so all of a set goes on as "
        return Paragraph(("Kink: ", place, words, slope, " (section 8)."))
    low, high = map(written, corner.hull)
    words = f"{where} is on a kink of {name}, where the derivative is a set, [{low}, {high}]. Here "
    end = ", as PyTorch has it; any other number of the set would do (section 8)."
    return Paragraph(("Kink: ", place, words, equal(slope, Num(corner.taken)), end))


def activation_name(at: Point, m: int) -> str:
    """The name of f_m."""
    return at.problem.network.layers[m - 1].activation.name


def proved_by(of: Recursion, proved: Proof, problem: Problem) -> Iterator[Paragraph]:
    """The enclosure, the nearest float, and the float that backpropagation returns."""
    yield Paragraph((_agreement(of, proved),))
    dtype, near, found = problem.dtype.name, proved.nearest, proved.backprop
    if math.isnan(near):
        yield Paragraph(
            (f"The nearest {dtype} is not decided. In {dtype}, backprop returns {found}.",)
        )
        return
    away = "the same"
    if found != near:
        away = f"{in_ulp(abs(found - near), near, float_format(dtype))} away"
    yield Paragraph(
        (
            f"The {dtype} nearest to it, proved: {near!r}. In {dtype}, backprop returns {found!r}: "
            f"{away}, {INSIDE[proved.verdict]}.",
        )
    )


INSIDE = {
    Verdict.CONFORMS: "within the bound of its class",
    Verdict.UNDECIDED: "within the bound of its class, which holds 0 as well",
}
"""What `judge` says of a float."""


def _agreement(of: Recursion, proved: Proof) -> str:
    """That backpropagation agrees, and how closely it was asked."""
    if written(proved.enclosed) == UNBOUNDED:
        return f"Not proved: the balls of {proved.bits} bits bound nothing."
    how = "in exact rationals and in balls" if of.at.bits is None else "in balls"
    words = f"Proved: backpropagation, (5.1) to (5.3), finds the same {how} of {proved.bits} bits"
    return f"{words}{_enclosed(of, proved)}."


def _enclosed(of: Recursion, proved: Proof) -> str:
    """What the enclosure says; where there are kinks, what it says of every choice."""
    if of.at.corners and not is_decided(proved.enclosed):
        return f"; with every choice at the kinks it encloses {written(proved.enclosed)}"
    whatever = ", whatever is chosen at the kinks" * bool(of.at.corners)
    if proved.enclosed.is_exact():
        return f", which are exact{whatever}"
    return f", of radius below 2^{exponent_above(proved.enclosed.rad())}{whatever}"
