"""The specification itself: one recursion a parameter, (3.1)–(3.4)."""

from collections.abc import Sequence

import manual_backprop
from conformance.backends.base import EVERYTHING, Array, Backend, Gradients
from conformance.backends.problems import as_problem
from manual_backprop import gradient_by_recursion


def backend() -> Backend:
    """`manual_backprop.gradient_by_recursion`."""

    def backprop(
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[str],
        loss: str,
        inputs: Array,
        targets: Array,
    ) -> Gradients:
        g = gradient_by_recursion(as_problem(weights, biases, activations, loss, inputs, targets))
        return list(g.weights), list(g.biases)

    return Backend("recursion", "forward", manual_backprop.__version__, backprop, EVERYTHING)
