"""The pool of architectures that the suite draws from.

JAX compiles once for each architecture, so the pool is finite: the smallest network of each
activation and of each loss, to which counterexamples shrink, the edges of what there is to get
wrong, and a few dozen larger ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from conformance.edges import edges, sweeps
from conformance.vocabulary import (
    Architecture,
    Vocabulary,
    activations_of,
    dealt,
    outputs_of,
    plainness,
)

__all__ = ["EVERYTHING", "Architecture", "Vocabulary", "pool"]

SMALL = ((2, 1), (2, 3), (2, 2, 1), (1, 3, 2))
"""Widths of the linear networks to which mistakes of shape and order shrink."""

WIDEST = 8
"""Units of a layer of the larger ones."""

MIXED = 20
"""How many larger architectures the pool holds beside the small ones and the edges."""

EVERYTHING = Vocabulary()


def pool(
    vocabulary: Vocabulary = EVERYTHING, mixed: int = MIXED, seed: int | str = "the suite"
) -> tuple[Architecture, ...]:
    """The architectures to draw from: small, edges, larger ones; the same on every call.

    Args:
        vocabulary: activations, losses and sizes; each activation has a network of its own, and
            so has each loss.
        mixed: how many larger ones, of depth 2 to 5 and width 1 to 8.
        seed: of what is left to chance.

    >>> pool()[0]
    Architecture(widths=(1, 1), activations=('identity',), loss='identity_sum', samples=1, \
biases=True, edge='')
    """
    random = Random(f"the pool of {seed}")
    names = dealt(random, vocabulary.hidden)
    architectures = (
        *(_smallest(name, vocabulary) for name in vocabulary.activations),
        *(_of_loss(name, vocabulary) for name in vocabulary.losses),
        *_linear(vocabulary),
        *edges(vocabulary, random, names),
        *sweeps(vocabulary),
        *sorted(_larger(random, vocabulary, names, mixed), key=lambda each: each.parameters),
    )
    return tuple(dict.fromkeys(architectures))


def _smallest(name: str, vocabulary: Vocabulary) -> Architecture:
    """One unit of the activation, as the output if it can be one."""
    under = [loss for f, loss in vocabulary.outputs if f == name]
    if under:
        loss = min(under, key=lambda each: plainness((name, each)))
        return Architecture((1, outputs_of(loss)), (name,), loss, 1)
    output, loss = vocabulary.plainest
    return Architecture((1, 1, outputs_of(loss)), (name, output), loss, 1)


def _of_loss(name: str, vocabulary: Vocabulary) -> Architecture:
    """One linear layer of two outputs, if that fits, under the loss."""
    outputs = max(min(2, vocabulary.max_width), outputs_of(name))
    return Architecture((1, outputs), (vocabulary.outputs_under(name)[0],), name, 1)


def _linear(vocabulary: Vocabulary) -> list[Architecture]:
    """Small networks of the plainest output, deep ones only if hidden layers may have it."""
    output, loss = vocabulary.plainest
    found = []
    for widths in SMALL:
        depth = len(widths) - 1
        deep = vocabulary.is_deep and output in vocabulary.hidden
        wide = outputs_of(loss) <= widths[-1] and max(widths) <= vocabulary.max_width
        if wide and (deep or depth == 1):
            samples = min(2, vocabulary.max_batch)
            found.append(Architecture(widths, (output,) * depth, loss, samples))
    return found


# ── the larger ones ──


def _larger(
    random: Random, vocabulary: Vocabulary, names: Iterator[str], count: int
) -> list[Architecture]:
    losses = dealt(random, vocabulary.losses)
    return [_mixed(random, vocabulary, names, next(losses)) for _ in range(count)]


def _mixed(random: Random, vocabulary: Vocabulary, names: Iterator[str], loss: str) -> Architecture:
    """One of the larger ones."""
    depth = random.randint(2, min(5, vocabulary.max_depth)) if vocabulary.is_deep else 1
    widths = [random.randint(1, min(WIDEST, vocabulary.max_width)) for _ in range(depth + 1)]
    widths[-1] = max(widths[-1], outputs_of(loss))
    return Architecture(
        widths=tuple(widths),
        activations=activations_of(random, vocabulary, names, loss, depth),
        loss=loss,
        samples=random.randint(1, min(4, vocabulary.max_batch)),
        biases=random.random() < 0.8,
    )
