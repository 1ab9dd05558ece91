"""Candidates of a smaller structure: fewer samples, layers, units, inputs or outputs.

Each function yields the parts of what may be a problem, coarse steps before fine ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from conformance.reducer.parts import Parts, with_activation
from manual_backprop import Layer
from manual_backprop.forward import pre_activation


def blocks(count: int) -> Iterator[range]:
    """What to leave out of so many things: halves, quarters, …, one by one; never all of them.

    The blocks are those of delta debugging (Zeller and Hildebrandt 2002, ddmin).

    >>> list(blocks(4))
    [range(0, 2), range(2, 4), range(0, 1), range(1, 2), range(2, 3), range(3, 4)]
    """
    size = count // 2
    while size:
        yield from (range(at, min(at + size, count)) for at in range(0, count, size))
        size //= 2


def kept(count: int) -> Iterator[list[int]]:
    """What remains when each of the blocks is left out.

    >>> list(kept(3))
    [[1, 2], [0, 2], [0, 1]]
    """
    return ([k for k in range(count) if k not in block] for block in blocks(count))


def fewer_samples(parts: Parts) -> Iterator[Parts]:
    """A block of samples left out."""
    for rows in kept(len(parts.inputs)):
        yield replace(parts, inputs=parts.inputs[rows], targets=parts.targets[rows])


def fewer_layers(parts: Parts) -> Iterator[Parts]:
    """A block of layers left out; where its two ends differ in width, the wider one loses units.

    If the last layer is among them, another becomes the output: with its own activation, and with
    that of the last one, which a target may ask for.
    """
    output = parts.layers[-1].activation
    for block in blocks(len(parts.layers)):
        first, end = block.start, block.stop
        units = range(min(parts.widths[first], parts.widths[end]))
        cut = with_units(parts, [first, end], units)
        shorter = replace(cut, layers=cut.layers[:first] + cut.layers[end:])
        yield shorter
        yield with_activation(shorter, -1, output)


def fewer_units(parts: Parts) -> Iterator[Parts]:
    """A block of units left out: of one layer, of the inputs, of the outputs.

    Then of all that have the same width at once, for what only square weights show.
    """
    widths = parts.widths
    alike = [[k for k, each in enumerate(widths) if each == width] for width in {*widths}]
    for group in [*([k] for k in range(len(widths))), *sorted(alike)]:
        for units in kept(widths[group[0]]):
            yield with_units(parts, group, units)


def with_units(parts: Parts, places: Sequence[int], units: Sequence[int]) -> Parts:
    """Of x^(k) only these units, for each k of the places."""
    return reduce(lambda cut, k: _with_units_at(cut, k, list(units)), places, parts)


def _with_units_at(parts: Parts, k: int, units: list[int]) -> Parts:
    """Of x^(k) only these units: the rows that make them, the columns that read them."""
    layers, inputs, targets = list(parts.layers), parts.inputs, parts.targets
    if k == 0:
        inputs = inputs[:, units]
    else:
        W, b, f = layers[k - 1].weights, layers[k - 1].biases, layers[k - 1].activation
        layers[k - 1] = Layer(W[units], None if b is None else b[units], f)
    if k == len(layers):
        targets = targets[:, units]
    else:
        layers[k] = Layer(layers[k].weights[:, units], layers[k].biases, layers[k].activation)
    return replace(parts, layers=tuple(layers), inputs=inputs, targets=targets)


def done_beforehand(parts: Parts) -> Iterator[Parts]:
    """The first layer's outputs, or its pre-activations, as the inputs.

    All that follows sees the same numbers, up to rounding: a unit on a kink stays there.
    """
    first, *rest = parts.layers
    with np.errstate(all="ignore"):
        p = pre_activation(first, parts.inputs)
        x = first.activation.value(p)
    if rest:
        yield replace(parts, layers=tuple(rest), inputs=x)
    unit = Layer(np.eye(p.shape[1], dtype=p.dtype), None, first.activation)
    yield replace(parts, layers=(unit, *rest), inputs=p)


def ended_early(parts: Parts) -> Iterator[Parts]:
    """The last layer left out: what entered it are the outputs, and targets are repeated to fit."""
    if len(parts.layers) > 1:
        columns = np.arange(parts.widths[-2]) % parts.widths[-1]
        shorter = replace(parts, layers=parts.layers[:-1], targets=parts.targets[:, columns])
        yield shorter
        yield with_activation(shorter, -1, parts.layers[-1].activation)
