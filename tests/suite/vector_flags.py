"""What each flag of the test vectors says, measured from a vector by floats and exact rationals.

The tool that makes the vectors measures on enclosures; here are the file's own numbers and a
float64 forward pass, so that a flag which either side takes wrongly is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from manual_backprop import ACTIVATIONS, LOSSES, Activation

from .vectors import Vector, ends, entries

ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24}
SMALLEST_NORMAL = {"float64": 2.0**-1022, "float32": 2.0**-126}
LARGEST = {"float64": 1.7976931348623157e308, "float32": 3.4028234663852886e38}


def dtype(vector: Vector) -> str:
    """Of its numbers."""
    return str(vector["problem"]["dtype"])


def layers(vector: Vector) -> list[dict[str, Any]]:
    """As the problem has them."""
    found: list[dict[str, Any]] = vector["problem"]["layers"]
    return found


def widths(vector: Vector) -> list[int]:
    """(l_0, …, l_N)."""
    return [len(vector["problem"]["inputs"][0]), *(len(each["weights"]) for each in layers(vector))]


def samples(vector: Vector) -> int:
    """S."""
    return len(vector["problem"]["inputs"])


def targets(vector: Vector, *losses: str) -> list[float]:
    """Its targets, if it has one of the losses."""
    problem = vector["problem"]
    return [y for row in problem["targets"] for y in row if problem["loss"] in losses]


def numbers(vector: Vector) -> Iterator[float]:
    """Every number of the problem and of its gradient."""
    problem = vector["problem"]
    for each in layers(vector):
        yield from (w for row in each["weights"] for w in row)
        yield from each["biases"] or ()
    yield from (x for row in problem["inputs"] + problem["targets"] for x in row)
    yield from (g for g in entries(vector["gradient"]) if isinstance(g, float))


def sizes(vector: Vector) -> list[Fraction]:
    """|∂L/∂θ| of every parameter, of a hull the middle."""
    return [abs(low + high) / 2 for low, high in ends(vector)]


def units(vector: Vector) -> Iterator[tuple[Activation, Any]]:
    """Activation and pre-activations of each layer, by a forward pass in float64."""
    for each, p, _, _ in passes(vector):
        yield ACTIVATIONS[each["activation"]], p


def passes(vector: Vector) -> Iterator[tuple[dict[str, Any], Any, Any, Any]]:
    """Each layer, its pre-activations, their sum of magnitudes, its outputs."""
    x = np.array(vector["problem"]["inputs"])
    with np.errstate(over="ignore"):
        for each in layers(vector):
            W, b = np.array(each["weights"]), np.array(each["biases"] or 0.0)
            p, magnitude = x @ W.T + b, np.abs(x) @ np.abs(W).T + np.abs(b)
            x = ACTIVATIONS[each["activation"]].value(p)
            yield each, p, magnitude, x


def outputs(vector: Vector) -> Any:
    """x^(N)."""
    return [x for *_, x in passes(vector)][-1]


def arguments(vector: Vector) -> Iterator[tuple[Any, Any]]:
    """Each layer's activation, then the loss, with the numbers that it is taken at, by samples."""
    yield from units(vector)
    loss = LOSSES[vector["problem"]["loss"]]
    x, y = outputs(vector), np.array(vector["problem"]["targets"])
    yield loss, x if loss.argument is None else loss.argument(x, y)


def kinks(vector: Vector) -> list[dict[str, int]]:
    """Where an argument is exactly at a kink."""
    return [
        {"layer": k, "sample": s, "unit": i}
        for k, (function, t) in enumerate(arguments(vector))
        for s, i in np.argwhere(np.isin(t, places(function, kinks=True))).tolist()
    ]


def places(function: Any, kinks: bool) -> list[float]:
    """Its kinks, or its other breakpoints."""
    return [float(each.at) for each in function.breakpoints if each.is_kink == kinks]


def distances(vector: Vector, kinks: bool) -> Iterator[float]:
    """|t − at| of every argument t and every kink, or every other breakpoint, of its function."""
    for function, t in arguments(vector):
        for at in places(function, kinks):
            yield from np.abs(t - at).ravel().tolist()


def saturates(vector: Vector) -> bool:
    """Whether f' of a transcendental unit is below u, p beyond ±1."""
    for f, p in units(vector):
        lost = (np.abs(f.derivative(p)) < ROUNDOFF[dtype(vector)]) & (np.abs(p) > 1)
        if not f.rational and lost.any():
            return True
    return False


def has_dead_unit(vector: Vector) -> bool:
    """Whether f' of a rational unit is 0 in all samples, none of them at a kink."""
    for f, p in units(vector):
        flat = (f.derivative(p) == 0) & ~np.isin(p, places(f, kinks=True))
        if f.rational and flat.all(axis=0).any():
            return True
    return False


def cancels(vector: Vector) -> bool:
    """Whether a sum, or an output less its target, is at most 2^-10 of its terms, and not 0."""
    sums = [(p, magnitude) for _, p, magnitude, _ in passes(vector)]
    y, loss = np.array(vector["problem"]["targets"]), LOSSES[vector["problem"]["loss"]]
    if loss.targets == "real" and loss.argument is not None and loss.argument(0, 1) == -1:
        sums.append((outputs(vector) - y, np.abs(outputs(vector))))
    return any(bool(((t != 0) & (size >= 2**10 * np.abs(t))).any()) for t, size in sums)


def is_exact(vector: Vector) -> bool:
    """Whether each value is both ends."""
    sides = [Fraction(vector["enclosure"][side]["loss"]) for side in ("lower", "upper")]
    values = [vector["gradient"]["loss"], *entries(vector["gradient"])]
    rows = zip(values, [sides, *ends(vector)], strict=True)
    return all(isinstance(v, float) and Fraction(v) == low == high for v, (low, high) in rows)


def is_bounded(vector: Vector) -> bool:
    """Whether every entry has a bound."""
    return None not in entries(vector["allowed"]["bound"])


def exp_overflows(vector: Vector) -> bool:
    """Whether exp of a transcendental function's argument does, and all is bounded."""
    most = np.log(LARGEST[dtype(vector)])
    return is_bounded(vector) and any(
        not function.rational and bool((np.abs(t) > most).any())
        for function, t in arguments(vector)
    )


SOFTMAX, BCE = "softmax_cross_entropy", "binary_cross_entropy_with_logits"

MEASURES: dict[str, Callable[[Vector], bool]] = {
    "scalar": lambda vector: set(widths(vector)) == {1},
    "equal_widths": lambda vector: len(set(widths(vector))) == 1 < widths(vector)[0],
    "non_square": lambda vector: any(1 < m != n > 1 for m, n in pairwise(widths(vector))),
    "wide": lambda vector: max(widths(vector)) >= 17,
    "deep": lambda vector: len(layers(vector)) >= 6,
    "no_biases": lambda vector: any(each["biases"] is None for each in layers(vector)),
    "mixed_activations": lambda vector: any(
        a["activation"] != b["activation"] for a, b in pairwise(layers(vector))
    ),
    "batch_1": lambda vector: samples(vector) == 1,
    "batch_many": lambda vector: samples(vector) >= 5,
    "mean_reduction": lambda vector: (
        samples(vector) > 1 and vector["problem"]["reduction"] == "mean"
    ),
    "sum_reduction": lambda vector: samples(vector) > 1 and vector["problem"]["reduction"] == "sum",
    "one_hot": lambda vector: set(targets(vector, SOFTMAX)) == {0.0, 1.0},
    "soft_targets": lambda vector: any(0 < y < 1 for y in targets(vector, SOFTMAX, BCE)),
    "exact": is_exact,
    "kink": lambda vector: len(kinks(vector)) > 0,
    "beside_kink": lambda vector: any(0 < d <= 2**-10 for d in distances(vector, kinks=True)),
    "smooth_joint": lambda vector: 0 in distances(vector, kinks=False),
    "dead_unit": has_dead_unit,
    "zero_weights": lambda vector: any(
        not any(w for row in each["weights"] for w in row) for each in layers(vector)
    ),
    "at_minimum": lambda vector: all(low == high == 0 for low, high in ends(vector)),
    "saturation": saturates,
    "cancellation": cancels,
    "tiny": lambda vector: 0 < max(sizes(vector)) < ROUNDOFF[dtype(vector)],
    "huge": lambda vector: max(sizes(vector)) > 1 / ROUNDOFF[dtype(vector)],
    "subnormal": lambda vector: any(
        0 < abs(x) < SMALLEST_NORMAL[dtype(vector)] for x in numbers(vector)
    ),
    "overflow_guard": exp_overflows,
    "loss_overflow": lambda vector: vector["gradient"]["loss"] == "Infinity" and is_bounded(vector),
    "overflow": lambda vector: not is_bounded(vector),
}
"""Of each flag: whether it holds."""
