"""Candidates with simpler functions: no biases, plainer losses, plainer activations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.reducer.measure import SIMPLEST
from conformance.reducer.parts import Parts, with_activation, with_layer
from conformance.vocabulary import PLAIN_LOSSES
from manual_backprop import ACTIVATIONS, LOSSES, Layer


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
