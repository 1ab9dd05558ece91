"""Candidates with simpler functions, and which functions a target supports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.reducer.measure import SIMPLEST
from conformance.reducer.parts import Parts, with_activation, with_layer
from conformance.vocabulary import PLAIN_LOSSES, Vocabulary, outputs_of
from manual_backprop import ACTIVATIONS, LOSSES, Layer, Problem


def fewer_biases(parts: Parts) -> Iterator[Parts]:
    """No layer with biases, or one layer without."""
    without = tuple(Layer(layer.weights, None, layer.activation) for layer in parts.layers)
    yield replace(parts, layers=without)
    for k, layer in enumerate(without):
        yield with_layer(parts, k, layer)


def simpler_losses(parts: Parts) -> Iterator[Parts]:
    """The simplest losses, under the same output or under the simplest ones."""
    for loss in PLAIN_LOSSES:
        simpler = replace(parts, loss=LOSSES[loss])
        yield simpler
        for name in SIMPLEST:
            yield with_activation(simpler, -1, ACTIVATIONS[name])


def simpler_activations(parts: Parts) -> Iterator[Parts]:
    """The simplest activations: in every layer, in every hidden one, in one."""
    depth = len(parts.layers)
    for layers in (range(depth), range(depth - 1), *([k] for k in range(depth))):
        for name in SIMPLEST:
            simpler = parts
            for k in layers:
                simpler = with_activation(simpler, k, ACTIVATIONS[name])
            yield simpler


def within(vocabulary: Vocabulary, problem: Problem) -> bool:
    """Whether the problem is made of nothing but what the vocabulary has.

    >>> within(Vocabulary.of(["tanh"], ["huber"]), Problem.random((2, 1), "tanh", "huber"))
    True
    >>> within(Vocabulary.of(["tanh"], ["huber"]), Problem.random((2, 1), "relu", "huber"))
    False
    """
    names = [layer.activation.name for layer in problem.network.layers]
    hidden, output, loss = names[:-1], names[-1], problem.loss.name
    alike = {"no": [], "hidden": hidden, "all": names}[vocabulary.uniform]
    return (
        (output, loss) in vocabulary.outputs
        and {*hidden} <= {*vocabulary.hidden}
        and len({*alike}) <= 1
        and problem.network.widths[-1] >= outputs_of(loss)
    )
