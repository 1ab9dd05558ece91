"""The value that is taken at a kink: the catalogue's, on balls as on rationals.

The oracle encloses every choice; a worked example shows one of them, and says so (derivation,
section 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from flint import arb

from conformance.worked.written import rational
from manual_backprop import Activation, Breakpoint, Loss
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.precision import precision
from manual_backprop.arithmetic.series import fraction
from manual_backprop.arrays import Array
from manual_backprop.oracle.on_balls import BallActivation, BallLoss


@dataclass(frozen=True)
class Corner:
    """A unit on a kink.

    Attributes:
        sample: the row.
        layer: m of p_u^(m); N + 1 for an output at which the loss has its kink.
        unit: u.
        hull: the least and the largest derivative there.
        taken: the one that is taken; None, as the hull is, where the ball of p only touches the
            kink, so that every choice is enclosed.
    """

    sample: int
    layer: int
    unit: int
    hull: tuple[Fraction, Fraction] | None
    taken: Fraction | None


def kink_at(function: Activation | Loss, t: Fraction) -> Breakpoint | None:
    """The breakpoint at which the derivative jumps, if that is where t is.

    >>> from manual_backprop import ACTIVATIONS
    >>> kink_at(ACTIVATIONS["hard_swish"], Fraction(3)).right
    Fraction(1, 1)
    >>> kink_at(ACTIVATIONS["elu"], Fraction(0))  # a breakpoint, and no kink
    """
    kinks = (each for each in function.breakpoints if each.is_kink)
    return next((each for each in kinks if each.at == t), None)


# ── activations ──


def corner_of_unit(function: Activation, p: Fraction, place: tuple[int, int, int]) -> Corner | None:
    """The corner, if p is on a kink; `place` is sample, layer, unit.

    >>> from manual_backprop import ACTIVATIONS
    >>> corner_of_unit(ACTIVATIONS["relu"], Fraction(0), (0, 1, 2))
    Corner(sample=0, layer=1, unit=2, hull=(Fraction(0, 1), Fraction(1, 1)), taken=Fraction(0, 1))
    """
    kink = kink_at(function, p)
    if kink is None:
        return None
    low, high = sorted((kink.left, kink.right))
    return Corner(*place, (low, high), taken_at(function, kink))


def taken_at(function: Activation, kink: Breakpoint) -> Fraction:
    """The derivative that the catalogue takes at a kink: that of a side, or 0 between the two.

    >>> from manual_backprop import ACTIVATIONS
    >>> [str(taken_at(ACTIVATIONS[name], ACTIVATIONS[name].breakpoints[-1]))
    ...  for name in ("relu", "abs", "leaky_relu", "hard_swish")]
    ['0', '0', '1/100', '1']
    """
    found = function.derivative(np.array([float(kink.at)])).item()
    sides = (kink.left, kink.right, Fraction(found))  # a side has more digits than its float
    return next(each for each in sides if float(each) == found)


@dataclass(frozen=True, eq=False)
class TakenActivation(BallActivation):
    """An activation on balls that takes one value at a kink, where p is exactly there.

    `layer` is m; `corners` gets each unit on a kink.
    """

    corners: list[Corner] = field(default_factory=list)

    def derivative(self, p: Balls) -> Balls:
        """f' over each ball; the hull where the ball only touches a kink."""
        hulls, balls, columns = super().derivative(p), p.entries, p.shape[-1]
        slopes = hulls.entries
        for kink in self.kinks:
            place, unit = kink.sample * columns + kink.unit, (kink.sample, self.layer, kink.unit)
            exact = balls[place].is_exact()
            corner = corner_of_unit(self.function, rational(balls[place]), unit) if exact else None
            if corner is not None:
                slopes[place] = _ball(corner, p.bits)
            self.corners.append(corner or Corner(*unit, None, None))
        return hulls.with_entries(slopes)


def _ball(corner: Corner, bits: int) -> arb:
    """What is taken there."""
    with precision(bits):
        return fraction(corner.taken or Fraction(0))


# ── losses ──


def corner_of_loss(
    loss: Loss, x: Fraction, y: Fraction, place: tuple[int, int, int]
) -> Corner | None:
    """The corner, if the loss has a kink at the output x.

    >>> from manual_backprop import LOSSES
    >>> corner_of_loss(LOSSES["hinge"], Fraction(-1), Fraction(-1), (0, 3, 0)).hull
    (Fraction(0, 1), Fraction(1, 1))
    """
    if loss.argument is None or (kink := kink_at(loss, loss.argument(x, y))) is None:
        return None
    along = loss.argument(x + 1, y) - loss.argument(x, y)  # ∂t/∂x: t is affine in x
    low, high = sorted((kink.left * along, kink.right * along))
    taken = loss.gradient(_alone(x), _alone(y)).item()
    return Corner(*place, (low, high), taken)


def _alone(value: Fraction) -> Array:
    """One number, as one sample with one output."""
    return np.array([[value]], dtype=object)


def taken_loss_gradient(
    loss: Loss, x: Balls, targets: Array, layer: int
) -> tuple[Balls, Sequence[Corner]]:
    """∇L of each sample, shape (S, l_N), with one value taken at a kink, and the corners."""
    on_balls = BallLoss(loss)
    slopes, outputs = on_balls.gradient(x, targets), x.entries
    entries, corners = slopes.entries, []
    for kink in on_balls.kinks:
        place, unit = kink.sample * x.shape[-1] + kink.unit, (kink.sample, layer, kink.unit)
        corner = None
        if kink.exact:
            y = Fraction(*targets[kink.sample, kink.unit].as_integer_ratio())
            corner = corner_of_loss(loss, rational(outputs[place]), y, unit)
        if corner is not None:
            entries[place] = _ball(corner, x.bits)
        corners.append(corner or Corner(*unit, None, None))
    return slopes.with_entries(entries), corners
