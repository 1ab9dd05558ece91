"""micrograd, an engine of scalars: every number of a network is a `Value` with NumPy's inside.

It knows sums, products, powers and relu; what can be said in those words alone is supported. The
order of its sums is that of Python's sets of objects, so that two calls may differ in last bits.
"""

from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from itertools import chain
from typing import Any

import numpy as np

from conformance.backends.base import (
    Array,
    Backend,
    Declared,
    Gradients,
    importing,
    supported,
    supported_dtype,
)

Values = list[Any]
"""A row of micrograd's `Value`s, which have no types."""

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": lambda p: p,
    "relu": lambda p: p.relu(),
    "square": lambda p: p**2,
}

LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "half_squared_error": lambda x, y: 0.5 * (x - y) ** 2,
    "squared_error": lambda x, y: (x - y) ** 2,
    "hinge": lambda x, y: (1 - y * x).relu(),
    "identity_sum": lambda x, y: x,
}


def backend() -> Backend:
    """micrograd's `Value.backward` of the mean loss.

    Raises:
        NotInstalled: if micrograd is missing.
    """
    with importing("micrograd", extra="peers"):
        import micrograd.engine  # type: ignore[import-untyped]

    def values(rows: Iterable[Array]) -> list[Values]:
        return [[micrograd.engine.Value(number) for number in row] for row in rows]

    def backprop(
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[str],
        loss: str,
        inputs: Array,
        targets: Array,
    ) -> Gradients:
        dtype = supported_dtype(inputs)
        layers = [supported("activation", name, ACTIVATIONS) for name in activations]
        loss_of_output = supported("loss", loss, LOSSES)
        W, b = [values(each) for each in weights], values(biases)
        x, y = values(inputs), values(targets)
        for of_weights, of_biases, f in zip(W, b, layers, strict=True):
            x = [layer(of_weights, of_biases, f, of_sample) for of_sample in x]
        losses = map(loss_of_output, chain(*x), chain(*y))
        (sum(losses) / len(inputs)).backward()
        by_weights = [np.array(slopes(each), dtype) for each in W]
        return by_weights, [np.array(each, dtype) for each in slopes(b)]

    words = Declared(tuple(ACTIVATIONS), tuple(LOSSES), complete=True)
    return Backend("micrograd", "reverse", version("micrograd"), backprop, words)


def layer(W: list[Values], b: Values, f: Callable[[Any], Any], x: Values) -> Values:
    """x^(k+1) of one sample, each unit's sum beginning with its bias as in its `Neuron`."""
    return [
        f(sum((w * of_input for w, of_input in zip(row, x, strict=True)), bias))
        for row, bias in zip(W, b, strict=True)
    ]


def slopes(rows: list[Values]) -> list[list[Any]]:
    """What `backward()` has left in the values."""
    return [[value.grad for value in row] for row in rows]
