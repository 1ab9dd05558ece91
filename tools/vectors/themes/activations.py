"""Every activation: f and f' at points, tails included, and in a network of two layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.vocabulary import Architecture
from manual_backprop import ACTIVATIONS

from ..recipe import Maker, Recipe

POINTS = (-40.0, -22.0, -3.5, -1.25, -0.25, 0.25, 0.75, 2.5, 22.0, 40.0)
"""On either side of every breakpoint, and on none."""

PIECEWISE = [name for name, f in ACTIVATIONS.items() if f.breakpoints or f.rational]


def smooth(maker: Maker) -> Iterator[Recipe]:
    """Those that are analytic everywhere, polynomials aside."""
    return _of(maker, (name for name in ACTIVATIONS if name not in PIECEWISE))


def piecewise(maker: Maker) -> Iterator[Recipe]:
    """Those with breakpoints, and the polynomials."""
    return _of(maker, PIECEWISE)


def _of(maker: Maker, names: Iterable[str]) -> Iterator[Recipe]:
    for name in names:
        comment = f"{name} at ten points p: biases[0] = f'(p), weights[1] = f(p)"
        yield maker.fixed(f"{name}-points", comment, maker.at_points(name, POINTS))
        two_layers = Architecture((2, 3, 2), (name, name), "half_squared_error", 3)
        yield maker.drawn(f"{name}-network", f"two layers of {name}", two_layers, "plain")
