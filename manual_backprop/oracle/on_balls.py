"""The catalogue's activations and losses on Arb balls, by their definitions.

Values come from the plain formulas, derivatives from the power series of the plain formulas: no
derivative formula of ours is trusted. At a breakpoint every piece that the ball touches takes part,
and the derivative is the hull of the one-sided ones (derivation, section 8), unless a convention
is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from flint import arb, arb_series

from manual_backprop.activations import Activation
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.precision import precision
from manual_backprop.arithmetic.series import (
    FUNCTIONS,
    Functions,
    active_pieces,
    coefficient,
    coefficients,
    expanded,
    places,
    union,
)
from manual_backprop.arrays import Array
from manual_backprop.losses import Loss

Convention = Literal["hull", "left", "right", "mean", "zero"]
CONVENTIONS = ("hull", "left", "right", "mean", "zero")


@dataclass(frozen=True)
class Kink:
    """A unit whose pre-activation touches a breakpoint where the derivative jumps.

    Attributes:
        layer: k of the layer that holds the unit; the depth N for a kink of the loss.
        sample: the row.
        unit: the column.
        exact: whether it sits exactly there, rather than within the ball's reach.
    """

    layer: int
    sample: int
    unit: int
    exact: bool


@dataclass(frozen=True, eq=False)
class BallLayer:
    """A layer on balls of either kind; the fields that the recursion reads."""

    weights: Array
    biases: Array | None
    activation: BallActivation


@dataclass(frozen=True, eq=False)
class Expansion:
    """An activation over the balls of one array: f, f', and the units on a kink."""

    p: Balls
    values: Balls
    slopes: Balls
    kinks: list[Kink]


@dataclass(frozen=True, eq=False)
class BallActivation:
    """An activation of the catalogue on balls, by its definition.

    Attributes:
        function: the activation.
        convention: what to take at a kink.
        layer: k, for the record of kinks.
        kinks: units found on a kink are appended here by `derivative`.
        last: the last expansion, if any: one power series has value and derivative, and the
            recursion asks for them one after the other.
    """

    function: Activation
    convention: Convention = "hull"
    layer: int = 0
    kinks: list[Kink] = field(default_factory=list)
    last: list[Expansion] = field(default_factory=list)

    def value(self, p: Balls) -> Balls:
        """f over each ball, the union of the pieces that it touches."""
        return self._expansion(p).values

    def derivative(self, p: Balls) -> Balls:
        """f' over each ball: the hull of one-sided derivatives where it touches a breakpoint."""
        expansion = self._expansion(p)
        self.kinks.extend(expansion.kinks)
        return expansion.slopes

    def _expansion(self, p: Balls) -> Expansion:
        if not self.last or self.last[0].p is not p:
            self.last[:] = [self._expanded(p)]
        return self.last[0]

    def _expanded(self, p: Balls) -> Expansion:
        kinks: list[Kink] = []
        with precision(p.bits):
            pairs = self._piecewise(p, kinks) if self.function.breakpoints else self._smooth(p)
        values, slopes = map(p.with_entries, zip(*pairs, strict=True))
        return Expansion(p, values, slopes, kinks)

    def _smooth(self, p: Balls) -> list[tuple[arb, arb]]:
        formula = self.function.pieces[0]
        return [expanded(formula, ball) for ball in p.entries]

    def _piecewise(self, p: Balls, kinks: list[Kink]) -> list[tuple[arb, arb]]:
        breaks, columns, pairs = places(self.function.breakpoints), p.shape[-1], []
        for place, ball in enumerate(p.entries):
            touched = active_pieces(ball, breaks)
            sides = [expanded(self.function.pieces[k], ball) for k in touched]
            pairs.append(joined(sides, self.convention, ball))
            if touches_kink(touched, self.function):
                unit = Kink(self.layer, place // columns, place % columns, ball.is_exact())
                kinks.append(unit)
        return pairs


def touches_kink(touched: range, function: Activation | Loss) -> bool:
    """Whether there is a jump of the derivative between two of the pieces that are touched."""
    return any(function.breakpoints[k].is_kink for k in touched[:-1])


def joined(sides: list[tuple[arb, arb]], convention: Convention, p: arb) -> tuple[arb, arb]:
    """Value and derivative of the pieces that a ball touches, as one."""
    if len(sides) == 1:
        return sides[0]
    values, slopes = zip(*sides, strict=True)
    return union(list(values)), chosen(slopes, convention, p)


def chosen(sides: Sequence[arb], convention: Convention, p: arb) -> arb:
    """The hull of the one-sided derivatives, or the one that a convention takes exactly there."""
    if convention == "hull" or len(sides) == 1 or not p.is_exact():
        return union(list(sides))
    left, right = sides[0], sides[-1]
    if convention == "mean":
        return (left + right) / 2
    if convention == "zero" and union([left, right]).contains(arb(0)):
        return arb(0)
    return right if convention == "right" else left


@dataclass(frozen=True, eq=False)
class BallLoss:
    """A loss of the catalogue on balls, by its definition.

    Attributes:
        function: the loss.
        convention: what to take at a kink.
        layer: the depth N, for the record of kinks.
        kinks: outputs found on a kink are appended here.
    """

    function: Loss
    convention: Convention = "hull"
    layer: int = 0
    kinks: list[Kink] = field(default_factory=list)

    def gradient(self, x: Balls, y: Array) -> Balls:
        """∇L, shape (S, l_N)."""
        return self.expanded(x, y)[1]

    def expanded(self, x: Balls, y: Array) -> tuple[arb, Balls]:
        """Σ_s L(x_s | y_s) and ∇L, by one power series an output.

        The series is of that output's term, or of the whole where outputs couple.
        """
        of_sample = self._terms if self.function.whole is None else self._whole
        with precision(x.bits):
            pairs = [of_sample(*row, s) for s, row in enumerate(_rows(x, y))]
            loss = sum((losses for losses, _ in pairs), arb(0))
        return loss, x.with_entries([slope for _, slopes in pairs for slope in slopes])

    def _terms(self, outputs: list[arb], targets: list[arb], s: int) -> tuple[arb, list[arb]]:
        breaks = places(self.function.breakpoints)
        terms, slopes = [], []
        for i, (x, y) in enumerate(zip(outputs, targets, strict=True)):
            t = self._argument(arb_series([x, 1], 2), y)
            touched = active_pieces(coefficient(t, 0), breaks)
            sides = [coefficients(self.function.pieces[k], t, y, FUNCTIONS) for k in touched]
            term, slope = joined(sides, self.convention, coefficient(t, 0))
            if touches_kink(touched, self.function):
                self.kinks.append(Kink(self.layer, s, i, exact=x.is_exact()))
            terms.append(term)
            slopes.append(slope)
        return sum(terms, arb(0)), slopes

    def _whole(self, outputs: list[arb], targets: list[arb], s: int) -> tuple[arb, list[arb]]:
        """One series an output; the exponentials of those that stay put are computed once."""
        functions = RememberedExp({id(x): x.exp() for x in outputs})
        whole = self.function.whole
        assert whole is not None
        pairs = []
        for i, x in enumerate(outputs):
            moving = [*outputs[:i], arb_series([x, 1], 2), *outputs[i + 1 :]]
            pairs.append(coefficients(whole, moving, targets, functions))
        return pairs[0][0], [slope for _, slope in pairs]

    def _argument(self, x: Any, y: Any) -> Any:
        if self.function.argument is None:
            raise ValueError(needs_definition("loss", self.function.name))
        return self.function.argument(x, y)


@dataclass(frozen=True)
class RememberedExp(Functions):
    """The namespace m, with the exponentials of some balls known."""

    known: dict[int, arb]

    def exp(self, z: Any) -> Any:  # type: ignore[override]
        """The exponential."""
        return self.known[id(z)] if id(z) in self.known else z.exp()


def needs_definition(kind: str, name: str) -> str:
    """What to say where a user's own function has no definition to enclose."""
    return (
        f"{kind} {name!r} has no definition, so nothing can be proved of it: give it `pieces`, its "
        "plain formula of p and of the namespace m (m.exp, m.log, m.sqrt, m.sin, m.tanh, m.erf, "
        "m.pi), one for each interval between its breakpoints"
    )


def _rows(x: Balls, y: Array) -> list[tuple[list[arb], list[arb]]]:
    """Outputs and targets of each sample, as balls."""
    entries, width = x.entries, x.shape[-1]
    targets = Balls.exactly(y, x.bits).entries
    starts = range(0, len(entries), width)
    return [(entries[k : k + width], targets[k : k + width]) for k in starts]
