"""What the flags ask of a problem and of its proved gradient."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from typing import Any

import numpy as np

from manual_backprop import Activation, Loss
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.formats import Format, float_format
from manual_backprop.oracle.on_balls import BallActivation

from .proof import Proof

BESIDE = 2.0**-10
"""How near to a kink counts as beside it."""

CANCELLED = 2.0**10
"""How much larger the terms of a sum are than the sum, where they cancel."""

# ── shapes and objective ──


def widths(proof: Proof) -> tuple[int, ...]:
    """(l_0, …, l_N)."""
    return proof.problem.network.widths


def names(proof: Proof) -> list[str]:
    """The activations, first to last."""
    return [layer.activation.name for layer in proof.problem.network.layers]


def reduces(proof: Proof, reduction: str) -> bool:
    """Whether that is the reduction, and there is something to reduce."""
    return proof.problem.reduction == reduction and proof.problem.samples > 1


def is_one_hot(proof: Proof) -> bool:
    """Whether every target of softmax is 0 or 1."""
    problem = proof.problem
    return problem.loss.targets == "distribution" and bool(np.isin(problem.targets, [0, 1]).all())


def is_soft(proof: Proof) -> bool:
    """Whether some target is a probability between 0 and 1."""
    problem = proof.problem
    are_probabilities = problem.loss.targets in ("distribution", "unit interval")
    return are_probabilities and not np.isin(problem.targets, [0, 1]).all()


# ── the gradient's numbers ──


def format_of(proof: Proof) -> Format:
    """The problem's."""
    return float_format(str(proof.problem.dtype))


def sizes(proof: Proof) -> Any:
    """|∂L/∂θ| of every parameter, float64."""
    return np.abs(np.concatenate([each.midpoint.ravel() for each in proof.arrays]))


def is_exact(proof: Proof) -> bool:
    """Whether each true entry is a number of the dtype, and the objective too."""
    columns = [(each.rounded, each.lower, each.upper) for each in proof.arrays]
    rows = [row for column in columns for row in zip(*(each.flat for each in column), strict=True)]
    rows.append((proof.rounded.loss, *proof.loss))
    return all(low == high and float(value) == low for value, low, high in rows)


def is_tiny(proof: Proof) -> bool:
    """Whether all entries are below u, some not 0."""
    return bool(0 < sizes(proof).max() < format_of(proof).unit_roundoff)


def is_huge(proof: Proof) -> bool:
    """Whether some entry is above 1/u."""
    return bool(sizes(proof).max() > 1 / format_of(proof).unit_roundoff)


def has_subnormals(proof: Proof) -> bool:
    """Whether a number of the problem, or of the rounded gradient, is one."""
    problem, least = proof.problem, format_of(proof).smallest_normal
    arrays = [problem.inputs, problem.targets, *(each.rounded for each in proof.arrays)]
    for layer in problem.network.layers:
        arrays += [layer.weights, *([] if layer.biases is None else [layer.biases])]
    return any(bool(((each != 0) & (np.abs(each) < least)).any()) for each in arrays)


def is_bounded(proof: Proof) -> bool:
    """Whether every entry has a bound."""
    return all(bool(np.isfinite(each.bound).all()) for each in proof.arrays)


def is_at_minimum(proof: Proof) -> bool:
    """Whether every entry is exactly 0."""
    return all(end == 0 for each in proof.arrays for end in (*each.lower.flat, *each.upper.flat))


# ── what the units meet ──


def units(proof: Proof) -> Iterator[tuple[Activation, Balls]]:
    """Activation and p^(k+1), shape (S, l_{k+1}), of each layer."""
    layers, p = proof.problem.network.layers, proof.enclosure.trace.pre_activations[1:]
    return ((layer.activation, each) for layer, each in zip(layers, p, strict=True))


def arguments(proof: Proof) -> Iterator[tuple[Activation | Loss, Any]]:
    """Each layer's activation, then the loss, with what it is taken at, float64."""
    yield from ((f, p.midpoint) for f, p in units(proof))
    problem, outputs = proof.problem, proof.enclosure.trace.outputs[-1].midpoint
    argument = problem.loss.argument
    yield problem.loss, argument(outputs, problem.targets) if argument else outputs


def is_near(proof: Proof, kinks: bool, least: float, most: float) -> bool:
    """Whether some argument is between `least` and `most` from a kink, or another breakpoint."""
    distances = [
        np.abs(t - float(each.at))
        for function, t in arguments(proof)
        for each in function.breakpoints
        if each.is_kink == kinks
    ]
    return any(bool(((least <= each) & (each <= most)).any()) for each in distances)


def is_saturated(proof: Proof) -> bool:
    """Whether f' of some transcendental unit is lost beside 1, and yet not 0."""
    u = format_of(proof).unit_roundoff
    for f, p in units(proof):
        slopes = BallActivation(f).derivative(p)
        lost = (np.abs(slopes.midpoint) < u) & ~slopes.is_zero() & (np.abs(p.midpoint) > 1)
        if not f.rational and lost.any():
            return True
    return False


def has_dead_units(proof: Proof) -> bool:
    """Whether f' of some unit is 0 in every sample, and no choice."""
    zero = (BallActivation(f).derivative(p).is_zero() for f, p in units(proof))
    return any(bool(each.all(axis=0).any()) for each in zero)


def exp_overflows(proof: Proof) -> bool:
    """Whether exp of a transcendental function's argument does, and all is bounded."""
    most = log(format_of(proof).largest)
    sizes = [np.abs(t).max() for function, t in arguments(proof) if not function.rational]
    return any(size > most for size in sizes) and is_bounded(proof)


def cancels(proof: Proof) -> bool:
    """Whether some pre-activation, or an output less its target, is a small rest of its terms."""
    trace, problem = proof.enclosure.trace, proof.problem
    sums = []
    for k, layer in enumerate(problem.network.layers):
        b = 0 if layer.biases is None else np.abs(layer.biases)
        terms = np.abs(trace.outputs[k].midpoint) @ np.abs(layer.weights).T + b
        sums.append((terms, trace.pre_activations[k + 1].midpoint))
    x, y = trace.outputs[-1].midpoint, problem.targets
    if problem.loss.argument is not None and problem.loss.argument(2, 2) == 0:  # x − y
        sums.append((np.abs(x), x - y))
    return any(
        bool(((rest != 0) & (size >= CANCELLED * np.abs(rest))).any()) for size, rest in sums
    )
