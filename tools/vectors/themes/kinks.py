"""Kinks: on each of them, beside them, in combination; and joints that are none."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from conformance.vocabulary import Architecture
from manual_backprop import ACTIVATIONS, Problem
from manual_backprop.activations import Activation

from ..recipe import Maker, Recipe

KINKED = [f for f in ACTIVATIONS.values() if any(each.is_kink for each in f.breakpoints)]
JOINED = [f for f in ACTIVATIONS.values() if any(not each.is_kink for each in f.breakpoints)]


def recipes(maker: Maker) -> Iterator[Recipe]:
    """Single units first, then losses, then networks."""
    for f in KINKED:
        yield from _on_each(maker, f)
        yield _beside_each(maker, f)
    for f in JOINED:
        yield maker.fixed(
            f"{f.name}-joint", f"{f.name} exactly at 0", _on(maker, f.name, 0.0), "smooth_joint"
        )
    yield from _losses(maker)
    yield from _combined(maker)
    yield from _drawn(maker)


def _on(maker: Maker, name: str, at: float) -> Problem:
    """One unit at the breakpoint and one ¼ to its right, before a linear output."""
    first = maker.layer([[at], [at + 0.25]], [0, 0], name)
    return maker.problem([first, maker.layer([[1, -2]], [0.5])], [[1.0]])


def _on_each(maker: Maker, f: Activation) -> Iterator[Recipe]:
    for number, each in enumerate(f.breakpoints, start=1):
        comment = f"{f.name} exactly at {each.at}, where f' is {each.left} or {each.right}"
        problem = _on(maker, f.name, float(each.at))
        yield maker.fixed(f"{f.name}-kink-{number}", comment, problem, "kink")


def _beside_each(maker: Maker, f: Activation) -> Recipe:
    """A unit on either side of every breakpoint, farther from it than any rounding."""
    distance = maker.for_dtype(2.0**-30, 2.0**-12)
    points = [float(each.at) + side for each in f.breakpoints for side in (-distance, distance)]
    comment = f"{f.name} at {distance:.1g} to either side of its kinks"
    return maker.fixed(f"{f.name}-beside", comment, maker.at_points(f.name, points), "beside_kink")


def _losses(maker: Maker) -> Iterator[Recipe]:
    layer = maker.layer([[1.0], [-2.0]], [0.0, 0.5])
    yield maker.fixed(
        "absolute_error-kink",
        "absolute_error, the first output exactly on its target",
        maker.problem([layer], [[1.0]], [[1.0, 0.0]], "absolute_error"),
        "kink",
    )
    yield maker.fixed(
        "hinge-kink",
        "hinge, the first output exactly on the margin",
        maker.problem([layer], [[1.0]], [[1.0, 1.0]], "hinge"),
        "kink",
    )
    yield maker.fixed(
        "huber-joint",
        "huber, the outputs exactly 1 from their targets",
        maker.problem([layer], [[1.0]], [[0.0, -0.5]], "huber"),
        "smooth_joint",
    )


def _combined(maker: Maker) -> Iterator[Recipe]:
    relus = maker.layer([[1], [-1]], [0, 0], "relu")
    yield maker.fixed(
        "relu-difference",
        "relu(x) - relu(-x) at x = 0: its derivative is 1, yet 0 to 2 come of choices at the kinks",
        maker.problem([maker.layer([[1]], [0]), relus, maker.layer([[1, -1]], [0])], [[0.0]]),
        "kink",
    )
    yield maker.fixed(
        "relu-chain",
        "relu(abs(x)) at x = 0: two choices, one after the other",
        maker.problem([maker.layer([[1]], [0], "abs"), maker.layer([[2]], [0], "relu")], [[0.0]]),
        "kink",
    )
    tanh = maker.layer([[1, 1], [0.5, -1]], [0.25, 0], "tanh")
    yield maker.fixed(
        "relu-one-sample",
        "one unit on the kink in the second of three samples, tanh behind it",
        maker.problem(
            [maker.layer([[1, -1], [1, 0.5]], [0, 0.25], "relu"), tanh],
            [[2, 1], [3, 3], [1, 2]],
            [[0.5, 0], [0, 0.25], [1, -1]],
            "half_squared_error",
        ),
        "kink",
    )
    inner = maker.layer(np.eye(2), [0, 0], "hardtanh")
    yield maker.fixed(
        "kink-and-loss",
        "a unit at the end of hardtanh's ramp, and an output on its target",
        maker.problem([inner], [[1.0, 0.25]], [[1.0, 0.25]], "absolute_error"),
        "kink",
    )


def _drawn(maker: Maker) -> Iterator[Recipe]:
    for names in (
        ("relu", "abs"),
        ("hardtanh", "relu6"),
        ("leaky_relu", "softshrink"),
        ("relu", "tanh"),
    ):
        architecture = Architecture((2, 4, 3), names, "half_squared_error", 3)
        comment = f"{names[0]} and {names[1]}, units on kinks in one sample or all"
        yield maker.drawn(f"{'-'.join(names)}-drawn", comment, architecture, "kinks", "kink")
