"""The catalogue's activations and losses on `Rounded` arrays: what the recursion meets there.

A value f(p) over a ball of p: f at the midpoint, by our own stable formula, whose error is the
class's with our roundoff; the radius times the Lipschitz bound; the class's units. A derivative
likewise, with the hull over every breakpoint that the ball touches (derivation, section 8).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from manual_backprop.activations import ACTIVATIONS, Activation, Breakpoint
from manual_backprop.arithmetic.rounded import TINY, Floats, Rounded, bounded, interval, outward
from manual_backprop.arrays import Array
from manual_backprop.losses import LOSSES, Loss
from manual_backprop.oracle.accuracy import (
    CLASSES,
    LOSS_CLASSES,
    Departure,
    FunctionClass,
    LossClass,
    Scale,
)


def no_class(kind: str, name: str) -> str:
    """What to say of a function that the named class of implementations does not know."""
    return (
        f"{kind} {name!r} is not the catalogue's, so there is no accuracy class to judge by; "
        "enclose() and correctly_rounded() prove its gradient from its definition (`pieces`)"
    )


@dataclass(frozen=True, eq=False)
class RoundedLayer:
    """A layer on `Rounded` arrays; the fields that the recursion reads."""

    weights: Rounded
    biases: Rounded
    activation: RoundedActivation


@dataclass(frozen=True)
class RoundedActivation:
    """An activation of the catalogue on balls, as any implementation of the class computes it.

    Attributes:
        function: the activation.
        accuracy: its class.
        departures: what is granted beyond the class.
        kinks: its own name is appended here where `derivative` takes a hull.
    """

    function: Activation
    accuracy: FunctionClass
    departures: tuple[Departure, ...] = ()
    kinks: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, function: Activation, departures: Iterable[Departure] = ()) -> RoundedActivation:
        """The lifted activation, with those of the departures that are its own.

        Raises:
            ValueError: if the class says nothing about it (a user's own, whatever its name).
        """
        if ACTIVATIONS.get(function.name) is not function:
            raise ValueError(no_class("activation", function.name))
        return cls(function, CLASSES[function.name], _of(function, departures))

    def value(self, p: Rounded) -> Rounded:
        """f over the balls."""
        midpoint = self.function.value(p.midpoint)
        radius = outward(self.accuracy.lipschitz(*p.ends) * p.radius)
        radius = granted(radius, self.departures, "value", *p.ends)
        scale = _scaled(self.accuracy.value_scale, np.abs(midpoint) + radius, p.magnitude)
        tiny = p.magnitude > 0 if self.function.rational else 1  # p² of a tiny p is not 0
        scale = scale + TINY * tiny
        return self._checked(p, midpoint, radius, self.accuracy.value_units * scale)

    def derivative(self, p: Rounded) -> Rounded:
        """f' over the balls: the hull of its values there, one-sided ones at breakpoints too."""
        slope = self.function.derivative(p.midpoint)
        least, most = hull(slope, *p.ends, self.function.breakpoints)
        self.kinks.extend([self.function.name] if jumps(least, most) else [])
        spread = outward(self.accuracy.curvature(*p.ends) * p.radius)
        spread = granted(spread, self.departures, "derivative", *p.ends)
        midpoint, radius = centred(least, most, spread)
        scale = _scaled(self.accuracy.derivative_scale, np.abs(midpoint) + radius, p.magnitude)
        scale = scale if self.function.rational else scale + TINY  # a 0 of exp stands for less
        return self._checked(p, midpoint, radius, self.accuracy.derivative_units * scale)

    def _checked(self, p: Rounded, midpoint: Floats, radius: Floats, units: Floats) -> Rounded:
        largest = self.accuracy.largest_argument(p.rounding.largest)
        return p.perturbed(midpoint, bounded(radius, p.magnitude, largest), units)


@dataclass(frozen=True)
class RoundedLoss:
    """A loss gradient of the catalogue on balls."""

    function: Loss
    accuracy: LossClass
    departures: tuple[Departure, ...] = ()
    kinks: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, function: Loss, departures: Iterable[Departure] = ()) -> RoundedLoss:
        """The lifted loss, with those of the departures that are its own.

        Raises:
            ValueError: if the class says nothing about it (a user's own, whatever its name).
        """
        if LOSSES.get(function.name) is not function:
            raise ValueError(no_class("loss", function.name))
        return cls(function, LOSS_CLASSES[function.name], _of(function, departures))

    def gradient(self, x: Rounded, targets: Array) -> Rounded:
        """∇L over the balls of x."""
        y = Rounded.exactly(targets, x.rounding)
        midpoint = self.function.gradient(x.midpoint, y.midpoint)
        if self.function.argument is None:
            return self._coupled(x, y, midpoint)
        t = np.asarray(self.function.argument(x.midpoint, y.midpoint))
        reach = outward(x.radius + y.radius)  # |∂t/∂x| = 1 in every loss of the catalogue
        reach = outward(reach + 2 * x.rounding.roundoff * np.abs(t)) if self._is_kinked else reach
        lo, hi = interval(t, reach)
        slope = np.asarray(midpoint)
        factor = -y.midpoint if self.function.targets == "sign" else np.ones_like(t)
        least, most = hull(slope / factor, lo, hi, self.function.breakpoints)
        self.kinks.extend([self.function.name] if jumps(least, most) else [])
        spread = outward(self.accuracy.lipschitz(lo, hi, y.magnitude) * reach)
        spread = spread + _target_reach(self.function, y)
        spread = granted(spread, self.departures, "derivative", lo, hi)
        midpoint, radius = centred(least, most, spread)
        sizes = (x.ends[1], y.magnitude, outward(np.abs(t) + reach))
        scale = self.accuracy.scale(*sizes) + (0.0 if self.function.rational else TINY)
        radius = bounded(radius, scale, x.rounding.largest)  # exp may be beyond, exp − y not
        return x.perturbed(factor * midpoint, radius, self.accuracy.units * scale)

    @property
    def _is_kinked(self) -> bool:
        return any(breakpoint.is_kink for breakpoint in self.function.breakpoints)

    def _coupled(self, x: Rounded, y: Rounded, midpoint: Floats) -> Rounded:
        """Softmax, ∇L_i = p_i·Σy − y_i: ½·max|Δx| + |Δy_i| + Σ|Δy_j|, and n + k units.

        Of p = softmax x, ∂p_i/∂x_i = p_i(1 − p_i) and ∂p_i/∂x_j = −p_i·p_j; their magnitudes add
        up to 2p_i(1 − p_i) ≤ ½, at p_i = ½. So, by the mean value theorem on the way from x to
        x + Δx, |p̂_i − p_i| ≤ ½·max|Δx|. The whole change is (p̂_i − p_i)·Σy + p̂_i·ΣΔy − Δy_i, in
        which Σy = 1 and p̂_i ≤ 1.
        """
        widest = np.max(x.radius, axis=-1, keepdims=True)
        reach = outward(widest * self.accuracy.lipschitz(widest, widest, x.radius) + y.radius)
        reach = outward(reach + y.radius.sum(axis=-1, keepdims=True), y.shape[-1])
        reach = granted(reach, self.departures, "derivative", *x.ends)
        units = self.accuracy.units + x.shape[-1]
        return x.perturbed(midpoint, reach, units * np.ones_like(midpoint))


def granted(
    radius: Floats, departures: tuple[Departure, ...], part: str, lo: Floats, hi: Floats
) -> Floats:
    """The radius with what the departures grant over the intervals."""
    for each in departures:
        if each.part == part:
            radius = radius + each.granted(lo, hi)
    return radius


def _of(function: Activation | Loss, departures: Iterable[Departure]) -> tuple[Departure, ...]:
    return tuple(each for each in departures if each.function == function.name)


def hull(
    slope: Floats, lo: Floats, hi: Floats, breakpoints: tuple[Breakpoint, ...]
) -> tuple[Floats, Floats]:
    """Least and largest of the slope and the one-sided derivatives at breakpoints in [lo, hi]."""
    least, most = slope, slope
    for breakpoint in breakpoints:
        at, sides = float(breakpoint.at), (float(breakpoint.left), float(breakpoint.right))
        touched = (lo <= at) & (at <= hi)
        if np.count_nonzero(touched):
            least = np.where(touched, np.minimum(least, min(sides)), least)
            most = np.where(touched, np.maximum(most, max(sides)), most)
    return least, most


def jumps(least: Floats, most: Floats) -> bool:
    """Whether a hull is wider than a point; least is most where no breakpoint was touched."""
    return most is not least and bool(np.any(most > least))


def centred(least: Floats, most: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Midpoint and radius of [least − spread, most + spread]; exact where the two agree."""
    if most is least:
        return least, outward(spread)
    midpoint = least + (most - least) / 2
    half = np.maximum(most - midpoint, midpoint - least)
    rounding = np.where(most > least, 2.0**-52 * (np.abs(least) + np.abs(most)), 0.0)
    exact = (midpoint - least == half) & (most - midpoint == half)
    return midpoint, outward(half + spread) + np.where(exact, 0.0, rounding)


def _scaled(scale: Scale, value: Floats, argument: Floats) -> Floats:
    """The scale that units multiply, from upper ends of |f| and |p|."""
    if scale == "f":
        return value
    floor = np.maximum(value, 1)
    return floor if scale == "max(1, f)" else np.maximum(floor, argument)


def _target_reach(function: Loss, y: Rounded) -> Floats:
    """What a subnormal target, read as zero, changes in ∇L where y is no part of t."""
    return np.zeros_like(y.radius) if function.targets == "sign" else y.radius
