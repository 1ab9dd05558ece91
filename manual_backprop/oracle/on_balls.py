"""The catalogue's activations and losses on Arb balls, by their definitions.

Values come from the plain formulas, derivatives from the power series of the plain formulas: no
derivative formula of ours is trusted. At a breakpoint every piece that the ball touches takes part,
and the derivative is the hull of the one-sided ones (derivation, section 8), unless a convention
is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from flint import arb, arb_mat, arb_series

from manual_backprop.activations import Activation
from manual_backprop.arithmetic.balls import Balls, ball_of
from manual_backprop.arithmetic.precision import precision
from manual_backprop.arithmetic.series import (
    FUNCTIONS,
    Functions,
    active_pieces,
    arb_of,
    expanded,
    slope,
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
    """A layer on balls; the fields that the recursion reads."""

    weights: Balls
    biases: Balls | None
    activation: BallActivation


@dataclass(frozen=True, eq=False)
class BallActivation:
    """An activation of the catalogue on balls, by its definition.

    Attributes:
        function: the activation.
        convention: what to take at a kink.
        layer: k, for the record of kinks.
        kinks: units found on a kink are appended here by `derivative`.
        expansion: the last argument with its values and derivatives: one power series has both,
            and the recursion asks for them one after the other.
    """

    function: Activation
    convention: Convention = "hull"
    layer: int = 0
    kinks: list[Kink] = field(default_factory=list)
    expansion: list[Any] = field(default_factory=list)

    def value(self, p: Balls) -> Balls:
        """f over each ball, the union of the pieces that it touches."""
        return self._expanded(p)[0]

    def derivative(self, p: Balls) -> Balls:
        """f' over each ball: the hull of one-sided derivatives where it touches a breakpoint."""
        if any(each.is_kink for each in self.function.breakpoints):
            self._record_kinks(p)
        return self._expanded(p)[1]

    def _expanded(self, p: Balls) -> tuple[Balls, Balls]:
        if not self.expansion or self.expansion[0] is not p:
            expand = self._smooth if len(self.function.pieces) == 1 else self._piecewise
            with precision(p.bits):
                pairs = [expand(ball) for ball in p.entries]
            self.expansion[:] = [p, *(p.with_entries([pair[k] for pair in pairs]) for k in (0, 1))]
        return self.expansion[1], self.expansion[2]

    def _smooth(self, ball: arb) -> tuple[arb, arb]:
        return expanded(self.function.pieces[0], ball)

    def _piecewise(self, ball: arb) -> tuple[arb, arb]:
        touched = active_pieces(ball, self.function.breakpoints)
        sides = [expanded(self.function.pieces[k], ball) for k in touched]
        slopes = [slope for _, slope in sides]
        return union([value for value, _ in sides]), chosen(slopes, self.convention, ball)

    def _record_kinks(self, p: Balls) -> None:
        columns = p.shape[-1]
        for place, ball in enumerate(p.entries):
            if touches_kink(ball, self.function):
                unit = Kink(self.layer, place // columns, place % columns, ball.is_exact())
                self.kinks.append(unit)


def touches_kink(ball: arb, function: Activation | Loss) -> bool:
    """Whether the ball holds a breakpoint where the derivative jumps."""
    pieces = active_pieces(ball, function.breakpoints)
    crossed = [function.breakpoints[index] for index in pieces[:-1]]
    return any(each.is_kink for each in crossed)


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
        kinks: outputs found on a kink are appended here by `gradient`.
    """

    function: Loss
    convention: Convention = "hull"
    layer: int = 0
    kinks: list[Kink] = field(default_factory=list)

    def value(self, x: Balls, y: Array) -> arb:
        """Σ_s L(x_s | y_s)."""
        with precision(x.bits):
            losses = [self._value(outputs, targets) for outputs, targets in _rows(x, y)]
            return sum(losses, arb(0))

    def gradient(self, x: Balls, y: Array) -> Balls:
        """∇L, by power series: of each output's term, or of the whole where outputs couple."""
        of_sample = self._terms_gradient if self.function.whole is None else self._whole_gradient
        with precision(x.bits):
            slopes = [
                each
                for s, (outputs, targets) in enumerate(_rows(x, y))
                for each in of_sample(outputs, targets, s)
            ]
        return Balls(arb_mat(x.matrix.nrows(), x.matrix.ncols(), slopes), x.bits)

    def _value(self, outputs: list[arb], targets: list[arb]) -> arb:
        if self.function.whole is not None:
            return arb_of(self.function.whole(outputs, targets, FUNCTIONS))
        terms = [self._term(x, y) for x, y in zip(outputs, targets, strict=True)]
        return sum(terms, arb(0))

    def _term(self, x: arb, y: arb) -> arb:
        t = self._argument(x, y)
        touched = active_pieces(t, self.function.breakpoints)
        return union([arb_of(self.function.pieces[k](t, y, FUNCTIONS)) for k in touched])

    def _terms_gradient(self, outputs: list[arb], targets: list[arb], s: int) -> list[arb]:
        return [
            self._slope(x, y, Kink(self.layer, s, i, exact=x.is_exact()))
            for i, (x, y) in enumerate(zip(outputs, targets, strict=True))
        ]

    def _slope(self, x: arb, y: arb, here: Kink) -> arb:
        t = self._argument(x, y)
        if touches_kink(t, self.function):
            self.kinks.append(here)
        moving = self._argument(arb_series([x, 1], 2), y)
        touched = active_pieces(t, self.function.breakpoints)
        sides = [slope(self._piece(k, y), moving) for k in touched]
        return chosen(sides, self.convention, t)

    def _piece(self, k: int, y: arb) -> Callable[[Any], Any]:
        return lambda t: self.function.pieces[k](t, y, FUNCTIONS)

    def _whole_gradient(self, outputs: list[arb], targets: list[arb], s: int) -> list[arb]:
        """One series an output; the exponentials of those that stay put are computed once."""
        functions = RememberedExp({id(x): x.exp() for x in outputs})
        whole = self.function.whole
        assert whole is not None

        def along(i: int) -> Callable[[Any], Any]:
            return lambda x: whole([*outputs[:i], x, *outputs[i + 1 :]], targets, functions)

        return [slope(along(i), arb_series([x, 1], 2)) for i, x in enumerate(outputs)]

    def _argument(self, x: Any, y: arb) -> Any:
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
    targets = [ball_of(each) for each in np.asarray(y).ravel()]
    starts = range(0, len(entries), width)
    return [(entries[k : k + width], targets[k : k + width]) for k in starts]
