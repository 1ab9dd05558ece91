"""The structural reducer: a failing problem comes down to the few numbers that matter.

`search` takes the steps, and the other modules each hold one kind of candidates.
"""

from conformance.reducer.measure import numbers_of, size_of
from conformance.reducer.search import reduced
from conformance.vocabulary import Architecture
from manual_backprop import Problem

__all__ = ["architecture_of", "numbers_of", "reduced", "size_of"]


def architecture_of(problem: Problem) -> Architecture:
    """The problem without its numbers; it has biases if one of its layers has.

    >>> architecture_of(Problem.random((2, 3, 1))).activations
    ('tanh', 'tanh')
    """
    layers = problem.network.layers
    return Architecture(
        problem.network.widths,
        tuple(layer.activation.name for layer in layers),
        problem.loss.name,
        problem.samples,
        any(layer.biases is not None for layer in layers),
    )
