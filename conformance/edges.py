"""The edges of what there is to get wrong: each a kind of network, judged before all others.

A mistake that shows only with one sample, without biases, or eight layers down would be missed by
networks of middling size; and a report says of each kind whether it is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from conformance.vocabulary import (
    Architecture,
    Vocabulary,
    activations_of,
    outputs_of,
    plainness,
)
from manual_backprop import ACTIVATIONS


@dataclass(frozen=True)
class Edge:
    """One kind of network.

    Attributes:
        name: as a report says it.
        widths: of the network, within the limits of the vocabulary.
        samples: S, likewise.
        regimes: what its numbers are drawn from, in turn.
        biases: whether the layers have them.
        kinked: whether its hidden layers need breakpoints.
    """

    name: str
    widths: Callable[[Vocabulary], tuple[int, ...]]
    samples: Callable[[Vocabulary], int] = lambda limits: 3
    regimes: tuple[str, ...] = ("dyadic", "plain")
    biases: bool = True
    kinked: bool = False


def _deep(limits: Vocabulary) -> tuple[int, ...]:
    return (2,) * (limits.max_depth + 1)


EDGES: dict[str, Edge] = {
    each.name: each
    for each in (
        Edge("one unit a layer", lambda limits: (1, 1, 1), lambda limits: 1),
        Edge("all of width one", lambda limits: (1, 1, 1, 1, 1)),
        Edge("a batch of one", lambda limits: (3, 4, 2), lambda limits: 1),
        Edge("a large batch", lambda limits: (3, 4, 2), lambda limits: limits.max_batch),
        Edge("no biases", lambda limits: (3, 4, 2), biases=False),
        Edge("layers far from square", lambda limits: (6, 2, 7, 3)),
        Edge("layers of equal width", lambda limits: (4, 4, 4, 4)),
        Edge("deep and narrow", _deep, lambda limits: 2),
        Edge("units on kinks", lambda limits: (2, 4, 3), regimes=("kinks",), kinked=True),
        Edge("saturated units", lambda limits: (3, 4, 2), regimes=("saturating",)),
        Edge("tiny gradients", lambda limits: (3, 4, 2), regimes=("tiny",)),
        Edge("a layer of zeros", lambda limits: (3, 4, 3, 2), regimes=("zeros",)),
    )
}


def edges(vocabulary: Vocabulary, random: Random, names: Iterator[str]) -> list[Architecture]:
    """One architecture of each edge that the vocabulary has room for, in the order of the table.

    Args:
        vocabulary: what they may be made of.
        random: for losses, and outputs.
        names: hidden activations, one after the other, without end.

    >>> from itertools import repeat
    >>> [each.edge for each in edges(Vocabulary(), Random(0), repeat("relu"))][:2]
    ['one unit a layer', 'all of width one']
    """
    made = (_made(edge, vocabulary, random, names) for edge in EDGES.values())
    return [each for each in made if each is not None]


def _made(
    edge: Edge, vocabulary: Vocabulary, random: Random, names: Iterator[str]
) -> Architecture | None:
    """The edge's architecture, cut to the limits; None where nothing is left of it."""
    widths = edge.widths(vocabulary)[: vocabulary.max_depth + 1]
    fits = any(_is_kinked(name) or not edge.kinked for name in vocabulary.hidden)
    if not fits or len(widths) < 3:
        return None
    loss = vocabulary.plainest[1] if edge.kinked else random.choice(vocabulary.losses)
    widths = tuple(min(each, vocabulary.max_width) for each in widths)
    if widths[-1] < outputs_of(loss):
        widths = (*widths[:-1], outputs_of(loss))
    chosen = filter(_is_kinked, names) if edge.kinked else names
    activations = activations_of(random, vocabulary, chosen, loss, len(widths) - 1)
    samples = min(edge.samples(vocabulary), vocabulary.max_batch)
    return Architecture(widths, activations, loss, samples, edge.biases, edge.name)


# ── one layer of units, each at another place of a function's range ──

SWEEPS = OF_ACTIVATION, OF_LOSS = "an activation throughout", "a loss throughout"
"""What these kinds of network are called; their regime is "sweep"."""

WIDE = 16
"""Units, and so places of the range: as many as one layer has at most, unless told otherwise."""


def sweeps(vocabulary: Vocabulary) -> list[Architecture]:
    """One layer, or a hidden one, for each activation, and a linear one for each loss.

    >>> [each.activations for each in sweeps(Vocabulary.of(["tanh"], ["huber"]))]
    [('tanh',), ('tanh',)]
    """
    wide = min(WIDE, vocabulary.max_width)
    of_activations = [_sweep(name, wide, vocabulary) for name in vocabulary.activations]
    of_losses = [
        Architecture((1, max(wide, outputs_of(loss))), (output,), loss, 1, edge=OF_LOSS)
        for loss in vocabulary.losses
        for output in vocabulary.outputs_under(loss)[:1]
    ]
    return [*of_activations, *of_losses]


def _sweep(name: str, wide: int, vocabulary: Vocabulary) -> Architecture:
    """Units of one activation: as outputs under the plainest loss, or else as hidden ones.

    Softmax couples its outputs, so that one of them hides the others.
    """
    own = [each for each in vocabulary.outputs if each[0] == name]
    alone = [(f, loss) for f, loss in own if loss != "softmax_cross_entropy"]
    if alone or name not in vocabulary.hidden:
        loss = min(alone or own, key=plainness)[1]
        return Architecture((1, wide), (name,), loss, 1, edge=OF_ACTIVATION)
    output, loss = vocabulary.plainest
    widths = (1, wide, outputs_of(loss))
    return Architecture(widths, (name, output), loss, 1, edge=OF_ACTIVATION)


def _is_kinked(name: str) -> bool:
    return any(each.is_kink for each in ACTIVATIONS[name].breakpoints)


def regimes_of(architecture: Architecture, usual: tuple[str, ...]) -> tuple[str, ...]:
    """What the numbers of an architecture are drawn from: the edge's own regimes, or the usual."""
    if architecture.edge in SWEEPS:
        return ("sweep",)
    return EDGES[architecture.edge].regimes if architecture.edge else usual
