"""The catalogue's activations and losses on float64 balls, by their definitions.

As in `oracle.on_balls`, nothing but the plain formulas enters. Most balls are inside one piece of
their function and take its Taylor polynomials (`arithmetic.taylor`); those that touch a breakpoint,
are wide or far out go to Arb one by one, and so do losses that are no function of one number alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb, arb_series

from manual_backprop.activations import Activation
from manual_backprop.arithmetic.float_balls import FloatBalls, Floats
from manual_backprop.arithmetic.precision import precision
from manual_backprop.arithmetic.rounded import interval, outward
from manual_backprop.arithmetic.series import EVERYTHING, coefficient
from manual_backprop.arithmetic.taylor import EXPANSION_BITS, Jet, jet, series
from manual_backprop.arrays import Array
from manual_backprop.losses import Loss
from manual_backprop.oracle.on_balls import BallActivation, BallLoss, Expansion, Kink


class FloatActivation(BallActivation):
    """An activation on float64 balls, by its definition."""

    def _expanded(self, p: Any) -> Expansion:
        found = self._by_pieces(p.midpoint.ravel(), p.radius.ravel())
        known = np.isfinite(found.value_radius) & np.isfinite(found.slope_radius)
        kinks = [] if known.all() else self._by_arb(p, np.flatnonzero(~known), found)
        value, value_radius, slope, slope_radius = (each.reshape(p.shape) for each in found)
        values: Any = FloatBalls(value, value_radius)
        slopes: Any = FloatBalls(slope, slope_radius)
        return Expansion(p, values, slopes, kinks)

    def _by_pieces(self, p: Floats, radius: Floats) -> Jet:
        """The balls that are inside a piece; of the others nothing is known."""
        pieces, breakpoints = self.function.pieces, self.function.breakpoints
        if not breakpoints:
            return jet(pieces[0], p, radius)
        found, (lows, highs) = Jet(*np.full((4, p.size), np.inf)), interval(p, outward(radius))
        ends = [-np.inf, *(float(each.at) for each in breakpoints), np.inf]
        for piece, low, high in zip(pieces, ends[:-1], ends[1:], strict=True):
            above, below = lows > np.nextafter(low, np.inf), highs < np.nextafter(high, -np.inf)
            inside = np.flatnonzero(above & below)
            if not inside.size:
                continue
            part = jet(piece, p[inside], radius[inside])
            for whole, values in zip(found, part, strict=True):
                whole[inside] = values
        return found

    def _by_arb(self, p: FloatBalls, places: npt.NDArray[np.intp], found: Jet) -> list[Kink]:
        """The balls at these places, filled in; returns the units on a kink among them."""
        chosen = FloatBalls(p.midpoint.ravel()[places], p.radius.ravel()[places])
        arbs = BallActivation(self.function, self.convention, self.layer)
        balls = chosen.balls(EXPANSION_BITS)
        values = FloatBalls.of_balls(arbs.value(balls))
        slopes = FloatBalls.of_balls(arbs.derivative(balls))
        parts = values.midpoint, values.radius, slopes.midpoint, slopes.radius
        for whole, part in zip(found, parts, strict=True):
            whole[places] = part
        samples, units = np.divmod(places, p.shape[-1])
        return [
            replace(each, sample=int(samples[each.unit]), unit=int(units[each.unit]))
            for each in arbs.kinks
        ]


class FloatLoss(BallLoss):
    """A loss on float64 balls, by its definition."""

    def expanded(self, x: Any, y: Array) -> tuple[arb, Any]:
        """Σ_s L(x_s | y_s) and ∇L."""
        term = term_of(self.function)
        if term is None:
            loss, slopes = super().expanded(x.balls(EXPANSION_BITS), y)
            return loss, FloatBalls.of_balls(slopes)
        t = self._argument(x, FloatBalls.exactly(y))
        activation = FloatActivation(term, self.convention, self.layer, self.kinks)
        values: Any = activation.value(t)
        return values.sum(axis=0).sum(axis=0).entries[0], activation.derivative(t)


@lru_cache(maxsize=64)
def term_of(loss: Loss) -> Activation | None:
    """What an output adds to the loss as a function of t; None if it is not shown to be one.

    ∂t/∂x has to be 1. The pieces are expanded for every target y at once: where one of them depends
    on it, nothing is known.

    >>> from manual_backprop import LOSSES
    >>> [name for name, each in LOSSES.items() if term_of(each) is None]
    ['binary_cross_entropy_with_logits', 'softmax_cross_entropy', 'poisson', 'hinge']
    """
    if loss.argument is None:
        return None
    pieces = tuple(partial(_for_every_target, each) for each in loss.pieces)
    with precision(EXPANSION_BITS):
        slope = coefficient(loss.argument(arb_series([EVERYTHING, 1], 2), EVERYTHING), 1)
        known = all(each.is_finite() for piece in pieces for each in series(piece, arb(1)))
    term = Activation(loss.name, _unread, _unread, pieces, loss.breakpoints)
    return term if slope == 1 and known else None


def _for_every_target(piece: Callable[[Any, Any, Any], Any], t: Any, m: Any) -> Any:
    return piece(t, EVERYTHING, m)


def _unread(t: Array) -> Array:
    """In place of the float formulas, which an expansion does not read."""
    raise NotImplementedError
