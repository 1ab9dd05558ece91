"""What networks may be made of, and one network before it has numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Literal

from manual_backprop import ACTIVATIONS, LOSSES

PLAIN_LOSSES = ("identity_sum", "half_squared_error", "squared_error")
"""Losses that hide nothing, plainest first."""


@dataclass(frozen=True)
class Architecture:
    """A network without its numbers.

    Attributes:
        widths: (l_0, …, l_N).
        activations: N names.
        loss: a name.
        samples: S ≥ 1.
        biases: whether the layers have them.
        edge: what it is the edge of; empty for the others.
    """

    widths: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    samples: int
    biases: bool = True
    edge: str = ""

    @property
    def depth(self) -> int:
        """N."""
        return len(self.activations)

    @property
    def parameters(self) -> int:
        """The number of weights and biases."""
        pairs = zip(self.widths[:-1], self.widths[1:], strict=True)
        return sum(n_out * (n_in + self.biases) for n_in, n_out in pairs)


Uniform = Literal["no", "hidden", "all"]
"""Which layers must have one and the same activation."""


@dataclass(frozen=True)
class Vocabulary:
    """What networks may be made of.

    Attributes:
        hidden: activations that a layer before the last may have.
        outputs: (activation of the last layer, loss) that go together.
        uniform: whether the hidden layers, or all, must have the same activation.
        max_depth: layers at most, ≥ 1.
        max_width: units of a layer at most, ≥ 1.
        max_batch: samples at most, ≥ 1; by default no multiple of what loops are unrolled by.
    """

    hidden: tuple[str, ...] = tuple(ACTIVATIONS)
    outputs: tuple[tuple[str, str], ...] = tuple((f, L) for L in LOSSES for f in ACTIVATIONS)
    uniform: Uniform = "no"
    max_depth: int = 8
    max_width: int = 16
    max_batch: int = 33

    @classmethod
    def of(cls, activations: Iterable[str], losses: Iterable[str]) -> Vocabulary:
        """Every combination of these.

        >>> Vocabulary.of(["tanh"], ["huber"]).outputs
        (('tanh', 'huber'),)
        """
        names = tuple(activations)
        return cls(hidden=names, outputs=tuple((f, L) for L in losses for f in names))

    @property
    def is_deep(self) -> bool:
        """Whether there may be hidden layers."""
        return bool(self.hidden) and self.max_depth > 1

    @property
    def activations(self) -> tuple[str, ...]:
        """All of them, each once, in the order of the catalogue."""
        outputs = {name for name, _ in self.outputs}
        return tuple(name for name in ACTIVATIONS if name in outputs or name in self.hidden)

    @property
    def losses(self) -> tuple[str, ...]:
        """All of them, each once, in the order of the catalogue."""
        found = {loss for _, loss in self.outputs}
        return tuple(name for name in LOSSES if name in found)

    @property
    def plainest(self) -> tuple[str, str]:
        """The output and loss that hide least of what comes before them."""
        return min(self.outputs, key=plainness)

    def outputs_under(self, loss: str) -> list[str]:
        """The activations that the last layer may have under a loss, the identity first."""
        return sorted((f for f, L in self.outputs if loss == L), key=lambda f: f != "identity")


def plainness(output: tuple[str, str]) -> tuple[bool, int]:
    """The smaller the plainer."""
    f, loss = output
    rank = PLAIN_LOSSES.index(loss) if loss in PLAIN_LOSSES else len(PLAIN_LOSSES)
    return f != "identity", rank


def outputs_of(loss: str) -> int:
    """The least number of outputs that shows a loss: softmax of one output is the constant 1."""
    return 2 if loss == "softmax_cross_entropy" else 1


def dealt(random: Random, names: Sequence[str]) -> Iterator[str]:
    """The names in random order, again and again: chosen freely, some would never come."""
    while True:
        yield from random.sample(names, len(names))


def activations_of(
    random: Random, vocabulary: Vocabulary, names: Iterator[str], loss: str, depth: int
) -> tuple[str, ...]:
    """Activations of that many layers; where the loss has breakpoints, a linear output if any.

    A loss that sits on its kink only where an output has an exact value would never do so behind
    another activation.
    """
    outputs = vocabulary.outputs_under(loss)
    if vocabulary.uniform == "all":
        both = [name for name in outputs if name in vocabulary.hidden] or outputs
        return (random.choice(both),) * depth
    output = outputs[0] if LOSSES[loss].breakpoints else random.choice(outputs)
    if vocabulary.uniform == "hidden" and depth > 1:
        return (*((next(names),) * (depth - 1)), output)
    return (*islice(names, depth - 1), output)
