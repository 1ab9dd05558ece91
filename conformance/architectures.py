"""What a network looks like before it has numbers: widths, activations, loss, batch.

JAX compiles once for each architecture, so the suite draws from a finite pool: the smallest network
of each activation and of each loss, to which counterexamples shrink, and a few dozen larger ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

from manual_backprop import ACTIVATIONS, LOSSES

SMALL = ((2, 1), (2, 3), (2, 2, 1), (1, 3, 2))
"""Widths of the linear networks to which mistakes of shape and order shrink."""

MIXED = 20
"""How many larger architectures the pool holds beside the small ones."""


@dataclass(frozen=True)
class Architecture:
    """A network without its numbers.

    Attributes:
        widths: (l_0, …, l_N).
        activations: N names.
        loss: a name.
        samples: S ≥ 1.
        biases: whether the layers have them.
    """

    widths: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    samples: int
    biases: bool = True

    @property
    def depth(self) -> int:
        """N."""
        return len(self.activations)

    @property
    def parameters(self) -> int:
        """The number of weights and biases."""
        pairs = zip(self.widths[:-1], self.widths[1:], strict=True)
        return sum(n_out * (n_in + self.biases) for n_in, n_out in pairs)


def pool(
    activations: Sequence[str] = tuple(ACTIVATIONS),
    losses: Sequence[str] = tuple(LOSSES),
    mixed: int = MIXED,
) -> tuple[Architecture, ...]:
    """The architectures that the suite draws from, smallest first; the same on every call.

    Args:
        activations: names to use, each in a 1-1-1 network of its own.
        losses: names to use, each under one linear layer; and a few small linear networks.
        mixed: how many larger ones, of depth 2 to 5 and width 1 to 8.

    >>> len(pool()), pool()[0]
    (60, Architecture(widths=(1, 1), activations=('identity',), loss='identity_sum', samples=1, \
biases=True))
    """
    random = Random("the pool of the suite")
    plain = "identity_sum" if "identity_sum" in losses else losses[0]
    output = "identity" if "identity" in activations else activations[0]
    of_activations = [Architecture((1, 1), (name,), plain, 1) for name in activations]
    of_losses = [Architecture((1, 2), (output,), name, 1) for name in losses]
    dealt = _dealt(random, activations)
    larger = [_mixed(random, dealt, output, losses[k % len(losses)]) for k in range(mixed)]
    of_widths = [Architecture(each, (output,) * (len(each) - 1), plain, 2) for each in SMALL]
    return (
        *of_activations,
        *of_losses,
        *of_widths,
        *sorted(larger, key=lambda each: each.parameters),
    )


def _dealt(random: Random, names: Sequence[str]) -> Iterator[str]:
    """The names in random order, again and again: chosen freely, some would never come."""
    while True:
        yield from random.sample(names, len(names))


def _mixed(random: Random, dealt: Iterator[str], output: str, loss: str) -> Architecture:
    """One of the larger ones; where the loss has breakpoints, its argument is a linear layer's."""
    depth = random.randint(2, 5)
    activations = tuple(islice(dealt, depth))
    return Architecture(
        widths=tuple(random.randint(1, 8) for _ in range(depth + 1)),
        activations=(*activations[:-1], output) if LOSSES[loss].breakpoints else activations,
        loss=loss,
        samples=random.randint(1, 4),
        biases=random.random() < 0.8,
    )
