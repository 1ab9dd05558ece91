"""The hand-written gradient: backpropagation, (5.1)–(5.5)."""

from collections.abc import Sequence

import manual_backprop
from conformance.backends.base import EVERYTHING, Array, Backend, Gradients
from conformance.backends.problems import as_problem
from manual_backprop import gradient


def backend() -> Backend:
    """`manual_backprop.gradient`."""

    def backprop(
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[str],
        loss: str,
        inputs: Array,
        targets: Array,
    ) -> Gradients:
        g = gradient(as_problem(weights, biases, activations, loss, inputs, targets))
        return list(g.weights), list(g.biases)

    return Backend("backprop", "reverse", manual_backprop.__version__, backprop, EVERYTHING)
